//! Tokens of OAUTHBEARER.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use electrician_kafka::Token;

use super::*;

/// Good for a minute.
pub(super) fn bearer(user: &'static str) -> Sasl {
    Sasl::oauth_bearer(move || Ok(unsigned(user, Duration::from_mins(1))))
}

/// One that the broker finds out of date, while it says to the client that it is not.
pub(super) fn expired(user: &'static str) -> Sasl {
    Sasl::oauth_bearer(move || {
        let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        Ok(Token::new(text(user, long_ago), user, Duration::from_mins(1)))
    })
}

pub(super) fn unsigned(user: &str, lifetime: Duration) -> Token {
    let until = SystemTime::now() + lifetime;
    Token::until(text(user, until), user, until)
}

/// A token that nobody has signed, which the broker of the tests takes all the same.
fn text(user: &str, until: SystemTime) -> String {
    let seconds = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let issued = seconds(until) - 60;
    let claims = format!(r#"{{"sub":"{user}","iat":{issued},"exp":{}}}"#, seconds(until));
    format!("{}.{}.", base64(br#"{"alg":"none"}"#), base64(claims.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - three.len()));
        for at in 0..=three.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * at) & 63) as usize]));
        }
    }
    text
}

#[tokio::test]
async fn a_function_that_gives_no_token_is_told_with_its_reason() {
    let Some(secured) = Secured::new() else { return };
    let empty = Sasl::oauth_bearer(|| Ok(Token::new("", "alice", Duration::from_mins(1))));
    let cases = [
        (Sasl::oauth_bearer(|| Err("the issuer is closed".into())), "the issuer is closed"),
        (Sasl::oauth_bearer(|| panic!("no issuer")), "panicked"),
        (empty, "the token is empty"),
    ];
    for (sasl, words) in cases {
        let error = refusal(&secured.user(sasl), &secured).await;
        assert_says(&error, ErrorKind::Denied, &["token", words]);
    }
}

#[tokio::test]
async fn each_check_asks_for_a_token_of_its_own() {
    let Some(secured) = Secured::new() else { return };
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let connection = secured.user(Sasl::oauth_bearer(move || {
        count.fetch_add(1, Ordering::Relaxed);
        Ok(unsigned("alice", Duration::from_mins(1)))
    }));
    assert_eq!(asked.load(Ordering::Relaxed), 0, "nobody needs one yet");
    connection.check().await.unwrap();
    connection.check().await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}
