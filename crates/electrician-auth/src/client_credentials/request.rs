//! Asking for a token.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::Value;

use crate::error::AuthError;
use crate::http::{Http, Reply, form};
use crate::secret::Secret;
use crate::shown::shown;

/// A token is given for so long if the server does not say.
const DEFAULT_LIFETIME: Duration = Duration::from_mins(1);

/// The longest that a token is kept, whatever the server says.
const MAX_LIFETIME: Duration = Duration::from_hours(24 * 365);

/// The first wait between attempts; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// The longest wait between attempts.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// What a request needs.
pub(super) struct Asking {
    pub(super) http: Http,
    pub(super) authorization: Option<HeaderValue>,
    pub(super) form: Vec<(&'static str, Secret)>,
}

/// What came of it.
pub(super) type Given = Result<Lease, AuthError>;

/// A token that was given.
#[derive(Clone, Debug)]
pub(super) struct Lease {
    pub(super) secret: Secret,
    pub(super) lifetime: Duration,
    /// When it was asked for: its life may have begun then.
    pub(super) since: Instant,
}

/// Why there is no token, and whether asking again may help.
struct Refusal {
    reason: String,
    is_final: bool,
    retry_after: Option<Duration>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    token_type: Option<String>,
    expires_in: Option<Value>,
}

#[derive(Deserialize)]
struct OAuthError {
    error: Option<String>,
}

// === impl Asking ===

impl Asking {
    /// Asks, so many times at most.
    pub(super) async fn ask(&self, attempts: u32) -> Given {
        let mut wait = FIRST_WAIT;
        let mut attempt = 1;
        loop {
            let since = self.http.time().now();
            let refusal = match self.ask_once(since).await {
                Ok(lease) => return Ok(lease),
                Err(refusal) => refusal,
            };
            if refusal.is_final || attempt >= attempts {
                let endpoint = Arc::clone(self.http.endpoint().name());
                return Err(AuthError::NoToken { endpoint, reason: refusal.reason });
            }
            // Between half of it and all of it, so that many clients do not come back at once.
            let jittered = wait.mul_f64(0.5 + 0.5 * fastrand::f64());
            let asked = refusal.retry_after.unwrap_or_default().min(MAX_WAIT);
            self.http.time().rest(jittered.max(asked)).await;
            wait = (wait * 2).min(MAX_WAIT);
            attempt += 1;
        }
    }

    async fn ask_once(&self, since: Instant) -> Result<Lease, Refusal> {
        let form = form(("grant_type", "client_credentials"), &self.form);
        let reply = self.http.post(form, self.authorization.clone()).await;
        let reply =
            reply.map_err(|reason| Refusal { reason, is_final: false, retry_after: None })?;
        if !reply.status.is_success() {
            return Err(refused(&reply));
        }
        let (secret, lifetime) = token(&reply).map_err(|reason| Refusal {
            reason,
            is_final: true,
            retry_after: None,
        })?;
        Ok(Lease { secret, lifetime, since })
    }
}

/// The code of the error is told (RFC 6749, 5.2); its description may be anything.
fn refused(reply: &Reply) -> Refusal {
    let status = reply.status.as_u16();
    let code = serde_json::from_slice::<OAuthError>(&reply.body).ok().and_then(|body| body.error);
    let reason = match code.filter(|code| is_code(code)) {
        Some(code) => format!("status {status}, {}", shown(&code)),
        None => format!("status {status}"),
    };
    let is_final = reply.status.is_client_error()
        && !matches!(reply.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
        || reply.status.is_redirection();
    Refusal { reason, is_final, retry_after: reply.retry_after }
}

/// Whether it looks like a code, and not like something that was sent back.
fn is_code(text: &str) -> bool {
    text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn token(reply: &Reply) -> Result<(Secret, Duration), String> {
    let answer: Answer = serde_json::from_slice(&reply.body)
        .map_err(|_| "the answer is no JSON object of a token".to_owned())?;
    let token = answer.access_token.filter(|token| !token.is_empty());
    let token = token.ok_or("the answer has no access_token")?;
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the access_token has letters that no header can carry".to_owned());
    }
    // Some leave it out, though RFC 6749 demands it.
    if answer.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err("the token_type is not bearer".to_owned());
    }
    let seconds = match &answer.expires_in {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_f64(),
    };
    let given = seconds.filter(|seconds: &f64| *seconds > 0.0);
    let lifetime = given.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Ok((Secret::new(token), lifetime.unwrap_or(DEFAULT_LIFETIME).min(MAX_LIFETIME)))
}
