//! Tokens that the issuer is asked about.

use std::pin::pin;
use std::time::Duration;

use electrician_auth::{AuthErrorKind, IntrospectionAuth, Introspector, Proof};
use electrician_testkit::{DevIssuer, Endpoint, Ill};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Lab, START, at, begin, changed, message};

const ASKED: Endpoint = Endpoint::Introspection;
const TOKEN: &str = DevIssuer::OPAQUE_TOKEN;

/// Makes the issuer say this of the token, beside what it says of good ones.
fn tell(lab: &Lab, token: &str, changes: &Value) {
    let mut claims = lab.issuer.claims();
    claims.insert("active".to_owned(), true.into());
    lab.issuer.tell(token, Value::Object(changed(claims, changes)));
}

fn plain(lab: &Lab) -> Introspector {
    lab.introspector().build().expect("an introspector")
}

#[tokio::test]
async fn an_active_token_has_an_identity() {
    let lab = Lab::new().await;
    let identity = plain(&lab).validate(TOKEN).await.expect("it is active");
    assert_eq!(identity.proof(), Proof::Introspection);
    assert_eq!(identity.subject(), Some(DevIssuer::CLIENT_ID));
    assert_eq!(identity.scopes(), ["write:data"]);
    assert_eq!(identity.expires_at(), Some(at(300)));
    assert_eq!(message(plain(&lab).validate("no-token").await), "token inactive");
}

#[tokio::test]
async fn an_answer_is_remembered_for_thirty_seconds() {
    let lab = Lab::new().await;
    let introspector = plain(&lab);
    for _ in 0..3 {
        introspector.validate(TOKEN).await.expect("active");
    }
    lab.issuer.revoke(TOKEN);
    lab.advance(29);
    introspector.validate(TOKEN).await.expect("nobody was asked");
    assert_eq!(lab.issuer.requests(ASKED), 1);
    lab.advance(1);
    assert_eq!(message(introspector.validate(TOKEN).await), "token inactive");
    assert_eq!(lab.issuer.requests(ASKED), 2);
    // What was refused is remembered for 5 s.
    tell(&lab, TOKEN, &json!({}));
    lab.advance(4);
    assert_eq!(message(introspector.validate(TOKEN).await), "token inactive");
    lab.advance(1);
    introspector.validate(TOKEN).await.expect("active again");
    assert_eq!(lab.issuer.requests(ASKED), 3);
}

#[tokio::test]
async fn an_answer_is_not_remembered_beyond_the_end_of_the_token() {
    let lab = Lab::new().await;
    let introspector = lab.introspector().with_leeway(Duration::ZERO).build().unwrap();
    tell(&lab, TOKEN, &json!({ "exp": START + 10 }));
    introspector.validate(TOKEN).await.expect("active");
    lab.advance(9);
    introspector.validate(TOKEN).await.expect("active");
    assert_eq!(lab.issuer.requests(ASKED), 1);
    lab.advance(1);
    assert_eq!(message(introspector.validate(TOKEN).await), "token expired");
    assert_eq!(lab.issuer.requests(ASKED), 2);
}

