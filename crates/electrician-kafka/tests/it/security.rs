//! Who is let in, who is not, and what the others are told.

mod files;
mod pipelines;
mod refused;
mod tokens;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use electrician_kafka::rdkafka::producer::{BaseProducer, Producer};
use electrician_kafka::rdkafka::types::RDKafkaErrorCode;
use electrician_kafka::{Connection, Sasl, Secret, Security, Tls};
use electrician_types::{Error, ErrorKind};

use crate::support::{LONG, variable};

/// The broker that lets nobody in without proof.
pub(crate) struct Secured {
    users: String,
    certificates: String,
    clear: String,
    folder: PathBuf,
    password: String,
}

impl Secured {
    fn new() -> Option<Self> {
        let variable = |name| variable(name, "kafka-tls");
        let folder = PathBuf::from(variable("KAFKA_TLS_FOLDER")?);
        Some(Self {
            users: variable("KAFKA_TLS_BOOTSTRAP")?,
            certificates: variable("KAFKA_MTLS_BOOTSTRAP")?,
            clear: variable("KAFKA_SASL_PLAINTEXT_BOOTSTRAP")?,
            password: fs::read_to_string(folder.join("password")).unwrap(),
            folder,
        })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    fn password(&self) -> Secret {
        Secret::new(&*self.password)
    }

    /// Trusts the broker's authority.
    fn tls(&self) -> Tls {
        Tls::new().with_ca_file(self.file("ca.pem"))
    }

    /// The client that has a certificate.
    fn mutual(&self) -> Tls {
        self.tls().with_client_files(self.file("client.pem"), self.file("client.key"))
    }

    /// As somebody, inside of TLS.
    fn user(&self, sasl: Sasl) -> Connection {
        Connection::new(&self.users).with_security(Security::Sasl(sasl, self.tls()))
    }
}

/// Why the cluster does not let it in; that no secret is in it, is checked as well.
async fn refusal(connection: &Connection, secured: &Secured) -> Error {
    let error = connection.check().await.expect_err("it must not be let in");
    let shown = format!("{error} {error:?} {connection:?}");
    assert!(!shown.contains(&secured.password), "{shown}");
    assert!(!shown.contains("PRIVATE KEY-----\n"), "{shown}");
    error
}

#[track_caller]
fn assert_says(error: &Error, kind: ErrorKind, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.kind(), kind, "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is missing in: {text}");
    }
}

#[tokio::test]
async fn every_mechanism_lets_its_user_in() {
    let Some(secured) = Secured::new() else { return };
    let users = [
        Sasl::plain("alice", secured.password()),
        Sasl::scram_sha_256("alice", secured.password()),
        Sasl::scram_sha_512("alice", secured.password()),
        tokens::bearer("alice"),
    ];
    for sasl in users {
        let connection = secured.user(sasl);
        let outcome = connection.check().await;
        assert!(outcome.is_ok(), "{connection:?}: {outcome:?}");
    }
    let clear = Sasl::plain("alice", secured.password());
    let clear = Security::DangerousPlaintextSasl(clear);
    Connection::new(&secured.clear).with_security(clear).check().await.unwrap();
}

#[tokio::test]
async fn a_certificate_lets_its_bearer_in() {
    let Some(secured) = Secured::new() else { return };
    let (certificate, key) = (secured.text("client.pem"), secured.text("client.key"));
    let text = Tls::new().with_ca_pem(secured.text("ca.pem")).with_client_pem(certificate, key);
    let locked = secured
        .tls()
        .with_client_files(secured.file("client.pem"), secured.file("client-locked.key"))
        .with_key_password(secured.password());
    for tls in [secured.mutual(), text, locked] {
        let connection = Connection::new(&secured.certificates).with_security(Security::Tls(tls));
        let outcome = connection.check().await;
        assert!(outcome.is_ok(), "{connection:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_plain_connection_needs_nothing() {
    let Some(kafka) = crate::support::Kafka::one() else { return };
    kafka.connection().check().await.unwrap();
    kafka.connection().with_security(Security::Plaintext).check().await.unwrap();
}

/// Known, but without a right to anything.
#[tokio::test]
async fn who_may_not_write_a_topic_is_let_in_and_then_denied() {
    let Some(secured) = Secured::new() else { return };
    let outsider = secured.user(Sasl::scram_sha_512("outsider", secured.password()));
    outsider.check().await.unwrap();
    let producer: BaseProducer = outsider.to_config().create().unwrap();
    let metadata = producer.client().fetch_metadata(Some("anything"), LONG).unwrap();
    let error = metadata.topics()[0].error().map(RDKafkaErrorCode::from);
    assert_eq!(error, Some(RDKafkaErrorCode::TopicAuthorizationFailed));
}
