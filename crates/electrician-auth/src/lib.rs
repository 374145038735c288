#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod algorithm;
mod authenticator;
mod backoff;
mod claims;
mod client_credentials;
mod clock;
mod endpoint;
mod error;
mod flight;
mod header_view;
mod http;
mod identity;
mod introspection;
mod jwks;
mod jwt;
mod keys;
mod presented;
mod problem;
mod secret;
mod shown;
mod static_headers;
mod time;
mod token;
mod validate;

pub use algorithm::Algorithm;
pub use authenticator::{Authenticator, AuthenticatorBuilder};
pub use client_credentials::{ClientAuth, ClientCredentials, ClientCredentialsBuilder};
pub use error::{AuthError, AuthErrorKind};
pub use header_view::{HeaderView, Repeated};
pub use identity::{Identity, Proof};
pub use introspection::{IntrospectionAuth, Introspector, IntrospectorBuilder};
pub use jwks::{Jwks, JwksBuilder};
pub use jwt::{JwtKeys, JwtValidator, JwtValidatorBuilder};
pub use presented::Presented;
pub use secret::Secret;
pub use static_headers::StaticHeaders;
pub use time::Time;
pub use token::{AccessToken, Channel, EnvToken, StaticToken, TokenFuture, TokenSource};
pub use validate::{Validate, Validating};
