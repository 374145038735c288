//! Tokens that somebody made up.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use electrician_testkit::SigningKey;
use serde_json::{Value, json};

use crate::support::{Lab, changed, message};

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token with this header and no signature of worth.
fn unsigned(lab: &Lab, header: &Value, signature: &str) -> String {
    let claims = Value::Object(lab.issuer.claims()).to_string();
    format!("{}.{}.{signature}", base64(header.to_string().as_bytes()), base64(claims.as_bytes()))
}

/// A token of the issuer's key, with this header beside what it needs.
fn with_header(lab: &Lab, more: &Value) -> String {
    let (id, key) = lab.issuer.key();
    let header = json!({ "alg": key.algorithm(), "kid": id });
    let header = changed(header.as_object().expect("a header").clone(), more);
    key.token(&Value::Object(header), &Value::Object(lab.issuer.claims()))
}

#[tokio::test]
async fn no_signature_is_no_algorithm() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    for name in ["none", "None", "NONE", "nOnE", "", "null"] {
        for signature in ["", "AAAA"] {
            let token = unsigned(&lab, &json!({ "alg": name, "kid": "mock-key-1" }), signature);
            assert_eq!(
                message(validator.validate(&token).await),
                format!("unsupported jwt alg {name:?}")
            );
        }
    }
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    // Who takes the published key for the secret of an HMAC can sign what they like.
    let lab = Lab::signing("RS256").await;
    let validator = lab.validator();
    let (id, key) = lab.issuer.key();
    let jwk = key.jwk(&id);
    let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().expect("text")).expect("base64");
    for secret in [
        modulus.as_slice(),
        jwk.to_string().as_bytes(),
        jwk["n"].as_str().expect("text").as_bytes(),
    ] {
        for name in ["HS256", "HS384", "HS512"] {
            let forged = SigningKey::secret(secret)
                .token(&json!({ "alg": name, "kid": id }), &Value::Object(lab.issuer.claims()));
            assert_eq!(
                message(validator.validate(&forged).await),
                format!("unsupported jwt alg {name:?}")
            );
        }
    }
}

