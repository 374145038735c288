//! The issuer proves who it is.

use electrician_auth::{ClientCredentials, IntrospectionAuth, Introspector, Jwks, JwtValidator};
use electrician_testkit::DevIssuer;
use electrician_tls::{ClientTls, Pem, Roots};

use crate::support::message;

async fn issuer() -> DevIssuer {
    DevIssuer::builder().with_algorithm("ES256").start().await.expect("a port")
}

fn trusting(issuer: &DevIssuer) -> ClientTls {
    let authority = issuer.authority().expect("it speaks TLS");
    // What is spoken over this configuration elsewhere does not matter here.
    let tls = ClientTls::builder().with_roots(Roots::pem(Pem::memory("ca", authority)));
    tls.with_alpn(["h2"]).build().expect("a client")
}

fn validator(issuer: &DevIssuer, tls: ClientTls) -> JwtValidator {
    let jwks = Jwks::builder(issuer.jwks_url()).with_tls(tls).build().expect("keys");
    JwtValidator::builder(jwks)
        .with_issuer(DevIssuer::ISSUER)
        .with_audience(DevIssuer::AUDIENCE)
        .build()
        .expect("a validator")
}

#[tokio::test]
async fn everything_works_over_tls() {
    let issuer = issuer().await;
    let tls = trusting(&issuer);
    let (id, secret) = (DevIssuer::CLIENT_ID, DevIssuer::CLIENT_SECRET);
    let source = ClientCredentials::builder(issuer.token_url(), id, secret).with_tls(tls.clone());
    let token = source.build().unwrap().access_token().await.expect("a token");
    let token = token.secret().expose();
    validator(&issuer, tls.clone()).validate(token).await.expect("a JWT");
    let auth = IntrospectionAuth::basic(id, secret);
    let introspector = Introspector::builder(issuer.introspection_url(), auth).with_tls(tls);
    introspector.build().unwrap().validate(token).await.expect("active");
}

#[tokio::test]
async fn an_issuer_that_nobody_vouches_for_is_not_believed() {
    let (ours, theirs) = (issuer().await, issuer().await);
    // Theirs stands where ours should be: the keys, and the secret, are not for it.
    let tls = trusting(&ours);
    let error = message(validator(&theirs, tls.clone()).validate(&theirs.token()).await);
    assert!(error.contains("invalid peer certificate"), "{error}");
    let source = ClientCredentials::builder(theirs.token_url(), "id", "hush").with_tls(tls.clone());
    let error = message(source.with_attempts(1).build().unwrap().access_token().await);
    assert!(error.contains("invalid peer certificate") && !error.contains("hush"), "{error}");
    let auth = IntrospectionAuth::basic("id", "hush");
    let introspector = Introspector::builder(theirs.introspection_url(), auth).with_tls(tls);
    let error = message(introspector.build().unwrap().validate("token").await);
    assert!(error.contains("invalid peer certificate") && !error.contains("hush"), "{error}");
    assert!(theirs.last_request(electrician_testkit::Endpoint::Token).is_none());
}
