//! A broker that lets nobody in without proof.

use std::{
    collections::hash_map::RandomState,
    fs,
    hash::{BuildHasher, Hasher},
    path::Path,
    process::Command,
};

use super::{certificates, jars, prepare};
use crate::{
    Result,
    services::{Endpoints, port, server},
    workspace::Workspace,
};

/// One broker that is reached three ways: by users inside of TLS, by client certificates, and by
/// users in the clear.
///
/// The folder holds the certificates (see `certificates`) and in `password` that of every user.
/// `alice` and the bearer of `client.pem` may do everything, `outsider` is known and may do nothing.
/// PLAIN, SCRAM and OAUTHBEARER are spoken, the last with tokens that nobody has signed.
pub(in crate::services) fn secured(workspace: &Workspace, folder: &Path) -> Result<Endpoints> {
    let ports: [u16; 4] = port::free()?;
    let [users, certificates, clear, _] = ports;
    let password = password();
    fs::write(folder.join("password"), &password)?;
    certificates::write(folder, &password)?;
    let name = "node-1";
    let place = folder.join(name);
    let scram = ["SCRAM-SHA-256", "SCRAM-SHA-512"].into_iter().flat_map(|mechanism| {
        let user = |user| format!("{mechanism}=[name={user},password={password}]");
        ["alice", "outsider"].map(user)
    });
    let scram: Vec<_> = scram.collect();
    let run =
        prepare(&jars(workspace)?, &place, &properties(folder, &place, ports, &password), &scram)?;
    let mut broker = server::start(folder, name, &mut Command::new(run))?;
    for port in [users, certificates, clear] {
        server::await_port(&mut broker, port, folder, name)?;
    }
    Ok(vec![
        ("KAFKA_TLS_BOOTSTRAP".into(), format!("127.0.0.1:{users}")),
        ("KAFKA_MTLS_BOOTSTRAP".into(), format!("127.0.0.1:{certificates}")),
        ("KAFKA_SASL_PLAINTEXT_BOOTSTRAP".into(), format!("127.0.0.1:{clear}")),
        ("KAFKA_TLS_FOLDER".into(), folder.display().to_string()),
    ])
}

/// One that nobody can guess from the source.
fn password() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

fn properties(folder: &Path, place: &Path, ports: [u16; 4], password: &str) -> String {
    let [users, certificates, clear, controller] = ports;
    let security = "org.apache.kafka.common.security";
    let plain = format!(
        "{security}.plain.PlainLoginModule required \
         user_alice=\"{password}\" user_outsider=\"{password}\";"
    );
    let scram = format!("{security}.scram.ScramLoginModule required;");
    let bearer = format!(
        "{security}.oauthbearer.OAuthBearerLoginModule required \
         unsecuredLoginStringClaim_sub=\"broker\";"
    );
    let validator = format!(
        "{security}.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler"
    );
    let (folder, data) = (folder.display(), place.join("data"));
    let data = data.display();
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=SASL_SSL://127.0.0.1:{users},SSL://127.0.0.1:{certificates},\
         SASL_PLAINTEXT://127.0.0.1:{clear},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=SASL_SSL://127.0.0.1:{users},SSL://127.0.0.1:{certificates},\
         SASL_PLAINTEXT://127.0.0.1:{clear}\n\
         listener.security.protocol.map=SASL_SSL:SASL_SSL,SSL:SSL,\
         SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         controller.listener.names=CONTROLLER\n\
         inter.broker.listener.name=SSL\n\
         ssl.keystore.type=PEM\n\
         ssl.keystore.location={folder}/broker.pem\n\
         ssl.truststore.type=PEM\n\
         ssl.truststore.location={folder}/ca.pem\n\
         listener.name.ssl.ssl.client.auth=required\n\
         sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER\n\
         listener.name.sasl_plaintext.sasl.enabled.mechanisms=PLAIN\n\
         listener.name.sasl_ssl.plain.sasl.jaas.config={plain}\n\
         listener.name.sasl_plaintext.plain.sasl.jaas.config={plain}\n\
         listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config={scram}\n\
         listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config={scram}\n\
         listener.name.sasl_ssl.oauthbearer.sasl.jaas.config={bearer}\n\
         listener.name.sasl_ssl.oauthbearer.sasl.server.callback.handler.class={validator}\n\
         authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
         super.users=User:ANONYMOUS;User:alice;User:CN=broker;User:CN=client\n\
         log.dirs={data}\n\
         num.partitions=1\n\
         default.replication.factor=1\n\
         offsets.topic.num.partitions=4\n\
         offsets.topic.replication.factor=1\n\
         transaction.state.log.num.partitions=4\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         group.initial.rebalance.delay.ms=0\n\
         auto.create.topics.enable=false\n\
         log.cleaner.dedupe.buffer.size=2097152\n"
    )
}
