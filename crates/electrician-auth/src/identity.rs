//! Who somebody is.

use std::fmt;
use std::time::{Duration, SystemTime};

use electrician_tls::PeerIdentity;
use serde_json::{Map, Value};

use crate::time::Time;

/// The longest that the steady clock is trusted with the time of day, which may be set.
const RECHECK: Duration = Duration::from_mins(1);

/// Who somebody is, what they may do, and until when.
#[derive(Clone, PartialEq)]
pub struct Identity {
    proof: Proof,
    subject: Option<String>,
    client_id: Option<String>,
    issuer: Option<String>,
    scopes: Vec<String>,
    expires_at: Option<SystemTime>,
    claims: Map<String, Value>,
}

/// What an identity rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Proof {
    /// Nothing was shown, and nothing is demanded.
    Nothing,
    /// Headers that only those who are meant know.
    Headers,
    /// A client certificate.
    Certificate,
    /// A token with a signature.
    Jwt,
    /// A token that the authorization server says is active.
    Introspection,
    /// A validator of the user's.
    Validator,
}

// === impl Identity ===

impl Identity {
    /// The identity that this proves; nothing more is known yet.
    pub fn new(proof: Proof) -> Self {
        Self {
            proof,
            subject: None,
            client_id: None,
            issuer: None,
            scopes: Vec::new(),
            expires_at: None,
            claims: Map::new(),
        }
    }

    /// The owner of a certificate: its principal is the subject, and its end that of the identity.
    pub fn of_certificate(peer: &PeerIdentity) -> Self {
        let identity = Self::new(Proof::Certificate).with_expiry(peer.expires_at());
        match peer.principal() {
            Some(principal) => identity.with_subject(principal),
            None => identity,
        }
    }

    /// With this subject.
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// With this client.
    #[must_use]
    pub fn with_client_id(mut self, id: impl Into<String>) -> Self {
        self.client_id = Some(id.into());
        self
    }

    /// With these scopes.
    #[must_use]
    pub fn with_scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Valid until then, or shorter if it was so already.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: SystemTime) -> Self {
        self.expires_at = Some(self.expires_at.map_or(expires_at, |own| own.min(expires_at)));
        self
    }

    pub(crate) fn with_issuer(mut self, issuer: Option<String>) -> Self {
        self.issuer = issuer;
        self
    }

    pub(crate) fn with_claims(mut self, claims: Map<String, Value>) -> Self {
        self.claims = claims;
        self
    }

    /// What it rests on.
    pub const fn proof(&self) -> Proof {
        self.proof
    }

    /// Whom it is about: `sub` of a token, the principal of a certificate.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The client that a token was given to: `client_id` or `azp`.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// Who has issued the token: `iss`.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// What it allows.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// Whether it allows this.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|own| own == scope)
    }

    /// When it ends; `None` if it does not say.
    pub const fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// Any other claim of the token, verified with the rest. It is whatever the issuer put there.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.claims.get(name)
    }

    /// Waits until it ends, so that a stream can end with it; for ever, if it does not end.
    /// Cancel-safe.
    ///
    /// The time of day is looked at every minute at least, since it may be set.
    pub async fn expired(&self, time: &Time) {
        let Some(end) = self.expires_at else { return std::future::pending().await };
        while let Ok(rest) = end.duration_since(time.wall()) {
            if rest.is_zero() {
                return;
            }
            time.rest(rest.min(RECHECK)).await;
        }
    }
}

/// Claims may be anything, also what nobody should read in a log: they are not shown.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("proof", &self.proof)
            .field("subject", &self.subject)
            .field("client_id", &self.client_id)
            .field("issuer", &self.issuer)
            .field("scopes", &self.scopes)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
