//! Tokens that carry their own proof.

mod builder;
mod parts;

use std::fmt;
use std::sync::Arc;

use electrician_types::ConfigError;
use serde_json::Value;

pub use builder::JwtValidatorBuilder;

use crate::algorithm::Algorithm;
use crate::claims::Demands;
use crate::error::AuthError;
use crate::identity::{Identity, Proof};
use crate::jwks::Jwks;
use crate::keys::{Found, KeySet, VerifyingKey};
use crate::problem::refuse;
use crate::secret::Secret;
use crate::time::Time;
use parts::Parts;

/// A shorter secret can be guessed: RFC 7518 demands as many bytes as the hash has.
const MIN_SECRET: usize = 32;

/// Where the keys are that tokens are signed with.
#[derive(Clone, Debug)]
pub struct JwtKeys(Source);

#[derive(Clone, Debug)]
enum Source {
    Published(Jwks),
    Fixed(Arc<KeySet>),
    Secret(Arc<KeySet>),
}

/// Validates JSON Web Tokens (RFC 7519) that are signed (RFC 7515).
///
/// A token must be signed with one of the accepted algorithms, by the key that it names, and that
/// key must be for this algorithm: its type, its curve, and `alg`, `use` and `key_ops`, where it has
/// them. It must have the wanted issuer, audience and scopes, and its time must be now. Keys that a
/// token brings along or points to are never looked at.
///
/// Clones share the keys.
#[derive(Clone)]
pub struct JwtValidator {
    shared: Arc<Shared>,
}

struct Shared {
    keys: JwtKeys,
    algorithms: Vec<Algorithm>,
    types: Vec<String>,
    max_bytes: usize,
    demands: Demands,
    time: Time,
}

// === impl JwtKeys ===

impl JwtKeys {
    /// The keys of a JSON Web Key Set (RFC 7517), given as text. Each must be fit for use.
    pub fn fixed(jwks: &str) -> Result<Self, ConfigError> {
        let json: Value = serde_json::from_str(jwks)
            .map_err(|error| refuse(format!("the keys are no JSON: {error}")))?;
        let (set, left_out) =
            KeySet::read(&json).map_err(|problem| refuse(format!("the keys: {problem}")))?;
        ConfigError::check(left_out)?;
        if set.is_empty() {
            return Err(refuse("a set of no keys verifies nothing: give at least one"));
        }
        Ok(Self(Source::Fixed(Arc::new(set))))
    }

    /// A secret that issuer and validator share, of at least 32 bytes, for `HS256` alone. Whoever
    /// can validate can issue as well: prefer keys with two halves.
    pub fn shared_secret(secret: &Secret) -> Result<Self, ConfigError> {
        let bytes = secret.expose().as_bytes();
        if bytes.len() < MIN_SECRET {
            return Err(refuse(format!(
                "a secret of {} bytes can be guessed: give at least {MIN_SECRET}",
                bytes.len()
            )));
        }
        let set = KeySet::of(VerifyingKey::secret(bytes));
        Ok(Self(Source::Secret(Arc::new(set))))
    }

    const fn is_secret(&self) -> bool {
        matches!(self.0, Source::Secret(_))
    }
}

impl From<Jwks> for JwtKeys {
    fn from(jwks: Jwks) -> Self {
        Self(Source::Published(jwks))
    }
}

// === impl JwtValidator ===

impl JwtValidator {
    /// A validator with these keys. An issuer and an audience are to be named.
    pub fn builder(keys: impl Into<JwtKeys>) -> JwtValidatorBuilder {
        JwtValidatorBuilder::new(keys.into())
    }

    /// Whose token this is, if it is in order.
    ///
    /// It waits only when keys must be fetched. Cancel-safe: a fetch that is under way goes on with
    /// the next who waits for it.
    pub async fn validate(&self, token: &str) -> Result<Identity, AuthError> {
        let parts = Parts::of(token, self.shared.max_bytes)?;
        self.shared.check_header(&parts)?;
        let algorithm = self.shared.algorithm(&parts.header.alg)?;
        let id = parts.header.kid.as_deref();
        let is_genuine = |found: Found<'_>| match found {
            Found::Key(key) => Ok(key.verifies(algorithm, parts.message, &parts.signature)),
            Found::NotFor => Err(AuthError::KeyMismatch(parts.header.alg.clone())),
            Found::Nothing => Err(match id {
                Some(id) => AuthError::UnknownKey(id.to_owned()),
                None => AuthError::UnnamedKey,
            }),
        };
        let is_genuine = match &self.shared.keys.0 {
            // A secret has no name, whatever tokens call it.
            Source::Secret(set) => is_genuine(set.find(None, algorithm)),
            Source::Fixed(set) => is_genuine(set.find(id, algorithm)),
            Source::Published(jwks) => {
                let set = jwks.keys_for(id, algorithm).await?;
                is_genuine(set.find(id, algorithm))
            }
        }?;
        if !is_genuine {
            return Err(AuthError::BadSignature);
        }
        let claims = parts.claims()?;
        self.shared.demands.check(Proof::Jwt, claims, self.shared.time.unix())
    }
}

impl fmt::Debug for JwtValidator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtValidator")
            .field("keys", &self.shared.keys)
            .field("algorithms", &self.shared.algorithms)
            .field("demands", &self.shared.demands)
            .finish_non_exhaustive()
    }
}

// === impl Shared ===

impl Shared {
    fn algorithm(&self, name: &str) -> Result<Algorithm, AuthError> {
        Algorithm::named(name)
            .filter(|algorithm| self.algorithms.contains(algorithm))
            .ok_or_else(|| AuthError::UnsupportedAlgorithm(name.to_owned()))
    }

    fn check_header(&self, parts: &Parts<'_>) -> Result<(), AuthError> {
        // None is understood here, and who demands that one is must not be ignored (RFC 7515, 4.1.11).
        if parts.header.crit.is_some() {
            return Err(AuthError::CriticalExtension);
        }
        let Some(kind) = &parts.header.typ else { return Ok(()) };
        let bare = kind.strip_prefix("application/").unwrap_or(kind);
        if self.types.iter().any(|accepted| accepted.eq_ignore_ascii_case(bare)) {
            return Ok(());
        }
        Err(AuthError::UnsupportedType(kind.clone()))
    }
}
