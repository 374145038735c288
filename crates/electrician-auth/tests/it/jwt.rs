//! Tokens that are in order, and what is demanded of them.

use std::time::Duration;

use electrician_auth::{Algorithm, JwtKeys, Proof, Secret};
use electrician_testkit::{DevIssuer, SigningKey};
use serde_json::{Value, json};

use crate::support::{Lab, START, at, message};

#[tokio::test]
async fn every_algorithm_with_a_public_key_is_verified() {
    for algorithm in
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
    {
        let lab = Lab::signing(algorithm).await;
        let identity = lab.validator().validate(&lab.issuer.token()).await;
        let identity = identity.unwrap_or_else(|error| panic!("{algorithm}: {error}"));
        assert_eq!(identity.subject(), Some(DevIssuer::CLIENT_ID));
    }
}

#[tokio::test]
async fn the_identity_says_what_the_token_says() {
    let lab = Lab::new().await;
    let token = lab.token_with(&json!({ "sub": "ada", "azp": "x", "tenant": 7 }));
    let identity = lab.validator().validate(&token).await.expect("it is in order");
    assert_eq!(identity.proof(), Proof::Jwt);
    assert_eq!(identity.subject(), Some("ada"));
    assert_eq!(identity.client_id(), Some(DevIssuer::CLIENT_ID), "client_id before azp");
    assert_eq!(identity.issuer(), Some("auth-service"));
    assert_eq!(identity.scopes(), ["write:data"]);
    assert!(identity.has_scope("write:data") && !identity.has_scope("write"));
    assert_eq!(identity.expires_at(), Some(at(300)));
    assert_eq!(identity.claim("tenant"), Some(&json!(7)));
}

#[tokio::test]
async fn time_is_looked_at_with_five_seconds_of_leeway() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    let token = lab.token_with(&json!({ "exp": START + 100, "nbf": START + 10 }));
    lab.advance(4);
    assert_eq!(message(validator.validate(&token).await), "token not yet valid");
    lab.advance(1);
    validator.validate(&token).await.expect("5 s before its beginning");
    lab.advance(99);
    validator.validate(&token).await.expect("4 s after its end");
    lab.advance(1);
    assert_eq!(message(validator.validate(&token).await), "token expired");
}

#[tokio::test]
async fn a_fraction_of_a_second_counts() {
    let lab = Lab::new().await;
    let validator = lab.demanding(lab.jwks().build().unwrap()).with_leeway(Duration::ZERO);
    let validator = validator.build().unwrap();
    let token = lab.token_with(&json!({ "exp": START as f64 + 0.5 }));
    lab.clock.advance(Duration::from_millis(499));
    validator.validate(&token).await.expect("a millisecond before its end");
    lab.clock.advance(Duration::from_millis(1));
    assert_eq!(message(validator.validate(&token).await), "token expired");
}

#[tokio::test]
async fn an_end_is_demanded_unless_told() {
    let lab = Lab::new().await;
    let jwks = lab.jwks().build().unwrap();
    let token = lab.token_with(&json!({ "exp": null }));
    let strict = lab.demanding(jwks.clone()).build().unwrap();
    assert_eq!(message(strict.validate(&token).await), r#"the token has no "exp""#);
    let lax = lab.demanding(jwks).without_expiry().build().unwrap();
    assert_eq!(lax.validate(&token).await.expect("told").expires_at(), None);
    let late = lab.token_with(&json!({ "exp": START - 6 }));
    assert_eq!(message(lax.validate(&late).await), "token expired", "if it has one it counts");
}

#[tokio::test]
async fn the_issuer_is_compared_to_the_letter() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    for issuer in [
        json!("auth-service/"),
        json!("Auth-Service"),
        json!(["auth-service"]),
        Value::Null,
        json!(""),
    ] {
        let token = lab.token_with(&json!({ "iss": issuer }));
        assert_eq!(message(validator.validate(&token).await), "issuer mismatch", "{issuer}");
    }
}

#[tokio::test]
async fn one_audience_of_several_is_enough() {
    let lab = Lab::new().await;
    let validator = lab.demanding(lab.jwks().build().unwrap()).with_audience("other-api");
    let validator = validator.build().unwrap();
    for audience in [json!("your-api"), json!("other-api"), json!(["x", "your-api"])] {
        let token = lab.token_with(&json!({ "aud": audience }));
        validator.validate(&token).await.unwrap_or_else(|error| panic!("{audience}: {error}"));
    }
    for audience in [
        json!("your-api other-api"),
        json!([]),
        json!({ "a": "your-api" }),
        Value::Null,
        json!(["YOUR-API"]),
    ] {
        let token = lab.token_with(&json!({ "aud": audience }));
        assert_eq!(message(validator.validate(&token).await), "audience mismatch", "{audience}");
    }
}