#[tokio::test]
async fn what_is_demanded_is_demanded_of_answers() {
    let lab = Lab::new().await;
    let introspector = lab
        .introspector()
        .with_issuer("auth-service")
        .with_audience("your-api")
        .with_scopes(["write:data"])
        .build()
        .unwrap();
    for (name, changes, wanted) in [
        ("a", json!({}), ""),
        ("b", json!({ "iss": "another" }), "issuer mismatch"),
        ("c", json!({ "iss": null }), "issuer mismatch"),
        ("d", json!({ "aud": "another" }), "audience mismatch"),
        ("e", json!({ "scope": "read:data" }), r#"insufficient scope: "write:data" is missing"#),
        ("f", json!({ "exp": START - 5 }), "token expired"),
        ("g", json!({ "nbf": START + 6 }), "token not yet valid"),
        ("h", json!({ "exp": null }), ""),
        ("i", json!({ "active": false }), "token inactive"),
    ] {
        tell(&lab, name, &changes);
        let said = introspector
            .validate(name)
            .await
            .map_or_else(|error| error.to_string(), |_| String::new());
        assert_eq!(said, wanted, "{changes}");
    }
}

#[tokio::test]
async fn it_proves_who_asks_in_every_way() {
    let lab = Lab::new().await;
    let (id, secret) = (DevIssuer::CLIENT_ID, DevIssuer::CLIENT_SECRET);
    for (auth, header) in [
        (IntrospectionAuth::basic(id, secret), Some("Basic ")),
        (IntrospectionAuth::post(id, secret), None),
        (IntrospectionAuth::bearer(DevIssuer::INTROSPECTION_BEARER), Some("Bearer ")),
    ] {
        let introspector = lab.introspector_as(auth).build().unwrap();
        introspector.validate("token & more=1").await.expect_err("inactive");
        let (authorization, form) = lab.issuer.last_request(ASKED).expect("it was asked");
        assert!(form.starts_with("token=token+%26+more%3D1"), "{form}");
        assert_eq!(form.contains("client_secret=local-secret"), header.is_none());
        match header {
            Some(header) => assert!(authorization.expect("a header").starts_with(header)),
            None => assert_eq!(authorization, None),
        }
    }
    let introspector = lab.introspector_as(IntrospectionAuth::Nothing).build().unwrap();
    let error = message(introspector.validate(TOKEN).await);
    assert!(error.ends_with("introspection 401: it does not accept who asks"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_busy_blocks_nobody_who_is_known() {
    let lab = Lab::new().await;
    let introspector = plain(&lab);
    introspector.validate(TOKEN).await.expect("active");
    lab.issuer.ail(ASKED, Ill::Status(429));
    let error = introspector.validate("new").await.expect_err("the server is busy");
    assert_eq!(error.kind(), AuthErrorKind::Unavailable);
    assert!(error.to_string().ends_with("introspection 429"), "{error}");
    let error = message(introspector.validate("newer").await);
    assert_eq!(error, "auth server backoff in effect: try again in 500ms");
    assert_eq!(lab.issuer.requests(ASKED), 2);
    introspector.validate(TOKEN).await.expect("it is known");

    lab.issuer.ail(ASKED, Ill::Well);
    lab.clock.advance(Duration::from_millis(500));
    assert_eq!(message(introspector.validate("new").await), "token inactive", "it was asked");
}

#[tokio::test]
async fn failures_make_the_waits_longer() {
    let lab = Lab::new().await;
    let introspector = plain(&lab);
    lab.issuer.ail(ASKED, Ill::Status(502));
    for (asked, wait) in [500, 1_000, 2_000, 4_000, 5_000, 5_000].into_iter().enumerate() {
        message(introspector.validate("new").await);
        assert_eq!(lab.issuer.requests(ASKED), asked + 1);
        let error = message(introspector.validate("new").await);
        let wait = Duration::from_millis(wait);
        assert_eq!(error, format!("auth server backoff in effect: try again in {wait:?}"));
        lab.clock.advance(wait);
    }
    lab.issuer.ail(ASKED, Ill::RetryAfter(503, 60));
    message(introspector.validate("new").await);
    let error = message(introspector.validate("new").await);
    assert_eq!(error, "auth server backoff in effect: try again in 60s");
}

#[tokio::test]
async fn a_herd_shares_one_request() {
    let lab = Lab::new().await;
    let introspector = plain(&lab);
    lab.issuer.ail(ASKED, Ill::Silent);
    let mut herd = pin!(join_all((0..100).map(|_| introspector.validate(TOKEN))));
    assert!(begin(herd.as_mut()).is_pending());
    let answer = async {
        lab.issuer.wait_for_requests(ASKED, 1).await;
        lab.issuer.ail(ASKED, Ill::Well);
    };
    let (results, ()) = tokio::join!(herd, answer);
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(lab.issuer.requests(ASKED), 1);
}

#[tokio::test]
async fn answers_have_a_bound_and_the_bad_do_not_push_out_the_good() {
    let lab = Lab::new().await;
    let introspector = lab.introspector().with_max_answers(2).build().unwrap();
    for token in ["a", "b"] {
        tell(&lab, token, &json!({}));
        introspector.validate(token).await.expect("active");
    }
    for number in 0..20 {
        message(introspector.validate(&format!("made up {number}")).await);
    }
    let asked = lab.issuer.requests(ASKED);
    introspector.validate("a").await.expect("known");
    introspector.validate("b").await.expect("known");
    assert_eq!(lab.issuer.requests(ASKED), asked);
    // A third good one takes the place of the one that was not used for longest.
    tell(&lab, "c", &json!({}));
    introspector.validate("c").await.expect("active");
    introspector.validate("b").await.expect("known");
    assert_eq!(lab.issuer.requests(ASKED), asked + 1);
    introspector.validate("a").await.expect("asked again");
    assert_eq!(lab.issuer.requests(ASKED), asked + 2);
}

#[tokio::test]
async fn requests_have_a_bound() {
    let lab = Lab::new().await;
    let introspector = lab.introspector().with_max_requests(2).build().unwrap();
    lab.issuer.ail(ASKED, Ill::Silent);
    let mut first = pin!(introspector.validate("a"));
    let mut second = pin!(introspector.validate("b"));
    assert!(begin(first.as_mut()).is_pending() && begin(second.as_mut()).is_pending());
    let error = message(introspector.validate("c").await);
    assert!(error.starts_with("auth server backoff in effect"), "{error}");
    lab.issuer.ail(ASKED, Ill::Well);
    assert_eq!(message(first.await), "token inactive");
    assert_eq!(message(second.await), "token inactive");
    assert_eq!(message(introspector.validate("c").await), "token inactive");
}

#[tokio::test]
async fn requests_that_nobody_waits_for_make_room() {
    let lab = Lab::new().await;
    let introspector = lab.introspector().with_max_requests(2).build().unwrap();
    for token in ["a", "b"] {
        let mut given_up = Box::pin(introspector.validate(token));
        assert!(begin(given_up.as_mut()).is_pending());
    }
    assert_eq!(message(introspector.validate("c").await), "token inactive");
}

#[tokio::test]
async fn answers_that_cannot_be_used_say_so() {
    let lab = Lab::new().await;
    for (ill, wanted) in [
        (Ill::Body("yes".to_owned()), "introspection: the answer is no JSON object"),
        (Ill::Body("{}".to_owned()), "does not say whether the token is active"),
        (Ill::Body(r#"{"active":"true"}"#.to_owned()), "does not say whether the token is active"),
        (Ill::Body(r#"{"active":1}"#.to_owned()), "does not say whether the token is active"),
        (Ill::Huge((64 << 10) + 1), "the answer is longer than 65536 bytes"),
        (Ill::Redirect(lab.issuer.jwks_url()), "introspection 307"),
    ] {
        lab.issuer.ail(ASKED, ill);
        let error = plain(&lab).validate(TOKEN).await.expect_err("no answer");
        assert_eq!(error.kind(), AuthErrorKind::Unavailable);
        assert!(error.to_string().ends_with(wanted), "{error}");
    }
}

#[tokio::test]
async fn an_answer_is_waited_for_eight_seconds() {
    let lab = Lab::new().await;
    let introspector = plain(&lab);
    lab.issuer.ail(ASKED, Ill::Silent);
    let passing = async {
        lab.issuer.wait_for_requests(ASKED, 1).await;
        lab.advance(8);
    };
    let (result, ()) = tokio::join!(introspector.validate(TOKEN), passing);
    let error = message(result);
    assert!(error.ends_with("no answer within 8s"), "{error}");
}
