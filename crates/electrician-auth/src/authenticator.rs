//! All that is demanded of those who come.

mod builder;

use std::fmt;
use std::sync::Arc;

pub use builder::AuthenticatorBuilder;

use crate::error::AuthError;
use crate::identity::{Identity, Proof};
use crate::introspection::Introspector;
use crate::jwt::JwtValidator;
use crate::presented::Presented;
use crate::static_headers::StaticHeaders;
use crate::validate::Validate;

/// Decides who is let in.
///
/// Everything that was configured must be satisfied: static headers, a client certificate, a token,
/// a validator of one's own. The identity is that of the last of these that has one, and ends with
/// the first of them that ends.
///
/// A token is checked as a JWT if it has three parts, by introspection otherwise; with only one of
/// the two, by that one.
///
/// Clones share everything.
#[derive(Clone)]
pub struct Authenticator {
    shared: Arc<Shared>,
}

struct Shared {
    is_optional: bool,
    headers: Option<StaticHeaders>,
    needs_certificate: bool,
    jwt: Option<JwtValidator>,
    introspector: Option<Introspector>,
    validator: Option<Arc<dyn Validate>>,
}

// === impl Authenticator ===

impl Authenticator {
    /// An authenticator that demands something: what, is to be said.
    pub fn builder() -> AuthenticatorBuilder {
        AuthenticatorBuilder::default()
    }

    /// Lets everybody in, and knows nobody.
    pub fn nobody_is_asked() -> Self {
        let shared = Shared {
            is_optional: true,
            headers: None,
            needs_certificate: false,
            jwt: None,
            introspector: None,
            validator: None,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Who it is, or why they are not let in. Cancel-safe.
    ///
    /// Check streams again when their identity ends: [`Identity::expired`] waits for that.
    pub async fn authenticate(&self, presented: Presented<'_>) -> Result<Identity, AuthError> {
        let Shared { is_optional, headers, needs_certificate, jwt, introspector, validator } =
            &*self.shared;
        let mut identity = Identity::new(Proof::Nothing);
        if let Some(headers) = headers
            && !(*is_optional && headers.are_absent(presented.headers()))
        {
            headers.check(presented.headers())?;
            identity = Identity::new(Proof::Headers);
        }
        if *needs_certificate {
            match presented.peer() {
                Some(peer) => identity = join(&identity, Identity::of_certificate(peer)),
                None if *is_optional => {}
                None => return Err(AuthError::MissingCertificate),
            }
        }
        if jwt.is_some() || introspector.is_some() {
            match presented.bearer()? {
                Some(token) => identity = join(&identity, self.token(token).await?),
                None if *is_optional => {}
                None => return Err(AuthError::MissingToken),
            }
        }
        if let Some(validator) = validator {
            identity = join(&identity, validator.validate(presented).await?);
        }
        Ok(identity)
    }

    async fn token(&self, token: &str) -> Result<Identity, AuthError> {
        let is_jwt = token.bytes().filter(|byte| *byte == b'.').count() == 2;
        match (&self.shared.jwt, &self.shared.introspector) {
            (Some(jwt), None) => jwt.validate(token).await,
            (Some(jwt), Some(_)) if is_jwt => jwt.validate(token).await,
            (_, Some(introspector)) => introspector.validate(token).await,
            (None, None) => Err(AuthError::MissingToken),
        }
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("is_optional", &self.shared.is_optional)
            .field("headers", &self.shared.headers)
            .field("needs_certificate", &self.shared.needs_certificate)
            .field("jwt", &self.shared.jwt)
            .field("introspector", &self.shared.introspector)
            .field("validator", &self.shared.validator)
            .finish()
    }
}

/// The later identity, which ends no later than the former.
fn join(former: &Identity, later: Identity) -> Identity {
    match former.expires_at() {
        Some(end) => later.with_expiry(end),
        None => later,
    }
}
