//! Tokens to show to others.

use std::pin::pin;
use std::time::Duration;

use electrician_auth::{
    AccessToken, AuthErrorKind, Channel, ClientAuth, EnvToken, StaticToken, TokenSource,
};
use electrician_testkit::{Endpoint, Ill};
use electrician_types::Clock;
use futures_util::future::join_all;

use crate::support::{Lab, at, begin, message};

const ASKED: Endpoint = Endpoint::Token;

fn text(token: &AccessToken) -> String {
    token.secret().expose().to_owned()
}

#[tokio::test]
async fn a_token_is_used_until_twenty_seconds_before_its_end() {
    let lab = Lab::new().await;
    let source = lab.credentials().build().unwrap();
    let first = source.token().await.expect("a token");
    assert_eq!(first.expires_at(), Some(at(300)));
    lab.validator().validate(first.secret().expose()).await.expect("it is in order");
    lab.clock.advance(Duration::from_millis(279_999));
    assert_eq!(source.token().await.expect("the same"), first);
    assert_eq!(lab.issuer.requests(ASKED), 1);
    lab.clock.advance(Duration::from_millis(1));
    let second = source.token().await.expect("a new one");
    assert_ne!(text(&second), text(&first));
    assert_eq!(second.expires_at(), Some(at(580)));
    assert_eq!(lab.issuer.requests(ASKED), 2);
}

