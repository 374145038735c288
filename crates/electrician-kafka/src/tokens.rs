//! Tokens of OAUTHBEARER, for the contexts of all clients.

use std::error::Error;

use rdkafka::client::OAuthToken;

/// Where tokens come from, if from anywhere.
#[derive(Clone, Default)]
pub(crate) struct Tokens {
    #[cfg(feature = "tls")]
    function: Option<std::sync::Arc<Function>>,
}

#[cfg(feature = "tls")]
type Function =
    dyn Fn() -> Result<crate::Token, electrician_types::BoxError> + Send + Sync + 'static;

// === impl Tokens ===

impl Tokens {
    #[cfg(feature = "tls")]
    pub(crate) fn new(
        function: impl Fn() -> Result<crate::Token, electrician_types::BoxError> + Send + Sync + 'static,
    ) -> Self {
        Self { function: Some(std::sync::Arc::new(function)) }
    }

    /// The next token. A panic of the function is an error like others: it must not end the thread that
    /// polls the driver.
    #[cfg(feature = "tls")]
    pub(crate) fn next(&self) -> Result<OAuthToken, Box<dyn Error>> {
        use std::panic::{AssertUnwindSafe, catch_unwind};

        let function = self.function.as_deref().ok_or("no function gives tokens")?;
        let token = catch_unwind(AssertUnwindSafe(function))
            .map_err(|_| "the function of tokens panicked")?
            .map_err(|error| -> Box<dyn Error> { error })?;
        let (text, principal_name, lifetime_ms) = token.into_parts();
        if text.expose().is_empty() {
            return Err("the token is empty".into());
        }
        Ok(OAuthToken { token: text.expose().to_owned(), principal_name, lifetime_ms })
    }

    /// None, without the feature `tls`.
    #[cfg(not(feature = "tls"))]
    #[expect(clippy::unused_self, reason = "with the feature it has a function")]
    pub(crate) fn next(&self) -> Result<OAuthToken, Box<dyn Error>> {
        Err("OAUTHBEARER needs the feature `tls`".into())
    }
}