#[tokio::test]
async fn all_scopes_are_needed_wherever_they_stand() {
    let lab = Lab::new().await;
    let validator = lab.demanding(lab.jwks().build().unwrap()).with_scopes(["a", "b"]);
    let validator = validator.build().unwrap();
    for scopes in [
        json!({ "scope": "b a c" }),
        json!({ "scope": ["a", "b"] }),
        json!({ "scope": null, "scp": "a\tb" }),
        json!({ "scope": null, "scp": ["a", "b"] }),
        json!({ "scope": "", "scp": [], "scopes": ["b", "a"] }),
    ] {
        validator
            .validate(&lab.token_with(&scopes))
            .await
            .unwrap_or_else(|error| panic!("{scopes}: {error}"));
    }
    for scopes in [
        json!({ "scope": "a" }),
        json!({ "scope": "a", "scp": "b" }),
        json!({ "scope": "a,b" }),
        json!({ "scope": ["a b"] }),
        json!({ "scope": null }),
    ] {
        let error = message(validator.validate(&lab.token_with(&scopes)).await);
        assert!(error.starts_with("insufficient scope: "), "{scopes}: {error}");
    }
}

#[tokio::test]
async fn a_shared_secret_is_for_one_algorithm() {
    let lab = Lab::new().await;
    let secret = "0123456789abcdef0123456789abcdef";
    let keys = JwtKeys::shared_secret(&Secret::new(secret)).expect("32 bytes");
    let validator = lab.demanding(keys).build().unwrap();
    let key = SigningKey::secret(secret.as_bytes());
    let claims = Value::Object(lab.issuer.claims());
    let token = key.token(&json!({ "alg": "HS256", "kid": "whatever" }), &claims);
    validator.validate(&token).await.expect("it is of the secret");
    let token = key.token(&json!({ "alg": "HS512" }), &claims);
    assert_eq!(message(validator.validate(&token).await), r#"unsupported jwt alg "HS512""#);
    let other = SigningKey::secret(b"0123456789abcdef0123456789abcdeF");
    let token = other.token(&json!({ "alg": "HS256" }), &claims);
    assert_eq!(message(validator.validate(&token).await), "bad signature");
    assert_eq!(
        message(validator.validate(&lab.issuer.token()).await),
        r#"unsupported jwt alg "ES256""#
    );
}

#[tokio::test]
async fn fixed_keys_need_no_network() {
    let lab = Lab::new().await;
    let (id, key) = lab.issuer.key();
    let jwks = json!({ "keys": [key.jwk(&id), SigningKey::generate("EdDSA").jwk("other")] });
    let keys = JwtKeys::fixed(&jwks.to_string()).expect("two keys");
    let validator = lab.demanding(keys).with_algorithms([Algorithm::ES256]).build().unwrap();
    validator.validate(&lab.issuer.token()).await.expect("its key is there");
    lab.issuer.rotate();
    let error = message(validator.validate(&lab.issuer.token()).await);
    assert_eq!(error, r#"jwks key not found for kid "mock-key-2""#);
}

#[tokio::test]
async fn a_token_without_a_key_id_means_the_only_key() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    let (_, key) = lab.issuer.key();
    let nameless = key.token(&json!({ "alg": "ES256" }), &Value::Object(lab.issuer.claims()));
    validator.validate(&nameless).await.expect("there is one key");
    lab.issuer.rotate_keeping();
    lab.advance(301);
    let nameless = key.token(&json!({ "alg": "ES256" }), &Value::Object(lab.issuer.claims()));
    assert_eq!(
        message(validator.validate(&nameless).await),
        "jwks key not found: the token names none"
    );
}

#[tokio::test]
async fn a_stream_can_end_with_its_token() {
    let lab = Lab::new().await;
    let identity = lab.validator().validate(&lab.issuer.token()).await.expect("in order");
    let mut end = std::pin::pin!(identity.expired(&lab.time));
    for _ in 0..5 {
        assert!(crate::support::begin(end.as_mut()).is_pending());
        lab.advance(59);
    }
    assert!(crate::support::begin(end.as_mut()).is_pending(), "5 s are left");
    lab.advance(5);
    assert!(crate::support::begin(end.as_mut()).is_ready());
}