#[tokio::test]
async fn a_short_life_is_used_for_half() {
    let lab = Lab::new().await;
    let source = lab.credentials().build().unwrap();
    let body = |token: &str| format!(r#"{{"access_token":"{token}","expires_in":10}}"#);
    lab.issuer.ail(ASKED, Ill::Body(body("one")));
    assert_eq!(text(&source.token().await.unwrap()), "one");
    lab.issuer.ail(ASKED, Ill::Body(body("two")));
    lab.advance(4);
    assert_eq!(text(&source.token().await.unwrap()), "one");
    lab.advance(1);
    assert_eq!(text(&source.token().await.unwrap()), "two");
}

#[tokio::test]
async fn what_servers_answer_is_read() {
    let lab = Lab::new().await;
    for (body, ends_after) in [
        (r#"{"access_token":"t"}"#, 60),
        (r#"{"access_token":"t","expires_in":0}"#, 60),
        (r#"{"access_token":"t","expires_in":null,"token_type":"BEARER"}"#, 60),
        (r#"{"access_token":"t","expires_in":"90"}"#, 90),
        (r#"{"access_token":"t","expires_in":1e300}"#, 60),
        (r#"{"access_token":"t","expires_in":99999999999}"#, 31_536_000),
    ] {
        lab.issuer.ail(ASKED, Ill::Body(body.to_owned()));
        let token = lab.credentials().build().unwrap().token().await.expect(body);
        assert_eq!(token.expires_at(), Some(at(ends_after)), "{body}");
    }
    for (body, wanted) in [
        ("token", "the answer is no JSON object of a token"),
        ("{}", "the answer has no access_token"),
        (r#"{"access_token":""}"#, "the answer has no access_token"),
        (r#"{"access_token":"t","token_type":"mac"}"#, "the token_type is not bearer"),
        (r#"{"access_token":"a b"}"#, "the access_token has letters that no header can carry"),
    ] {
        lab.issuer.ail(ASKED, Ill::Body(body.to_owned()));
        let error = message(lab.credentials().build().unwrap().token().await);
        assert!(error.ends_with(wanted), "{error}");
    }
}

#[tokio::test]
async fn a_herd_shares_one_fetch() {
    let lab = Lab::new().await;
    let source = lab.credentials().build().unwrap();
    lab.issuer.ail(ASKED, Ill::Silent);
    let mut herd = pin!(join_all((0..100).map(|_| source.token())));
    assert!(begin(herd.as_mut()).is_pending());
    let answer = async {
        lab.issuer.wait_for_requests(ASKED, 1).await;
        lab.issuer.ail(ASKED, Ill::Well);
    };
    let (tokens, ()) = tokio::join!(herd, answer);
    let tokens: Vec<String> =
        tokens.into_iter().map(|token| text(&token.expect("a token"))).collect();
    assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(lab.issuer.requests(ASKED), 1);
}

#[tokio::test]
async fn while_one_fetches_the_others_use_the_old() {
    let lab = Lab::new().await;
    let source = lab.credentials().build().unwrap();
    let old = source.token().await.expect("a token");
    lab.advance(281);
    lab.issuer.ail(ASKED, Ill::Silent);
    let mut first = pin!(source.token());
    assert!(begin(first.as_mut()).is_pending());
    assert_eq!(source.token().await.expect("at once"), old);
    lab.issuer.ail(ASKED, Ill::Well);
    let new = first.await.expect("a token");
    assert_ne!(new, old);
    assert_eq!(source.token().await.expect("at once"), new);
}

#[tokio::test]
async fn a_valid_token_serves_through_an_outage_until_its_end() {
    let lab = Lab::new().await;
    let source = lab.credentials().build().unwrap();
    let old = source.token().await.expect("a token");
    lab.issuer.ail(ASKED, Ill::Status(500));
    lab.advance(280);
    for _ in 0..10 {
        assert_eq!(source.token().await.expect("it is still valid"), old);
    }
    assert_eq!(lab.issuer.requests(ASKED), 2, "and the server is left alone");
    lab.advance(20);
    let fetched = async {
        // Two waits between three attempts.
        for attempt in 3..5 {
            lab.issuer.wait_for_requests(ASKED, attempt).await;
            next_attempt(&lab).await;
        }
    };
    let (result, ()) = tokio::join!(source.token(), fetched);
    let error = message(result);
    assert!(error.ends_with("/api/auth/oauth/token: no token: status 500"), "{error}");
    assert_eq!(lab.issuer.requests(ASKED), 5);
}

/// Lets the wait between two attempts pass, once it is there: it is much shorter than any timeout.
async fn next_attempt(lab: &Lab) {
    loop {
        lab.clock.wait_for_timers(1).await;
        let wait =
            lab.clock.next_deadline().map(|at| at.saturating_duration_since(lab.clock.now()));
        if wait.is_some_and(|wait| wait < Duration::from_secs(8)) {
            lab.clock.advance_to_next();
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_fails_is_tried_again_with_growing_waits() {
    let lab = Lab::new().await;
    let source = lab.credentials().with_attempts(4).build().unwrap();
    lab.issuer.ail(ASKED, Ill::Status(503));
    let mut waits = Vec::new();
    let passing = async {
        for attempt in 1..4 {
            lab.issuer.wait_for_requests(ASKED, attempt).await;
            let before = lab.clock.elapsed();
            next_attempt(&lab).await;
            waits.push(lab.clock.elapsed().abs_diff(before));
            if attempt == 3 {
                lab.issuer.ail(ASKED, Ill::Well);
            }
        }
    };
    let (token, ()) = tokio::join!(source.token(), passing);
    token.expect("the fourth attempt");
    for (wait, full) in waits.iter().zip([200, 400, 800]) {
        let full = Duration::from_millis(full);
        assert!(*wait >= full / 2 && *wait <= full, "{wait:?} of {full:?}");
    }
}

#[tokio::test]
async fn what_is_refused_for_good_is_not_tried_again_and_tells_no_secret() {
    let lab = Lab::new().await;
    let source = lab.credentials_of("me", "hush-hush").build().unwrap();
    let error = source.token().await.expect_err("a wrong secret");
    assert_eq!(error.kind(), AuthErrorKind::NoToken);
    let error = error.to_string();
    assert!(error.ends_with(r#"no token: status 401, "invalid_client""#), "{error}");
    assert!(!format!("{source:?} {error}").contains("hush"));
    // The server is left alone.
    assert_eq!(message(source.token().await), error);
    assert_eq!(lab.issuer.requests(ASKED), 1);
}

#[tokio::test]
async fn what_the_server_echoes_is_not_told() {
    let lab = Lab::new().await;
    let body = r#"{"error":"local-secret is WRONG","error_description":"local-secret"}"#;
    for (ill, wanted) in [
        (Ill::Refusal(400, body.to_owned()), "no token: status 400"),
        (Ill::Refusal(401, "local-secret".to_owned()), "no token: status 401"),
        (Ill::Redirect(lab.issuer.jwks_url()), "no token: status 307"),
    ] {
        lab.issuer.ail(ASKED, ill);
        let error = message(lab.credentials().build().unwrap().token().await);
        assert!(error.ends_with(wanted), "{error}");
    }
    assert_eq!(lab.issuer.requests(Endpoint::Jwks), 0, "redirections are not followed");
}

#[tokio::test]
async fn a_token_that_was_refused_is_not_given_again() {
    let lab = Lab::new().await;
    let source = lab.credentials().build().unwrap();
    let first = source.token().await.expect("a token");
    source.refuse(&first);
    let second = source.token().await.expect("another");
    assert_ne!(first, second);
    source.refuse(&first);
    assert_eq!(source.token().await.expect("the same"), second, "that one is gone already");
    assert_eq!(lab.issuer.requests(ASKED), 2);
}

#[tokio::test]
async fn the_request_is_as_the_standard_says() {
    let lab = Lab::new().await;
    let source =
        lab.credentials().with_scopes(["a", "b:c"]).with_audience("your api").build().unwrap();
    source.token().await.expect("a token");
    let (authorization, form) = lab.issuer.last_request(ASKED).expect("it was asked");
    assert_eq!(authorization.as_deref(), Some("Basic c3RlZXplLWxvY2FsLWNsaTpsb2NhbC1zZWNyZXQ="));
    assert_eq!(form, "grant_type=client_credentials&scope=a+b%3Ac&audience=your+api");

    let source = lab.credentials().with_client_auth(ClientAuth::Post).build().unwrap();
    source.token().await.expect("a token");
    let (authorization, form) = lab.issuer.last_request(ASKED).expect("it was asked");
    assert_eq!(authorization, None);
    assert_eq!(
        form,
        "grant_type=client_credentials&client_id=steeze-local-cli&client_secret=local-secret"
    );
    // Both parts are encoded before they are joined: a colon in one is none between them.
    let source = lab.credentials_of("a:b", "c d/ü").build().unwrap();
    message(source.token().await);
    let (authorization, _) = lab.issuer.last_request(ASKED).expect("it was asked");
    assert_eq!(authorization.as_deref(), Some("Basic YSUzQWI6YytkJTJGJUMzJUJD"));
}

#[tokio::test]
async fn a_token_is_not_sent_where_others_can_read_it() {
    let token = StaticToken::new("hush").unwrap().token().await.unwrap();
    let error = token.authorization(Channel::Plaintext).expect_err("others can read it");
    assert_eq!(error.to_string(), "a token is not sent without TLS");
    for channel in [Channel::Encrypted, Channel::DangerousPlaintext] {
        let header = token.authorization(channel).expect("told");
        assert_eq!(header, "Bearer hush");
        assert!(header.is_sensitive());
        assert!(!format!("{header:?}").contains("hush"));
    }
}

#[tokio::test]
async fn a_variable_is_read_each_time() {
    let source = EnvToken::new("ELECTRICIAN_NO_SUCH_TOKEN").unwrap();
    let error = message(source.token().await);
    assert_eq!(error, "the environment variable ELECTRICIAN_NO_SUCH_TOKEN has no token");
    // Cargo sets this one.
    let source = EnvToken::new("CARGO_PKG_NAME").unwrap();
    assert_eq!(text(&source.token().await.expect("it is set")), "electrician-auth");
    assert!(EnvToken::new("").is_err() && EnvToken::new("A=B").is_err());
}
