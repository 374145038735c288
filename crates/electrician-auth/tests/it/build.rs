//! What cannot work is said at once.

use std::time::Duration;

use electrician_auth::{
    Algorithm, ClientCredentials, IntrospectionAuth, Introspector, Jwks, JwtKeys, JwtValidator,
    Secret, StaticToken,
};
use electrician_testkit::SigningKey;
use electrician_types::ConfigError;
use serde_json::json;

fn problems<T: std::fmt::Debug>(result: Result<T, ConfigError>) -> Vec<String> {
    result.expect_err("it cannot work").problems().to_vec()
}

fn keys() -> JwtKeys {
    let jwks = json!({ "keys": [SigningKey::generate("ES256").jwk("a")] });
    JwtKeys::fixed(&jwks.to_string()).expect("a key")
}

#[test]
fn a_validator_says_whose_tokens_and_for_whom() {
    assert_eq!(
        problems(JwtValidator::builder(keys()).build()),
        [
            "jwt: no issuer is named: give it by `with_issuer`, or say `without_issuer_check`",
            "jwt: no audience is named: give it by `with_audience`, or say `without_audience_check`",
        ]
    );
    let open = JwtValidator::builder(keys()).without_issuer_check().without_audience_check();
    open.build().expect("told");
    let said = problems(
        JwtValidator::builder(keys())
            .with_issuer("")
            .with_audience("a")
            .without_audience_check()
            .with_scopes(["a b"])
            .with_algorithms([])
            .with_leeway(Duration::from_hours(1))
            .with_max_token_bytes(0)
            .build(),
    );
    assert_eq!(said.len(), 6, "{said:?}");
}

#[test]
fn algorithms_fit_the_keys() {
    let with = |keys, algorithm| {
        let builder = JwtValidator::builder(keys).with_issuer("a").with_audience("b");
        problems(builder.with_algorithms([algorithm]).build())
    };
    let said = with(keys(), Algorithm::HS256);
    assert!(said[0].contains("HS256 with public keys lets everybody sign"), "{said:?}");
    let secret = JwtKeys::shared_secret(&Secret::new("0123456789abcdef0123456789abcdef")).unwrap();
    let said = with(secret, Algorithm::RS256);
    assert!(said[0].contains("RS256 with a shared secret"), "{said:?}");
    let said = problems(JwtKeys::shared_secret(&Secret::new("too short")));
    assert_eq!(said, ["a secret of 9 bytes can be guessed: give at least 32"]);
}

#[test]
fn fixed_keys_must_all_be_fit() {
    for (text, wanted) in [
        ("keys", "the keys are no JSON"),
        ("{}", "it has no list of \"keys\""),
        (r#"{"keys":[]}"#, "a set of no keys verifies nothing"),
        (
            r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#,
            "a key is a secret, which must not be published",
        ),
    ] {
        let said = problems(JwtKeys::fixed(text));
        assert!(said[0].contains(wanted), "{said:?}");
    }
}

#[test]
fn addresses_are_encrypted() {
    let plain = "http://auth.example.org/x";
    let local = "http://localhost:1/x";
    for url in [plain, local] {
        let said = problems(Jwks::builder(url).build());
        assert!(said[0].starts_with("jwks: http://") && said[0].contains("use https"), "{said:?}");
        let auth = IntrospectionAuth::Nothing;
        let said = problems(Introspector::builder(url, auth).build());
        assert!(said[0].starts_with("introspection: http://"), "{said:?}");
        let said = problems(ClientCredentials::builder(url, "id", "hush").build());
        assert!(said[0].starts_with("client credentials: http://"), "{said:?}");
        assert!(!said[0].contains("hush"));
    }
    let said = problems(
        ClientCredentials::builder(plain, "id", "hush")
            .dangerously_allow_plaintext_on_loopback()
            .build(),
    );
    assert!(said[0].contains("everybody on the way can read secrets"), "{said:?}");
}

#[test]
fn numbers_make_sense() {
    let url = "https://auth.example.org/x";
    let jwks = Jwks::builder(url)
        .with_ttl(Duration::from_secs(10))
        .with_min_refresh_interval(Duration::from_secs(11))
        .with_timeout(Duration::ZERO)
        .with_max_bytes(0);
    assert_eq!(problems(jwks.build()).len(), 3);
    let jwks =
        Jwks::builder(url).with_ttl(Duration::ZERO).with_min_refresh_interval(Duration::ZERO);
    assert_eq!(problems(jwks.build()).len(), 2);
    let introspector = Introspector::builder(url, IntrospectionAuth::basic("", "hush"))
        .with_max_answers(0)
        .with_backoff(Duration::from_secs(2), Duration::from_secs(1));
    assert_eq!(problems(introspector.build()).len(), 3);
    let credentials =
        ClientCredentials::builder(url, "id", "").with_attempts(0).with_scopes(["a b"]);
    assert_eq!(problems(credentials.build()).len(), 3);
    assert_eq!(problems(StaticToken::new("a b")).len(), 1);
}