#[tokio::test]
async fn a_key_is_for_its_own_algorithm_alone() {
    let lab = Lab::signing("RS256").await;
    let validator = lab.validator();
    let (id, key) = lab.issuer.key();
    for name in ["PS256", "RS512", "ES256", "EdDSA"] {
        let token =
            key.token(&json!({ "alg": name, "kid": id }), &Value::Object(lab.issuer.claims()));
        assert_eq!(
            message(validator.validate(&token).await),
            format!("the key is not for jwt alg {name:?}")
        );
    }
    // Without `alg` the type of the key decides, and then the signature does.
    let mut jwk = key.jwk(&id);
    jwk.as_object_mut().expect("a key").remove("alg");
    lab.issuer.publish(Some(json!({ "keys": [jwk] })));
    let validator = lab.validator();
    validator.validate(&lab.issuer.token()).await.expect("RS256");
    let token =
        key.token(&json!({ "alg": "PS256", "kid": id }), &Value::Object(lab.issuer.claims()));
    assert_eq!(message(validator.validate(&token).await), "bad signature");
    let token =
        key.token(&json!({ "alg": "ES256", "kid": id }), &Value::Object(lab.issuer.claims()));
    assert_eq!(message(validator.validate(&token).await), r#"the key is not for jwt alg "ES256""#);
}

#[tokio::test]
async fn keys_for_other_things_are_left_out() {
    let lab = Lab::new().await;
    let (id, key) = lab.issuer.key();
    let with = |changes: Value| {
        let jwk = key.jwk(&id).as_object().expect("a key").clone();
        Value::Object(changed(jwk, &changes))
    };
    let secret =
        json!({ "kty": "oct", "k": base64(b"0123456789abcdef0123456789abcdef"), "kid": id });
    for jwk in [
        with(json!({ "use": "enc" })),
        with(json!({ "use": null, "key_ops": ["sign"] })),
        with(json!({ "alg": "RS256" })),
        with(json!({ "alg": "ES384" })),
        with(json!({ "alg": "none" })),
        with(json!({ "crv": "P-384" })),
        with(json!({ "crv": "secp256k1" })),
        with(json!({ "kty": "RSA" })),
        with(json!({ "x": "AAAA" })),
        with(json!({ "y": "!" })),
        secret,
        json!("a key"),
    ] {
        lab.issuer.publish(Some(json!({ "keys": [jwk] })));
        let error = message(lab.validator().validate(&lab.issuer.token()).await);
        assert!(error.ends_with("there is no key that can be used"), "{jwk}: {error}");
    }
    // One that is broken does not spoil the others.
    let fit = with(json!({ "use": null, "alg": null, "key_ops": ["verify"] }));
    lab.issuer.publish(Some(json!({ "keys": [{ "kty": "?" }, 7, fit] })));
    lab.validator().validate(&lab.issuer.token()).await.expect("the third is in order");
}

#[tokio::test]
async fn a_short_rsa_key_is_left_out() {
    let lab = Lab::signing("RS256").await;
    let short =
        json!({ "kty": "RSA", "n": base64(&[0xc1; 128]), "e": "AQAB", "kid": "mock-key-1" });
    lab.issuer.publish(Some(json!({ "keys": [short] })));
    let error = message(lab.validator().validate(&lab.issuer.token()).await);
    assert!(error.ends_with("there is no key that can be used"), "{error}");
}

#[tokio::test]
async fn keys_that_a_token_brings_along_are_not_looked_at() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    let own = SigningKey::generate("ES256");
    for header in [
        json!({ "alg": "ES256", "jwk": own.jwk("mine"), "kid": "mock-key-1" }),
        json!({ "alg": "ES256", "jku": "https://attacker.example/keys", "kid": "mock-key-1" }),
        json!({ "alg": "ES256", "x5u": "https://attacker.example/cert", "kid": "mock-key-1" }),
    ] {
        let token = own.token(&header, &Value::Object(lab.issuer.claims()));
        assert_eq!(message(validator.validate(&token).await), "bad signature", "{header}");
    }
    let header = json!({ "alg": "ES256", "jwk": own.jwk("mine"), "kid": "mine" });
    let token = own.token(&header, &Value::Object(lab.issuer.claims()));
    assert_eq!(message(validator.validate(&token).await), r#"jwks key not found for kid "mine""#);
}

#[tokio::test]
async fn what_must_be_understood_is_refused() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    for crit in [json!(["b64"]), json!([]), json!("exp"), json!(["exp"])] {
        let error = message(
            validator.validate(&with_header(&lab, &json!({ "crit": crit, "b64": false }))).await,
        );
        assert!(error.starts_with("unsupported jwt extension"), "{error}");
    }
    for kind in ["JWT", "jwt", "at+jwt", "application/at+jwt", "AT+JWT"] {
        let token = with_header(&lab, &json!({ "typ": kind }));
        validator.validate(&token).await.unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
    for kind in ["dpop+jwt", "logout+jwt", "JWE", ""] {
        let error = message(validator.validate(&with_header(&lab, &json!({ "typ": kind }))).await);
        assert_eq!(error, format!("unsupported jwt typ {kind:?}"));
    }
}

#[tokio::test]
async fn signatures_that_are_almost_right_are_wrong() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    let token = lab.issuer.token();
    let (message_part, signature) = token.rsplit_once('.').expect("three parts");
    let bytes = URL_SAFE_NO_PAD.decode(signature).expect("base64");
    let mut wrong: Vec<Vec<u8>> = vec![
        Vec::new(),
        vec![0; 64],
        vec![0; 32],
        vec![0xff; 64],
        bytes[..63].to_vec(),
        [&bytes[..], &[0]].concat(),
        [&bytes[32..], &bytes[..32]].concat(),
    ];
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        wrong.push(flipped);
    }
    for signature in wrong {
        let token = format!("{message_part}.{}", base64(&signature));
        assert_eq!(message(validator.validate(&token).await), "bad signature");
    }
    let (header, claims) = message_part.split_once('.').expect("two parts");
    let mut other = lab.issuer.claims();
    other.insert("sub".to_owned(), "root".into());
    let other = base64(Value::Object(other).to_string().as_bytes());
    assert_ne!(other, claims);
    let token = format!("{header}.{other}.{signature}");
    assert_eq!(message(validator.validate(&token).await), "bad signature");
}

