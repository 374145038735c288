//! An issuer, and time that stands still.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use electrician_auth::{
    AuthError, ClientCredentials, ClientCredentialsBuilder, IntrospectionAuth, Introspector,
    IntrospectorBuilder, Jwks, JwksBuilder, JwtKeys, JwtValidator, JwtValidatorBuilder, Time,
};
use electrician_testkit::{DevIssuer, VirtualClock};
use serde_json::{Map, Value};

/// The first of January 2026.
pub(crate) const START: u64 = 1_767_225_600;

pub(crate) struct Lab {
    pub(crate) issuer: DevIssuer,
    pub(crate) clock: VirtualClock,
    pub(crate) time: Time,
}

impl Lab {
    pub(crate) async fn new() -> Self {
        Self::signing("ES256").await
    }

    /// With an issuer that signs so. Time is virtual, the issuer's as well.
    pub(crate) async fn signing(algorithm: &'static str) -> Self {
        let clock = VirtualClock::new();
        let start = UNIX_EPOCH + Duration::from_secs(START);
        let time = Time::anchored(Arc::new(clock.clone()), start);
        let wall = time.clone();
        let issuer = DevIssuer::builder()
            .without_tls()
            .with_algorithm(algorithm)
            .with_wall_clock(move || wall.wall())
            .start()
            .await
            .expect("a port");
        Self { issuer, clock, time }
    }

    pub(crate) fn jwks(&self) -> JwksBuilder {
        Jwks::builder(self.issuer.jwks_url())
            .dangerously_allow_plaintext_on_loopback()
            .with_time(self.time.clone())
    }

    /// What the issuer's tokens satisfy.
    pub(crate) fn demanding(&self, keys: impl Into<JwtKeys>) -> JwtValidatorBuilder {
        JwtValidator::builder(keys)
            .with_issuer(DevIssuer::ISSUER)
            .with_audience(DevIssuer::AUDIENCE)
            .with_scopes([DevIssuer::SCOPE])
            .with_time(self.time.clone())
    }

    pub(crate) fn validator(&self) -> JwtValidator {
        self.demanding(self.jwks().build().expect("keys")).build().expect("a validator")
    }

    pub(crate) fn introspector(&self) -> IntrospectorBuilder {
        let auth = IntrospectionAuth::basic(DevIssuer::CLIENT_ID, DevIssuer::CLIENT_SECRET);
        self.introspector_as(auth)
    }

    pub(crate) fn introspector_as(&self, auth: IntrospectionAuth) -> IntrospectorBuilder {
        Introspector::builder(self.issuer.introspection_url(), auth)
            .dangerously_allow_plaintext_on_loopback()
            .with_time(self.time.clone())
    }

    pub(crate) fn credentials(&self) -> ClientCredentialsBuilder {
        self.credentials_of(DevIssuer::CLIENT_ID, DevIssuer::CLIENT_SECRET)
    }

    pub(crate) fn credentials_of(&self, id: &str, secret: &str) -> ClientCredentialsBuilder {
        ClientCredentials::builder(self.issuer.token_url(), id, secret)
            .dangerously_allow_plaintext_on_loopback()
            .with_time(self.time.clone())
    }

    /// A token like those of the issuer, but for these claims; `null` leaves one out.
    pub(crate) fn token_with(&self, changes: &Value) -> String {
        self.issuer.sign(&changed(self.issuer.claims(), changes))
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

pub(crate) fn changed(mut claims: Map<String, Value>, changes: &Value) -> Map<String, Value> {
    for (name, value) in changes.as_object().expect("claims") {
        match value {
            Value::Null => drop(claims.remove(name)),
            value => drop(claims.insert(name.clone(), value.clone())),
        }
    }
    claims
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(START + seconds)
}

/// Polls once: what is begun is begun, and left where it stands.
pub(crate) fn begin<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// The message of the error, which is of no token.
pub(crate) fn message<T>(result: Result<T, AuthError>) -> String {
    match result {
        Ok(_) => panic!("it is let in"),
        Err(error) => error.to_string(),
    }
}
