//! Tokens that the authorization server is asked about.

mod answer;
mod builder;
mod cache;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use http::HeaderValue;

pub use builder::IntrospectorBuilder;

use crate::claims::Demands;
use crate::client_credentials::ClientAuth;
use crate::error::AuthError;
use crate::flight::Flight;
use crate::http::{Http, form};
use crate::identity::Identity;
use crate::secret::{Secret, sha256};
use answer::Answer;
use cache::{Cache, Step};

/// How the resource server proves to the authorization server that it may ask.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum IntrospectionAuth {
    /// Not at all.
    Nothing,
    /// As a client, with its secret.
    Client {
        /// The client.
        id: String,
        /// Its secret.
        secret: Secret,
        /// Where they stand.
        by: ClientAuth,
    },
    /// With a token of its own.
    Bearer(Secret),
}

/// Asks the authorization server about tokens (RFC 7662), and remembers what it said.
///
/// Answers are kept for a while, by the hash of the token: at most until the token ends, and no more
/// of them than there is room for. All who ask about the same token share one request. A server that
/// fails is left alone for a time that grows; tokens that are known to be good go on meanwhile.
///
/// A token that is revoked stays good until its answer is old: that is the price of not asking each
/// time.
///
/// Clones share everything.
#[derive(Clone)]
pub struct Introspector {
    shared: Arc<Shared>,
}

struct Shared {
    asking: Arc<Asking>,
    cache: Mutex<Cache>,
}

/// What a request needs.
struct Asking {
    http: Http,
    authorization: Option<HeaderValue>,
    /// What is sent beside the token.
    form: Vec<(&'static str, Secret)>,
    demands: Demands,
}

// === impl IntrospectionAuth ===

impl IntrospectionAuth {
    /// As a client, by HTTP Basic.
    pub fn basic(id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        Self::Client { id: id.into(), secret: secret.into(), by: ClientAuth::Basic }
    }

    /// As a client, by the form.
    pub fn post(id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        Self::Client { id: id.into(), secret: secret.into(), by: ClientAuth::Post }
    }

    /// With a token of its own.
    pub fn bearer(token: impl Into<Secret>) -> Self {
        Self::Bearer(token.into())
    }
}

// === impl Introspector ===

impl Introspector {
    /// Asks at this `https` address.
    pub fn builder(url: impl Into<String>, auth: IntrospectionAuth) -> IntrospectorBuilder {
        IntrospectorBuilder::new(url.into(), auth)
    }

    /// Whose token this is, if it is in order.
    ///
    /// It waits when the server must be asked. Cancel-safe: a request that is under way goes on with
    /// the next who waits for it.
    pub async fn validate(&self, token: &str) -> Result<Identity, AuthError> {
        let key = sha256(token.as_bytes());
        let step = self.with(|cache| cache.step(self.now(), &key, || self.ask(token)));
        let answer = match step {
            Step::Done(answer) => answer,
            Step::Wait(landing) => {
                let answer = landing.clone().await;
                let time = self.shared.asking.http.time();
                self.with(|cache| cache.landed(self.now(), time.wall(), &key, &landing, &answer));
                answer.result
            }
        };
        let identity = answer?;
        // The answer may be older than the end of the token.
        match identity.expires_at() {
            Some(end)
                if end + self.shared.asking.demands.leeway
                    <= self.shared.asking.http.time().wall() =>
            {
                Err(AuthError::Expired)
            }
            _ => Ok((*identity).clone()),
        }
    }

    fn ask(&self, token: &str) -> Flight<Answer> {
        let (asking, token) = (Arc::clone(&self.shared.asking), Secret::new(token));
        Flight::start(self.now(), async move { asking.ask(&token).await })
    }

    fn now(&self) -> Instant {
        self.shared.asking.http.time().now()
    }

    fn with<T>(&self, act: impl FnOnce(&mut Cache) -> T) -> T {
        act(&mut self.shared.cache.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Introspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspector")
            .field("http", &self.shared.asking.http)
            .field("demands", &self.shared.asking.demands)
            .finish_non_exhaustive()
    }
}

// === impl Asking ===

impl Asking {
    async fn ask(&self, token: &Secret) -> Answer {
        let form = form(("token", token.expose()), &self.form);
        let reply = self.http.post(form, self.authorization.clone()).await;
        let endpoint = self.http.endpoint().name();
        answer::read(endpoint, reply, &self.demands, self.http.time().unix())
    }
}
