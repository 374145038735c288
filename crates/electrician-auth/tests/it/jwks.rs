//! When keys are fetched.

use std::pin::pin;

use electrician_testkit::{Endpoint, Ill};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Lab, begin, message};

const KEYS: Endpoint = Endpoint::Jwks;

/// A token that names a key of this name, and is of none.
fn naming(lab: &Lab, id: &str) -> String {
    let (_, key) = lab.issuer.key();
    key.token(&json!({ "alg": "ES256", "kid": id }), &Value::Object(lab.issuer.claims()))
}

#[tokio::test]
async fn keys_are_fetched_when_needed_and_kept_for_five_minutes() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    assert_eq!(lab.issuer.requests(KEYS), 0);
    for _ in 0..3 {
        validator.validate(&lab.issuer.token()).await.expect("in order");
    }
    lab.advance(299);
    validator.validate(&lab.issuer.token()).await.expect("in order");
    assert_eq!(lab.issuer.requests(KEYS), 1);
    lab.advance(1);
    validator.validate(&lab.issuer.token()).await.expect("in order");
    assert_eq!(lab.issuer.requests(KEYS), 2);
}

#[tokio::test]
async fn they_can_be_fetched_beforehand() {
    let lab = Lab::new().await;
    let jwks = lab.jwks().build().unwrap();
    jwks.warm().await.expect("the issuer is well");
    jwks.warm().await.expect("they are fresh");
    let validator = lab.demanding(jwks).build().unwrap();
    validator.validate(&lab.issuer.token()).await.expect("in order");
    assert_eq!(lab.issuer.requests(KEYS), 1);
}

#[tokio::test]
async fn a_new_key_is_found_and_an_old_one_forgotten() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    let old = lab.issuer.token();
    validator.validate(&old).await.expect("in order");
    assert_eq!(lab.issuer.rotate(), "mock-key-2");
    let new = lab.issuer.token();
    // The keys were fetched just now: whoever makes names up must not drive the fetches.
    lab.advance(29);
    assert_eq!(
        message(validator.validate(&new).await),
        r#"jwks key not found for kid "mock-key-2""#
    );
    lab.advance(1);
    validator.validate(&new).await.expect("the key was fetched");
    assert_eq!(
        message(validator.validate(&old).await),
        r#"jwks key not found for kid "mock-key-1""#
    );
    assert_eq!(lab.issuer.requests(KEYS), 2);
}

#[tokio::test]
async fn a_storm_of_made_up_names_costs_one_fetch_per_interval() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    let good = lab.issuer.token();
    validator.validate(&good).await.expect("in order");
    for round in 0..4 {
        let tokens: Vec<String> =
            (0..250).map(|number| naming(&lab, &format!("{round}-{number}"))).collect();
        let storm = join_all(tokens.iter().map(|token| validator.validate(token)));
        for result in storm.await {
            assert!(message(result).starts_with("jwks key not found"));
        }
        for token in &tokens {
            assert!(message(validator.validate(token).await).starts_with("jwks key not found"));
        }
        validator.validate(&good).await.expect("the good go on");
        assert_eq!(lab.issuer.requests(KEYS), 1 + round, "one in each interval, none in the first");
        lab.advance(30);
    }
}

#[tokio::test]
async fn a_name_that_is_not_there_is_remembered() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    validator.validate(&lab.issuer.token()).await.expect("in order");
    let stray = naming(&lab, "from-another-time");
    lab.advance(30);
    assert!(message(validator.validate(&stray).await).starts_with("jwks key not found"));
    assert_eq!(lab.issuer.requests(KEYS), 2);
    for _ in 0..5 {
        lab.advance(31);
        assert!(message(validator.validate(&stray).await).starts_with("jwks key not found"));
    }
    assert_eq!(lab.issuer.requests(KEYS), 2, "nobody asks for it again while the keys are fresh");
}

#[tokio::test]
async fn a_herd_shares_one_fetch() {
    let lab = Lab::new().await;
    lab.issuer.ail(KEYS, Ill::Silent);
    let validator = lab.validator();
    let token = lab.issuer.token();
    let mut herd = pin!(join_all((0..100).map(|_| validator.validate(&token))));
    assert!(begin(herd.as_mut()).is_pending());
    let answer = async {
        lab.issuer.wait_for_requests(KEYS, 1).await;
        lab.issuer.ail(KEYS, Ill::Well);
    };
    let (results, ()) = tokio::join!(herd, answer);
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(lab.issuer.requests(KEYS), 1);
}

#[tokio::test]
async fn while_one_waits_for_new_keys_the_others_use_the_old() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    validator.validate(&lab.issuer.token()).await.expect("in order");
    lab.advance(300);
    lab.issuer.ail(KEYS, Ill::Silent);
    let token = lab.issuer.token();
    let mut first = pin!(validator.validate(&token));
    assert!(begin(first.as_mut()).is_pending());
    validator.validate(&token).await.expect("it does not wait");
    let answer = async {
        lab.issuer.wait_for_requests(KEYS, 2).await;
        validator.validate(&token).await.expect("nor does this");
        lab.issuer.ail(KEYS, Ill::Well);
    };
    let (result, ()) = tokio::join!(first, answer);
    result.expect("the new keys");
    assert_eq!(lab.issuer.requests(KEYS), 2);
}

#[tokio::test]
async fn a_fetch_that_was_given_up_goes_on_with_the_next() {
    let lab = Lab::new().await;
    let validator = lab.validator();
    let token = lab.issuer.token();
    {
        let mut given_up = pin!(validator.validate(&token));
        assert!(begin(given_up.as_mut()).is_pending());
    }
    validator.validate(&token).await.expect("it is the same fetch");
    assert_eq!(lab.issuer.requests(KEYS), 1);

    // One that was left for too long is begun anew.
    let validator = lab.validator();
    {
        let mut given_up = pin!(validator.validate(&token));
        assert!(begin(given_up.as_mut()).is_pending());
    }
    lab.advance(30);
    validator.validate(&token).await.expect("another fetch");
}
