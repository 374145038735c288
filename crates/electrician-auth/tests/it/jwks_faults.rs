//! When keys cannot be fetched.

use std::time::Duration;

use electrician_auth::{AuthErrorKind, JwtValidator};
use electrician_testkit::{Endpoint, Ill};

use crate::support::{Lab, message};

const KEYS: Endpoint = Endpoint::Jwks;

async fn is_let_in(lab: &Lab, validator: &JwtValidator) -> bool {
    match validator.validate(&lab.issuer.token()).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), AuthErrorKind::Unavailable, "{error}");
            assert!(error.is_retryable());
            false
        }
    }
}

#[tokio::test]
async fn old_keys_serve_through_an_outage_for_an_hour() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    assert!(is_let_in(&lab, &validator).await);
    lab.issuer.ail(KEYS, Ill::HangUp);
    lab.advance(300);
    for _ in 0..50 {
        assert!(is_let_in(&lab, &validator).await, "with the old keys");
    }
    let asked = lab.issuer.requests(KEYS);
    assert!((2..=3).contains(&asked), "{asked} requests; a connection may be tried twice");
    lab.advance(3_599);
    assert!(is_let_in(&lab, &validator).await);
    lab.advance(1);
    assert!(!is_let_in(&lab, &validator).await, "they are too old");
    lab.issuer.ail(KEYS, Ill::Well);
    lab.advance(30);
    assert!(is_let_in(&lab, &validator).await);
}

#[tokio::test]
async fn without_a_time_for_old_keys_an_outage_shuts_everybody_out() {
    let lab = Lab::new().await;
    let jwks = lab.jwks().with_stale_for(Duration::ZERO).build().unwrap();
    let validator = lab.demanding(jwks).build().unwrap();
    assert!(is_let_in(&lab, &validator).await);
    lab.issuer.ail(KEYS, Ill::Status(500));
    lab.advance(300);
    assert!(!is_let_in(&lab, &validator).await);
}

#[tokio::test]
async fn a_server_that_fails_is_asked_less_and_less() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    lab.issuer.ail(KEYS, Ill::Status(503));
    let mut asked = 0;
    for wait in [1, 2, 4, 8, 16, 30, 30] {
        assert!(!is_let_in(&lab, &validator).await);
        asked += 1;
        assert_eq!(lab.issuer.requests(KEYS), asked);
        lab.clock.advance(Duration::from_millis(wait * 1_000 - 1));
        assert!(!is_let_in(&lab, &validator).await);
        assert_eq!(lab.issuer.requests(KEYS), asked, "not within {wait} s");
        lab.clock.advance(Duration::from_millis(1));
    }
    lab.issuer.ail(KEYS, Ill::Well);
    assert!(is_let_in(&lab, &validator).await, "it is well again");
}

#[tokio::test]
async fn an_answer_is_waited_for_eight_seconds() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    lab.issuer.ail(KEYS, Ill::Silent);
    let token = lab.issuer.token();
    let passing = async {
        lab.issuer.wait_for_requests(KEYS, 1).await;
        lab.advance(8);
    };
    let (result, ()) = tokio::join!(validator.validate(&token), passing);
    let error = message(result);
    assert!(error.ends_with("/api/auth/oauth/jwks.json: no answer within 8s"), "{error}");
}

#[tokio::test]
async fn answers_that_cannot_be_used_say_so() {
    let lab = Lab::new().await;
    let many = serde_json::json!({ "keys": vec![0; 101] }).to_string();
    for (ill, wanted) in [
        (Ill::Status(404), "the keys: status 404"),
        (Ill::Redirect(lab.issuer.introspection_url()), "the keys: status 307"),
        (Ill::Huge((1 << 20) + 1), "the answer is longer than 1048576 bytes"),
        (Ill::Huge(1 << 20), "the keys are no JSON"),
        (Ill::Body("<html>".to_owned()), "the keys are no JSON"),
        (Ill::Body("{}".to_owned()), r#"the keys: it has no list of "keys""#),
        (Ill::Body(r#"{"keys":[]}"#.to_owned()), "there is no key that can be used"),
        (Ill::Body(many), "the keys: it has more than 100 keys"),
    ] {
        lab.issuer.ail(KEYS, ill);
        let error = message(lab.validator().validate(&lab.issuer.token()).await);
        assert!(error.ends_with(wanted), "{error}");
    }
    assert_eq!(lab.issuer.requests(Endpoint::Introspection), 0, "redirections are not followed");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let lab = Lab::new().await;
    let (validator, token, url) = (lab.validator(), lab.issuer.token(), lab.issuer.jwks_url());
    lab.issuer.stop().await;
    let error = message(validator.validate(&token).await);
    assert!(error.starts_with(&url), "{error}");
}
