//! TLS, client certificates and OAuth 2 with Go at the other end.

use std::fs;
use std::path::{Path, PathBuf};

use electrician_auth::{Authenticator, ClientCredentials, Jwks, JwtValidator, Secret, StaticToken};
use electrician_forwardrelay::ForwardRelayBuilder;
use electrician_receivingrelay::ReceivingRelayBuilder;
use electrician_testkit::{Authority, Certificate, DevIssuer, Leaf};
use electrician_tls::{
    ClientCertificates, ClientTls, ClientTlsBuilder, KeyPair, Pem, Principal, Roots, ServerTls,
};

use crate::ends::{receiver as far, send as send_from_here, sender, start};
use crate::feedback::{Feedback, assert_some, some};
use crate::from_go::send;
use crate::harness::{Case, Outcome};
use crate::program::Program;
use crate::to_go::{items, receiver};
use crate::way::{Format, Way};

const COUNT: u32 = 20;

/// Who vouches for whom.
pub(crate) struct World {
    authority: Authority,
    issuer: DevIssuer,
    folder: PathBuf,
}

pub(crate) fn cases(peer: &Program) -> Vec<Case> {
    let case = |name: &str, run: fn(Program) -> Run| Case::new(name, run(peer.clone()));
    vec![
        case("to Go: OAuth over TLS, sealed", |peer| Box::pin(to_go(peer))),
        case("to Go: a token that is not good is refused", |peer| Box::pin(to_go_badly(peer))),
        case("to Go: with a client certificate", |peer| Box::pin(to_go_with_certificate(peer))),
        case("from Go: OAuth over TLS, sealed", |peer| Box::pin(from_go(peer))),
        case("from Go: without a token it is refused", |peer| Box::pin(from_go_badly(peer))),
        case("from Go: with a client certificate", |peer| Box::pin(from_go_with_certificate(peer))),
    ]
}

type Run = std::pin::Pin<Box<dyn Future<Output = Outcome> + Send>>;

fn way() -> Way {
    Way { is_sealed: true, ..Way::new(Format::Gob) }
}

// === impl World ===

impl World {
    pub(crate) async fn new(name: &str) -> Outcome<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go-secure").join(name);
        fs::create_dir_all(&folder)?;
        let (authority, issuer) = (Authority::new("ca"), DevIssuer::builder().start().await?);
        fs::write(folder.join("ca.pem"), authority.pem())?;
        fs::write(folder.join("issuer.pem"), issuer.authority().unwrap_or_default())?;
        Ok(Self { authority, issuer, folder })
    }

    pub(crate) fn flag(&self, flag: &str, file: &str) -> String {
        format!("-{flag}={}", self.folder.join(file).display())
    }

    /// Flags of Go for a certificate and its key.
    pub(crate) fn identity(&self, certificate: &Certificate) -> Outcome<[String; 2]> {
        fs::write(self.folder.join("cert.pem"), certificate.pem())?;
        fs::write(self.folder.join("key.pem"), certificate.key_pem())?;
        Ok([self.flag("certificate", "cert.pem"), self.flag("private-key", "key.pem")])
    }

    pub(crate) fn asks(&self) -> [String; 2] {
        let at = format!("-issuer={}", self.issuer.base());
        [at, self.flag("issuer-roots", "issuer.pem")]
    }

    pub(crate) fn server(&self) -> Certificate {
        self.authority.certify(&Leaf::server(["localhost"]))
    }

    pub(crate) fn client(&self) -> Certificate {
        self.authority.certify(&Leaf::client().with_common_name("hermes"))
    }

    fn client_tls(&self) -> ClientTlsBuilder {
        trusting(self.authority.pem())
    }

    /// One that shows tokens of the issuer, to who listens at the port of `address`.
    pub(crate) fn with_tokens(
        &self,
        relay: ForwardRelayBuilder<Feedback>,
        address: &str,
    ) -> Outcome<ForwardRelayBuilder<Feedback>> {
        let secret = Secret::new(DevIssuer::CLIENT_SECRET);
        let tokens =
            ClientCredentials::builder(self.issuer.token_url(), DevIssuer::CLIENT_ID, secret)
                .with_tls(self.issuer_tls()?)
                .build()?;
        Ok(relay
            .with_target(localhost(address)?)
            .with_tls(self.client_tls().build()?)
            .with_token_source(tokens))
    }

    /// One that demands tokens of the issuer.
    pub(crate) fn demanding_tokens(
        &self,
        relay: ReceivingRelayBuilder<Feedback>,
    ) -> Outcome<ReceivingRelayBuilder<Feedback>> {
        let keys = Jwks::builder(self.issuer.jwks_url()).with_tls(self.issuer_tls()?).build()?;
        let jwt = JwtValidator::builder(keys)
            .with_issuer(DevIssuer::ISSUER)
            .with_audience(DevIssuer::AUDIENCE)
            .with_scopes([DevIssuer::SCOPE])
            .build()?;
        let tls = ServerTls::builder(pair(&self.server())).build()?;
        let authenticator = Authenticator::builder().with_jwt(jwt).build()?;
        Ok(relay.with_tls(tls).with_authenticator(authenticator))
    }

    fn issuer_tls(&self) -> Outcome<ClientTls> {
        Ok(trusting(self.issuer.authority().unwrap_or_default()).build()?)
    }
}

