//! Building an authenticator.

use std::fmt;
use std::sync::Arc;

use electrician_types::ConfigError;

use super::{Authenticator, Shared};
use crate::introspection::Introspector;
use crate::jwt::JwtValidator;
use crate::problem::refuse;
use crate::static_headers::StaticHeaders;
use crate::validate::Validate;

/// An authenticator in the making. [`Authenticator::builder`] begins one.
#[derive(Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct AuthenticatorBuilder {
    is_optional: bool,
    headers: Option<StaticHeaders>,
    needs_certificate: bool,
    jwt: Option<JwtValidator>,
    introspector: Option<Introspector>,
    validator: Option<Arc<dyn Validate>>,
}

// === impl AuthenticatorBuilder ===

impl AuthenticatorBuilder {
    /// Demands a JWT.
    pub fn with_jwt(mut self, validator: JwtValidator) -> Self {
        self.jwt = Some(validator);
        self
    }

    /// Demands a token that the authorization server calls active.
    pub fn with_introspection(mut self, introspector: Introspector) -> Self {
        self.introspector = Some(introspector);
        self
    }

    /// Demands these headers.
    pub fn with_static_headers(mut self, headers: StaticHeaders) -> Self {
        self.headers = Some(headers);
        self
    }

    /// Demands a client certificate. Which ones are good is for the server's TLS to decide, which
    /// has verified it; here it only gives a name.
    pub const fn with_client_certificate(mut self) -> Self {
        self.needs_certificate = true;
        self
    }

    /// Demands that this validator agrees. It is asked last, and always.
    pub fn with_validator(mut self, validator: impl Validate + 'static) -> Self {
        self.validator = Some(Arc::new(validator));
        self
    }

    /// Lets in whoever shows nothing, too. What is shown must be right all the same. Default:
    /// everything is demanded.
    pub const fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// Refuses to demand something of which nothing is ever checked.
    pub fn build(self) -> Result<Authenticator, ConfigError> {
        let Self { is_optional, headers, needs_certificate, jwt, introspector, validator } = self;
        let checks = headers.is_some()
            || needs_certificate
            || jwt.is_some()
            || introspector.is_some()
            || validator.is_some();
        if !checks {
            return Err(refuse(
                "authentication is required, but nothing validates: give a JWT validator, an \
                 introspector, static headers, client certificates or a validator of your own; or \
                 say `Authenticator::nobody_is_asked()`",
            ));
        }
        let shared =
            Shared { is_optional, headers, needs_certificate, jwt, introspector, validator };
        Ok(Authenticator { shared: Arc::new(shared) })
    }
}

impl fmt::Debug for AuthenticatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticatorBuilder")
            .field("is_optional", &self.is_optional)
            .field("headers", &self.headers)
            .field("needs_certificate", &self.needs_certificate)
            .field("jwt", &self.jwt)
            .field("introspector", &self.introspector)
            .field("validator", &self.validator)
            .finish()
    }
}
