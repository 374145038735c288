//! What is demanded together.

use electrician_auth::{
    AuthError, AuthErrorKind, Authenticator, Identity, Presented, Proof, StaticHeaders, Validate,
    Validating,
};
use electrician_testkit::{Authority, DevIssuer, Endpoint, Leaf};
use electrician_tls::PeerIdentity;
use electrician_tls::rustls::pki_types::CertificateDer;
use http::HeaderMap;

use crate::support::{Lab, at, message};

fn bearer(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().expect("a header"));
    headers
}

fn tenant() -> StaticHeaders {
    StaticHeaders::new([("X-Tenant", "local")]).expect("a header")
}

fn peer(leaf: &Leaf) -> PeerIdentity {
    let certificate = Authority::new("ours").certify(leaf);
    PeerIdentity::from_chain(&[CertificateDer::from(certificate.der())]).expect("a certificate")
}

/// Lets in whose subject it is told.
#[derive(Debug)]
struct Named(&'static str);

impl Validate for Named {
    fn validate<'a>(&'a self, presented: Presented<'a>) -> Validating<'a> {
        Box::pin(async move {
            match presented.headers().only("x-name") {
                Ok(Some(name)) if name == self.0.as_bytes() => {
                    Ok(Identity::new(Proof::Validator).with_subject(self.0))
                }
                _ => Err(AuthError::refused("not the one")),
            }
        })
    }
}

#[test]
fn to_demand_something_and_check_nothing_is_refused() {
    let error = Authenticator::builder().build().expect_err("nothing validates").to_string();
    assert!(error.contains("authentication is required, but nothing validates"), "{error}");
    Authenticator::builder().optional().build().expect_err("nor here");
}

#[tokio::test]
async fn where_nobody_is_asked_nobody_is_known() {
    let open = Authenticator::nobody_is_asked();
    let identity = open.authenticate(Presented::new(&bearer("whatever"))).await.expect("open");
    assert_eq!(identity, Identity::new(Proof::Nothing));
}

#[tokio::test]
async fn a_jwt_goes_to_the_keys_and_the_rest_to_the_issuer() {
    let lab = Lab::new().await;
    let both = Authenticator::builder()
        .with_jwt(lab.validator())
        .with_introspection(lab.introspector().build().unwrap())
        .build()
        .unwrap();
    let identity = both.authenticate(Presented::new(&bearer(&lab.issuer.token()))).await;
    assert_eq!(identity.expect("a JWT").proof(), Proof::Jwt);
    assert_eq!(lab.issuer.requests(Endpoint::Introspection), 0);
    let identity = both.authenticate(Presented::new(&bearer(DevIssuer::OPAQUE_TOKEN))).await;
    assert_eq!(identity.expect("another").proof(), Proof::Introspection);
    // What failed as a JWT is not tried otherwise.
    let forged = format!("{}A", lab.issuer.token());
    message(both.authenticate(Presented::new(&bearer(&forged))).await);
    assert_eq!(lab.issuer.requests(Endpoint::Introspection), 1);

    let one = Authenticator::builder().with_introspection(lab.introspector().build().unwrap());
    let one = one.build().unwrap();
    message(one.authenticate(Presented::new(&bearer(&lab.issuer.token()))).await);
    assert_eq!(lab.issuer.requests(Endpoint::Introspection), 2, "there is nobody else to ask");
}

#[tokio::test]
async fn headers_without_a_token_are_refused() {
    let lab = Lab::new().await;
    let strict = Authenticator::builder().with_jwt(lab.validator()).build().unwrap();
    for (headers, wanted) in [
        (vec![], "missing bearer token"),
        (vec![("authorization", "Basic bWU6eW91")], "missing bearer token"),
        (vec![("authorization", "Bearer")], "missing bearer token"),
        (vec![("authorization", "Bearer  ")], "missing bearer token"),
        (
            vec![("authorization", "Bearer a b")],
            "malformed token: it has letters that no token has",
        ),
        (
            vec![("Authorization", "Bearer a"), ("authorization", "Bearer b")],
            "malformed token: there are several in one request",
        ),
    ] {
        assert_eq!(
            message(strict.authenticate(Presented::new(&headers)).await),
            wanted,
            "{headers:?}"
        );
    }
    let headers = [("AUTHORIZATION", format!("bearer {}", lab.issuer.token()))];
    strict.authenticate(Presented::new(&headers)).await.expect("case does not matter");
}

#[tokio::test]
async fn all_that_is_demanded_must_be_there() {
    let lab = Lab::new().await;
    let all = Authenticator::builder()
        .with_static_headers(tenant())
        .with_client_certificate()
        .with_jwt(lab.validator())
        .with_validator(Named("ada"))
        .build()
        .unwrap();
    let peer = peer(&Leaf::client().with_dns("billing").valid((2020, 1, 1), (2030, 1, 1)));
    let token = format!("Bearer {}", lab.issuer.token());
    let complete = [("x-tenant", "local"), ("authorization", token.as_str()), ("x-name", "ada")];
    let identity = all.authenticate(Presented::new(&complete).with_peer(Some(&peer))).await;
    let identity = identity.expect("all is there");
    assert_eq!((identity.proof(), identity.subject()), (Proof::Validator, Some("ada")));
    assert_eq!(identity.expires_at(), Some(at(300)), "it ends with the token");

    for (without, wanted) in [
        (0, "header x-tenant: it is missing or wrong"),
        (1, "missing bearer token"),
        (2, "refused: not the one"),
    ] {
        let mut headers = complete.to_vec();
        headers.remove(without);
        let shown = Presented::new(&headers).with_peer(Some(&peer));
        assert_eq!(message(all.authenticate(shown).await), wanted);
    }
    let error = all.authenticate(Presented::new(&complete)).await.expect_err("no certificate");
    assert_eq!(error.to_string(), "missing client certificate");
    assert_eq!(error.kind(), AuthErrorKind::Unauthenticated);
}

#[tokio::test]
async fn where_it_is_optional_what_is_shown_must_be_right() {
    let lab = Lab::new().await;
    let optional = Authenticator::builder()
        .with_static_headers(tenant())
        .with_client_certificate()
        .with_jwt(lab.validator())
        .optional()
        .build()
        .unwrap();
    let nothing: [(&str, &str); 0] = [];
    let identity = optional.authenticate(Presented::new(&nothing)).await.expect("optional");
    assert_eq!(identity.proof(), Proof::Nothing);
    let identity = optional.authenticate(Presented::new(&[("x-tenant", "local")])).await;
    assert_eq!(identity.expect("right").proof(), Proof::Headers);
    for wrong in [[("x-tenant", "other")], [("authorization", "Bearer other")]] {
        message(optional.authenticate(Presented::new(&wrong)).await);
    }
}

#[tokio::test]
async fn a_certificate_gives_its_name_and_its_end() {
    let certificates = Authenticator::builder().with_client_certificate().build().unwrap();
    let peer = peer(&Leaf::client().with_uri("spiffe://prod/a").valid((2020, 1, 1), (2026, 1, 1)));
    let nothing: [(&str, &str); 0] = [];
    let identity = certificates.authenticate(Presented::new(&nothing).with_peer(Some(&peer))).await;
    let identity = identity.expect("a certificate");
    assert_eq!(
        (identity.proof(), identity.subject()),
        (Proof::Certificate, Some("spiffe://prod/a"))
    );
    assert_eq!(identity.expires_at(), Some(at(0)));
}

#[test]
fn errors_say_how_they_are_to_be_answered() {
    let scope = AuthError::InsufficientScope("a".to_owned());
    assert_eq!(scope.kind(), AuthErrorKind::Forbidden);
    let error = electrician_types::Error::from(scope);
    assert_eq!(error.kind(), electrician_types::ErrorKind::Denied);
    assert!(!error.is_retryable());
    let busy = AuthError::Backoff(std::time::Duration::from_secs(1));
    let error = electrician_types::Error::from(busy);
    assert_eq!(error.kind(), electrician_types::ErrorKind::Io);
    assert!(error.is_retryable());
    assert!(matches!(error.cause::<AuthError>(), Some(AuthError::Backoff(_))));
}
