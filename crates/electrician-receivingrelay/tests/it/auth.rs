//! Who may send.

use electrician_auth::{Authenticator, Jwks, JwtValidator, StaticHeaders, StaticToken};
use electrician_forwardrelay::ForwardRelay;
use electrician_receivingrelay::ReceivingRelay;
use electrician_receivingrelay::ReceivingRelayBuilder;
use electrician_relay::{EnvelopeReader, EnvelopeWriter};
use electrician_testkit::drive::soon;
use electrician_testkit::{Authority, DevIssuer, Leaf, Verdicts};
use electrician_tls::ClientCertificates;
use electrician_tls::{ClientTls, Pem, Principal};
use electrician_types::Sink;

use crate::support::{Store, assert_acked, client_tls, pair, sender, server_tls, start, write};

fn relay(authenticator: Authenticator) -> ReceivingRelayBuilder<u64> {
    ReceivingRelay::builder("127.0.0.1:0")
        .with_authenticator(authenticator)
        .with_reader(EnvelopeReader::json)
}

fn authenticator(issuer: &DevIssuer) -> Authenticator {
    let keys = Jwks::builder(issuer.jwks_url()).dangerously_allow_plaintext_on_loopback();
    let jwt = JwtValidator::builder(keys.build().unwrap())
        .with_issuer(DevIssuer::ISSUER)
        .with_audience(DevIssuer::AUDIENCE)
        .build()
        .unwrap();
    Authenticator::builder().with_jwt(jwt).build().unwrap()
}

fn secure(port: u16, tls: ClientTls) -> electrician_forwardrelay::ForwardRelayBuilder<u64> {
    sender().with_tls(tls).with_target(format!("localhost:{port}"))
}

/// Waits until the sender was refused, and gives the reason.
async fn refusal(near: &ForwardRelay<u64>) -> String {
    let stats = near.stats();
    loop {
        if let Some(error) = &stats.links()[0].last_error {
            return error.to_string();
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_token_lets_in_and_another_does_not() {
    let issuer = DevIssuer::builder().without_tls().start().await.unwrap();
    let authority = Authority::new("ca");
    let store = Store::new();
    let relay = relay(authenticator(&issuer)).with_tls(server_tls(&authority).build().unwrap());
    let far = start(relay.build().unwrap(), &store).await;
    let port = far.address.port();
    let tls = || client_tls(&authority).build().unwrap();
    let verdicts = Verdicts::plain();

    let token = StaticToken::new(issuer.token()).unwrap();
    let mut near = secure(port, tls()).with_token_source(token).build().unwrap();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..100).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..100);
    soon(near.close()).await.unwrap();

    let other = DevIssuer::builder().without_tls().start().await.unwrap();
    let wrong = StaticToken::new(other.token()).unwrap();
    for builder in [secure(port, tls()).with_token_source(wrong), secure(port, tls())] {
        let mut near = builder.build().unwrap();
        soon(near.open()).await.unwrap();
        write(&mut near, &verdicts, 200..201).await;
        let reason = soon(refusal(&near)).await;
        assert!(reason.contains("auth validation failed"), "{reason}");
        assert!(!reason.contains(&other.token()[..20]), "no token is told: {reason}");
        drop(near);
        assert!(verdicts.is_nacked(200), "it is given back");
    }
    assert_eq!(store.items().len(), 100, "nothing of the others came in");
    assert!(far.handle.stats().refused >= 2);
    far.stop().await;
}

#[tokio::test]
async fn a_client_certificate_that_is_demanded_is_demanded() {
    let authority = Authority::new("ca");
    let store = Store::new();
    let clients = ClientCertificates::signed_by(Pem::memory("ca.pem", authority.pem()))
        .allowing([Principal::common_name("hermes")]);
    let tls = server_tls(&authority).with_client_certificates(clients).build().unwrap();
    let asks = Authenticator::builder().with_client_certificate().build().unwrap();
    let far = start(relay(asks).with_tls(tls).build().unwrap(), &store).await;
    let port = far.address.port();
    let verdicts = Verdicts::plain();
    let hermes = authority.certify(&Leaf::client().with_common_name("hermes"));
    let other = authority.certify(&Leaf::client().with_common_name("other"));

    let known = client_tls(&authority).with_key_pair(pair(&hermes)).build().unwrap();
    let mut near = secure(port, known).build().unwrap();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..10).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..10);
    soon(near.close()).await.unwrap();

    let nameless = client_tls(&authority).build().unwrap();
    let stranger = client_tls(&authority).with_key_pair(pair(&other)).build().unwrap();
    for tls in [nameless, stranger] {
        let mut near = secure(port, tls).build().unwrap();
        soon(near.open()).await.unwrap();
        write(&mut near, &verdicts, 50..51).await;
        let reason = soon(refusal(&near)).await;
        assert!(!reason.is_empty());
    }
    assert_eq!(store.items().len(), 10);
    assert_eq!(far.handle.stats().streams, 1, "nobody else came as far as a stream");
    far.stop().await;
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_nothing() {
    let (authority, other) = (Authority::new("ca"), Authority::new("other"));
    let store = Store::new();
    let open = relay(Authenticator::nobody_is_asked());
    let far =
        start(open.with_tls(server_tls(&other).build().unwrap()).build().unwrap(), &store).await;
    let mut near =
        secure(far.address.port(), client_tls(&authority).build().unwrap()).build().unwrap();
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..1).await;
    let reason = soon(refusal(&near)).await;
    assert!(reason.contains("certificate"), "{reason}");
    drop(near);
    assert!(verdicts.is_nacked(0));
    far.stop().await;
}

#[tokio::test]
async fn headers_that_are_demanded_are_compared() {
    let headers = StaticHeaders::new([("x-tenant", "local")]).unwrap();
    let asks = Authenticator::builder().with_static_headers(headers).build().unwrap();
    let store = Store::new();
    let far = start(relay(asks).dangerously_in_plaintext().build().unwrap(), &store).await;
    let plain = || sender().dangerously_in_plaintext().with_target(far.address.to_string());
    let verdicts = Verdicts::plain();

    let mut near = plain().with_header("x-tenant", "other").build().unwrap();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..1).await;
    assert!(soon(refusal(&near)).await.contains("x-tenant"));
    drop(near);

    let mut near = plain()
        .with_dynamic_headers(|headers| {
            headers.insert("x-tenant", "local".parse().unwrap());
        })
        .build()
        .unwrap();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 1..2).await;
    soon(near.flush()).await.unwrap();
    assert_eq!(store.items(), [1]);
    soon(near.close()).await.unwrap();
    far.stop().await;
}

#[test]
fn a_token_is_never_sent_in_plaintext() {
    let token = StaticToken::new("secret-token").unwrap();
    let built = ForwardRelay::<u64>::builder()
        .with_target("localhost:1")
        .with_writer(EnvelopeWriter::json())
        .dangerously_in_plaintext()
        .with_token_source(token)
        .build();
    let text = built.unwrap_err().to_string();
    assert!(text.contains("not sent without TLS"), "{text}");
    assert!(!text.contains("secret-token"));
}
