//! Tokens for a client of its own (RFC 6749, section 4.4).

mod builder;
mod request;
mod state;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use electrician_types::ConfigError;
use form_urlencoded::byte_serialize;
use http::HeaderValue;
use zeroize::Zeroizing;

pub use builder::ClientCredentialsBuilder;

use crate::error::AuthError;
use crate::flight::Flight;
use crate::problem::refuse;
use crate::secret::Secret;
use crate::token::{AccessToken, TokenFuture, TokenSource};
use request::{Asking, Given};
use state::{State, Step};

/// Where the secret of a client stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientAuth {
    /// In the header, as HTTP Basic.
    #[default]
    Basic,
    /// In the form.
    Post,
}

/// A source of tokens that shows the credentials of a client to an authorization server.
///
/// A token is kept until shortly before its end, then the next who asks fetches a new one, while the
/// others go on with the old. All who need the same fetch share one. What fails is tried again with
/// growing waits, and if there is a token that is still valid, that is given.
///
/// Clones share everything.
#[derive(Clone)]
pub struct ClientCredentials {
    shared: Arc<Shared>,
}

struct Shared {
    asking: Arc<Asking>,
    state: Mutex<State>,
}

// === impl ClientCredentials ===

impl ClientCredentials {
    /// Asks at this `https` address, as this client.
    pub fn builder(
        token_url: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> ClientCredentialsBuilder {
        ClientCredentialsBuilder::new(token_url.into(), client_id.into(), client_secret.into())
    }

    /// A token that is valid now.
    ///
    /// It waits only when one must be fetched. Cancel-safe: a fetch that is under way goes on with
    /// the next who waits for it.
    pub async fn access_token(&self) -> Result<AccessToken, AuthError> {
        let step = self.with(|state| state.step(self.now(), |attempts| self.fetch(attempts)));
        match step {
            Step::Done(result) => result,
            Step::Wait(landing) => {
                let given = landing.clone().await;
                self.with(|state| state.landed(self.now(), &landing, &given))
            }
        }
    }

    fn fetch(&self, attempts: u32) -> Flight<Given> {
        let asking = Arc::clone(&self.shared.asking);
        Flight::start(self.now(), async move { asking.ask(attempts).await })
    }

    fn now(&self) -> Instant {
        self.shared.asking.http.time().now()
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.shared.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl TokenSource for ClientCredentials {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(self.access_token())
    }

    fn refuse(&self, token: &AccessToken) {
        self.with(|state| state.refuse(token));
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("http", &self.shared.asking.http)
            .finish_non_exhaustive()
    }
}

/// HTTP Basic with both parts encoded as forms are (RFC 6749, section 2.3.1).
pub(crate) fn basic(id: &str, secret: &Secret) -> Result<HeaderValue, ConfigError> {
    if id.is_empty() || secret.is_empty() {
        return Err(refuse("a client needs an id and a secret"));
    }
    let encode = |text: &str| Zeroizing::new(byte_serialize(text.as_bytes()).collect::<String>());
    let pair = Zeroizing::new(format!("{}:{}", *encode(id), *encode(secret.expose())));
    let header = Zeroizing::new(format!("Basic {}", STANDARD.encode(&*pair)));
    sensitive(&header).map_err(|_| refuse("the credentials of the client fit no header"))
}

/// `Bearer …`.
pub(crate) fn bearer(token: &Secret) -> Result<HeaderValue, ConfigError> {
    let text = token.expose();
    let is_token = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let header = Zeroizing::new(format!("Bearer {text}"));
    sensitive(&header)
        .ok()
        .filter(|_| is_token)
        .ok_or_else(|| refuse("the token is empty, or has letters that no header can carry"))
}

fn sensitive(text: &str) -> Result<HeaderValue, http::header::InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(text)?;
    value.set_sensitive(true);
    Ok(value)
}
