//! What the authorization server said.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value};

use crate::claims::Demands;
use crate::error::AuthError;
use crate::http::Reply;
use crate::identity::{Identity, Proof};

/// What came of a request.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) result: Result<Arc<Identity>, AuthError>,
    /// Whether the server answered, be it that the token is no good.
    pub(super) is_answer: bool,
    pub(super) retry_after: Option<Duration>,
}

pub(super) fn read(
    endpoint: &Arc<str>,
    reply: Result<Reply, String>,
    demands: &Demands,
    now: f64,
) -> Answer {
    let retry_after = reply.as_ref().ok().and_then(|reply| reply.retry_after);
    match reply.and_then(|reply| claims(&reply)) {
        Ok(claims) => {
            let result = check(claims, demands, now).map(Arc::new);
            Answer { result, is_answer: true, retry_after: None }
        }
        Err(reason) => {
            let error = AuthError::Unavailable { endpoint: Arc::clone(endpoint), reason };
            Answer { result: Err(error), is_answer: false, retry_after }
        }
    }
}

fn claims(reply: &Reply) -> Result<Map<String, Value>, String> {
    match reply.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            return Err(format!(
                "introspection {}: it does not accept who asks",
                reply.status.as_u16()
            ));
        }
        status if !status.is_success() => return Err(format!("introspection {}", status.as_u16())),
        _ => {}
    }
    let claims: Map<String, Value> = serde_json::from_slice(&reply.body)
        .map_err(|_| "introspection: the answer is no JSON object".to_owned())?;
    if claims.get("active").is_none_or(|active| !active.is_boolean()) {
        return Err("introspection: the answer does not say whether the token is active".to_owned());
    }
    Ok(claims)
}

fn check(claims: Map<String, Value>, demands: &Demands, now: f64) -> Result<Identity, AuthError> {
    if claims.get("active") != Some(&Value::Bool(true)) {
        return Err(AuthError::Inactive);
    }
    demands.check(Proof::Introspection, claims, now)
}