fn trusting(pem: String) -> ClientTlsBuilder {
    ClientTls::builder().with_roots(Roots::pem(Pem::memory("ca.pem", pem)))
}

fn pair(certificate: &Certificate) -> KeyPair {
    KeyPair::new(
        Pem::memory("cert.pem", certificate.pem()),
        Pem::memory("key.pem", certificate.key_pem()),
    )
}

/// The port at which Go listens, under the name that its certificate is for.
fn localhost(address: &str) -> Outcome<String> {
    let (_, port) = address.rsplit_once(':').ok_or("an address has a port")?;
    Ok(format!("localhost:{port}"))
}

async fn to_go(peer: Program) -> Outcome {
    let world = World::new("to").await?;
    let args = [way().args(), world.identity(&world.server())?.into(), world.asks().into()];
    let (running, address) = receiver(&peer, args.concat()).await?;
    let relay = world.with_tokens(sender(&way()), &address)?.build()?;
    send_from_here(relay, some(COUNT)).await?.expect_all(COUNT);
    assert_some(&items(&running.finish().await?)?, COUNT);
    Ok(())
}

async fn to_go_badly(peer: Program) -> Outcome {
    let world = World::new("to-badly").await?;
    let args = [way().args(), world.identity(&world.server())?.into(), world.asks().into()];
    let (running, address) = receiver(&peer, args.concat()).await?;
    let relay = sender(&way())
        .with_target(localhost(&address)?)
        .with_tls(world.client_tls().build()?)
        .with_token_source(StaticToken::new("made-up")?)
        .with_connect_at_open(std::time::Duration::from_secs(1))
        .build()?;
    let sent = send_from_here(relay, some(1)).await?;
    assert_eq!(sent.ledger.delivered, 0);
    assert!(sent.errors.concat().contains("auth validation failed"), "{sent:?}");
    assert!(running.finish().await?.is_empty());
    Ok(())
}

async fn to_go_with_certificate(peer: Program) -> Outcome {
    let world = World::new("to-mutual").await?;
    let identity = world.identity(&world.server())?;
    let args = [way().args(), identity.into(), vec![world.flag("roots", "ca.pem")]];
    let (running, address) = receiver(&peer, args.concat()).await?;
    let tls = world.client_tls().with_key_pair(pair(&world.client())).build()?;
    let relay = sender(&way()).with_target(localhost(&address)?).with_tls(tls).build()?;
    send_from_here(relay, some(COUNT)).await?.expect_all(COUNT);
    assert_some(&items(&running.finish().await?)?, COUNT);
    Ok(())
}

async fn from_go(peer: Program) -> Outcome {
    let world = World::new("from").await?;
    let far = start(world.demanding_tokens(far(way()))?).await?;
    let target = localhost(&far.address.to_string())?;
    let args = [way().args(), vec![world.flag("roots", "ca.pem")], world.asks().into()];
    let report = send(&peer, &target, args.concat(), COUNT).await?;
    assert_eq!(report.ok, COUNT, "{report:?}");
    assert_some(&far.stop().await, COUNT);
    Ok(())
}

async fn from_go_badly(peer: Program) -> Outcome {
    let world = World::new("from-badly").await?;
    let far = start(world.demanding_tokens(far(way()))?).await?;
    let target = localhost(&far.address.to_string())?;
    let args = [way().args(), vec![world.flag("roots", "ca.pem")]];
    let error = send(&peer, &target, args.concat(), 1).await.unwrap_err().to_string();
    assert!(error.contains("Unauthenticated"), "{error}");
    assert!(far.stop().await.is_empty());
    Ok(())
}

async fn from_go_with_certificate(peer: Program) -> Outcome {
    let world = World::new("from-mutual").await?;
    let clients = ClientCertificates::signed_by(Pem::memory("ca.pem", world.authority.pem()))
        .allowing([Principal::common_name("hermes")]);
    let tls = ServerTls::builder(pair(&world.server())).with_client_certificates(clients);
    let asks = Authenticator::builder().with_client_certificate().build()?;
    let far = start(far(way()).with_tls(tls.build()?).with_authenticator(asks)).await?;
    let target = localhost(&far.address.to_string())?;
    let roots = vec![world.flag("roots", "ca.pem")];
    let known = [way().args(), roots.clone(), world.identity(&world.client())?.into()];
    let report = send(&peer, &target, known.concat(), COUNT).await?;
    assert_eq!(report.ok, COUNT, "{report:?}");
    let unknown = send(&peer, &target, [way().args(), roots].concat(), 1).await;
    assert!(unknown.is_err(), "it shows no certificate: {unknown:?}");
    assert_some(&far.stop().await, COUNT);
    Ok(())
}
