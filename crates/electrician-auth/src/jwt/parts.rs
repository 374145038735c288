//! A token taken apart.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::AuthError;

/// What is read of a token before anything of it is believed.
pub(super) struct Parts<'a> {
    pub(super) header: Header,
    /// What is signed.
    pub(super) message: &'a [u8],
    pub(super) signature: Vec<u8>,
    claims: &'a str,
}

#[derive(Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) kid: Option<String>,
    pub(super) typ: Option<String>,
    pub(super) crit: Option<Value>,
}

// === impl Parts ===

impl<'a> Parts<'a> {
    pub(super) fn of(token: &'a str, max_bytes: usize) -> Result<Self, AuthError> {
        if token.len() > max_bytes {
            return Err(AuthError::Malformed("it is longer than allowed"));
        }
        let mut dots = token.match_indices('.').map(|(at, _)| at);
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(AuthError::Malformed("it does not have three parts"));
        };
        let header = decode(&token[..first], "its header is no base64")?;
        let header = serde_json::from_slice(&header)
            .map_err(|_| AuthError::Malformed("its header is no JSON header"))?;
        Ok(Self {
            header,
            message: &token.as_bytes()[..second],
            signature: decode(&token[second + 1..], "its signature is no base64")?,
            claims: &token[first + 1..second],
        })
    }

    /// What the token says. To be read once the signature is known to be genuine.
    pub(super) fn claims(&self) -> Result<Map<String, Value>, AuthError> {
        let claims = decode(self.claims, "its claims are no base64")?;
        serde_json::from_slice(&claims)
            .map_err(|_| AuthError::Malformed("its claims are no JSON object"))
    }
}

fn decode(part: &str, problem: &'static str) -> Result<Vec<u8>, AuthError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| AuthError::Malformed(problem))
}