#[tokio::test]
async fn what_is_no_token_is_said_to_be_none() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    let token = lab.issuer.token();
    let parts: Vec<&str> = token.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    let nested = "[".repeat(5_000);
    for wrong in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        format!("{header}.{claims}"),
        format!("{token}."),
        format!("{header}.{claims}.{signature}.{claims}.{signature}"),
        format!("{header}=.{claims}.{signature}"),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{header}.{claims}.{signature}=="),
        format!("{}.{claims}.{signature}", base64(b"{}")),
        format!("{}.{claims}.{signature}", base64(b"\xff\xfe")),
        format!("{}.{claims}.{signature}", base64(br#"{"alg":7}"#)),
        format!("{}.{claims}.{signature}", base64(br#"{"alg":"ES256","kid":7}"#)),
        format!("{}.{claims}.{signature}", base64(br#"{"alg":"ES256","alg":"none"}"#)),
        format!("{}.{claims}.{signature}", base64(nested.as_bytes())),
        format!("{header}.{}.{signature}", "A".repeat(20_000)),
    ] {
        let error = message(validator.validate(&wrong).await);
        assert!(error.starts_with("malformed token: "), "{wrong:.60}: {error}");
    }
    assert_eq!(lab.issuer.requests(electrician_testkit::Endpoint::Jwks), 0, "nobody is asked");
}

#[tokio::test]
async fn claims_of_the_wrong_type_are_refused() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    for (changes, wanted) in [
        (json!({ "exp": "tomorrow" }), "malformed token: exp is no time"),
        (json!({ "exp": -1 }), "malformed token: exp is no time"),
        (json!({ "exp": [1] }), "malformed token: exp is no time"),
        (json!({ "nbf": true }), "malformed token: nbf is no time"),
        (json!({ "nbf": 1e300 }), "token not yet valid"),
        (json!({ "exp": 0 }), "token expired"),
    ] {
        assert_eq!(
            message(validator.validate(&lab.token_with(&changes)).await),
            wanted,
            "{changes}"
        );
    }
    // An end that nobody lives to see is one.
    for far in [json!(1e300), json!(u64::MAX), json!(9_223_372_036_854_775_807_i64)] {
        validator.validate(&lab.token_with(&json!({ "exp": far }))).await.expect("far away");
    }
    let (id, key) = lab.issuer.key();
    for claims in [json!([]), json!("claims"), json!(null)] {
        let token = key.token(&json!({ "alg": "ES256", "kid": id }), &claims);
        assert_eq!(
            message(validator.validate(&token).await),
            "malformed token: its claims are no JSON object"
        );
    }
}

#[tokio::test]
async fn what_strangers_send_is_escaped_and_cut() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    let token = unsigned(&lab, &json!({ "alg": "ES256", "kid": "a\n\"b\u{202e}" }), "AAAA");
    assert_eq!(
        message(validator.validate(&token).await),
        r#"jwks key not found for kid "a\u{a}\u{22}b\u{202e}""#
    );
    let token = unsigned(&lab, &json!({ "alg": "x".repeat(9_000) }), "AAAA");
    assert_eq!(
        message(validator.validate(&token).await),
        format!("unsupported jwt alg \"{}…\"", "x".repeat(64))
    );
}

#[tokio::test]
async fn a_token_that_was_changed_anywhere_is_refused() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    let token = lab.issuer.token();
    validator.validate(&token).await.expect("as it is");
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..2_000 {
        let mut bytes = token.clone().into_bytes();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..bytes.len());
            match random.u8(..3) {
                0 => bytes[at] = random.alphanumeric() as u8,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, random.alphanumeric() as u8),
            }
        }
        let changed = String::from_utf8(bytes).expect("ASCII");
        if changed != token {
            let error = message(validator.validate(&changed).await);
            assert!(!error.contains(&token[token.len() - 20..]), "{error}");
        }
    }
}
