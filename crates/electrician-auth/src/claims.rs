//! What a token says, and what it must say.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use crate::error::AuthError;
use crate::identity::{Identity, Proof};
use crate::problem::Problems;

/// The end of the year 9999: later ends than this are this.
const LATEST: f64 = 253_402_300_799.0;

/// What is demanded of a token, wherever its claims come from.
#[derive(Clone, Debug)]
pub(crate) struct Demands {
    /// Any of them; `None`: whoever.
    pub(crate) issuers: Option<Vec<String>>,
    /// Any of them; `None`: whomever it is for.
    pub(crate) audiences: Option<Vec<String>>,
    /// All of them.
    pub(crate) scopes: Vec<String>,
    pub(crate) leeway: Duration,
    pub(crate) needs_expiry: bool,
}

// === impl Demands ===

impl Demands {
    /// Whether the claims are enough at `now`, seconds since the epoch; and whose they are.
    pub(crate) fn check(
        &self,
        proof: Proof,
        claims: Map<String, Value>,
        now: f64,
    ) -> Result<Identity, AuthError> {
        let leeway = self.leeway.as_secs_f64();
        let expiry = moment(&claims, "exp", "exp is no time")?;
        match expiry {
            // RFC 7519: on or after the time it must not be accepted.
            Some(expiry) if now >= expiry + leeway => return Err(AuthError::Expired),
            None if self.needs_expiry => return Err(AuthError::MissingClaim("exp")),
            _ => {}
        }
        if moment(&claims, "nbf", "nbf is no time")?.is_some_and(|start| now + leeway < start) {
            return Err(AuthError::NotYetValid);
        }
        let issuer = text(&claims, "iss");
        if let Some(issuers) = &self.issuers
            && !issuer.as_ref().is_some_and(|issuer| issuers.contains(issuer))
        {
            return Err(AuthError::IssuerMismatch);
        }
        if let Some(wanted) = &self.audiences
            && !strings(claims.get("aud"), false).iter().any(|own| wanted.contains(own))
        {
            return Err(AuthError::AudienceMismatch);
        }
        let scopes = scopes(&claims);
        if let Some(missing) = self.scopes.iter().find(|scope| !scopes.contains(scope)) {
            return Err(AuthError::InsufficientScope(missing.clone()));
        }
        let mut identity = Identity::new(proof).with_scopes(scopes).with_issuer(issuer);
        if let Some(subject) = text(&claims, "sub") {
            identity = identity.with_subject(subject);
        }
        if let Some(client) = text(&claims, "client_id").or_else(|| text(&claims, "azp")) {
            identity = identity.with_client_id(client);
        }
        if let Some(expiry) = expiry {
            identity = identity.with_expiry(system_time(expiry));
        }
        Ok(identity.with_claims(claims))
    }

    /// What cannot be demanded.
    pub(crate) fn problems(&self) -> Problems {
        let lists = [("issuer", self.issuers.as_ref()), ("audience", self.audiences.as_ref())];
        let mut problems = Problems::new();
        for (what, list) in lists {
            if list.is_some_and(|list| list.is_empty() || list.iter().any(String::is_empty)) {
                problems.push(format!("an empty {what} fits no token: give its name"));
            }
        }
        for scope in &self.scopes {
            if scope.is_empty() || scope.contains(char::is_whitespace) {
                problems.push(format!("the scope {scope:?} is no single word: give each its own"));
            }
        }
        if self.leeway > Duration::from_mins(10) {
            let leeway = self.leeway;
            problems
                .push(format!("a leeway of {leeway:?} lets old tokens live: give 10 min at most"));
        }
        problems
    }
}

pub(crate) fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    claims.get(name)?.as_str().map(str::to_owned)
}

/// A time in seconds since the epoch, which may have a fraction (RFC 7519, `NumericDate`).
fn moment(
    claims: &Map<String, Value>,
    name: &str,
    problem: &'static str,
) -> Result<Option<f64>, AuthError> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64() {
            Some(seconds) if seconds >= 0.0 => Ok(Some(seconds.min(LATEST))),
            _ => Err(AuthError::Malformed(problem)),
        },
    }
}

fn system_time(seconds: f64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs_f64(seconds)
}

/// The first of the claims that names any: issuers do not agree on the name, nor on whether it is a
/// text or a list.
fn scopes(claims: &Map<String, Value>) -> Vec<String> {
    let named = ["scope", "scp", "scopes"].into_iter().map(|name| strings(claims.get(name), true));
    named.into_iter().find(|scopes| !scopes.is_empty()).unwrap_or_default()
}

/// The strings of a text or a list; a text may hold several words.
fn strings(value: Option<&Value>, splits: bool) -> Vec<String> {
    match value {
        Some(Value::String(text)) if splits => text.split_whitespace().map(str::to_owned).collect(),
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(all)) => {
            all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}
