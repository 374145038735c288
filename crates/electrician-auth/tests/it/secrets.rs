//! Nothing that is secret is shown.

use electrician_auth::{
    AccessToken, Authenticator, ClientCredentials, IntrospectionAuth, Introspector, JwtKeys,
    Secret, StaticHeaders, StaticToken,
};

const HUSH: &str = "hush-hush-hush-hush-hush-hush-hush";

#[test]
fn debug_hides_it() {
    let url = "https://auth.example.org/x?key=hush-hush";
    let token = AccessToken::new(Secret::new(HUSH), None);
    let introspector = Introspector::builder(url, IntrospectionAuth::post("id", HUSH));
    let credentials = ClientCredentials::builder(url, "id", HUSH);
    let headers = StaticHeaders::new([("x-key", HUSH)]).expect("a header");
    let mut shown = format!("{:?} {token:?} {introspector:?} {credentials:?}", Secret::new(HUSH));
    shown +=
        &format!("{:?} {:?}", JwtKeys::shared_secret(&Secret::new(HUSH)), StaticToken::new(HUSH));
    shown += &format!(
        "{:?} {:?}",
        IntrospectionAuth::basic("id", HUSH),
        IntrospectionAuth::bearer(HUSH)
    );
    // The system may have no roots; the builders are shown all the same.
    shown += &format!("{:?} {:?}", introspector.build(), credentials.build());
    let authenticator = Authenticator::builder().with_static_headers(headers);
    shown += &format!("{authenticator:?}");
    shown += &format!("{:?}", authenticator.build());
    assert!(!shown.contains("hush"), "{shown}");
    assert!(shown.contains("x-key"), "{shown}");
}

#[test]
fn secrets_are_compared_as_a_whole() {
    let secret = Secret::new("s3cret");
    assert!(secret.is(b"s3cret") && secret == Secret::from("s3cret"));
    for other in ["", "s3cre", "s3crets", "S3cret"] {
        assert!(!secret.is(other.as_bytes()) && secret != Secret::from(other.to_owned()));
    }
    assert_eq!(secret.expose(), "s3cret");
}

#[test]
fn a_variable_must_hold_something() {
    assert_eq!(
        Secret::from_env("CARGO_PKG_NAME").expect("cargo sets it").expose(),
        "electrician-auth"
    );
    let error = Secret::from_env("ELECTRICIAN_NO_SUCH_SECRET").expect_err("it is not there");
    assert!(error.to_string().contains("ELECTRICIAN_NO_SUCH_SECRET is not set"), "{error}");
}
