//! Keys that an issuer publishes.

mod builder;
mod state;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::algorithm::Algorithm;
use crate::error::AuthError;
use crate::flight::Flight;
use crate::http::Http;
use crate::keys::KeySet;
use crate::shown::shown;

pub use builder::JwksBuilder;
use state::{Fetched, State, Step};

/// The keys at an address (JWKS), fetched when they are needed and kept for a while.
///
/// They are fetched again when they are old, or when a token names a key that is not among them; at
/// most once per interval, whatever tokens name. While the issuer cannot be reached, the keys that
/// there are stay in use for a time. All who need the same fetch share one.
///
/// Clones share everything.
#[derive(Clone)]
pub struct Jwks {
    shared: Arc<Shared>,
}

struct Shared {
    http: Arc<Http>,
    state: Mutex<State>,
}

// === impl Jwks ===

impl Jwks {
    /// The keys at this `https` address. Nothing is fetched before it is needed.
    pub fn builder(url: impl Into<String>) -> JwksBuilder {
        JwksBuilder::new(url.into())
    }

    /// Fetches the keys now, unless they are fresh, so that the first token need not wait. What goes
    /// wrong is told; the next token tries again all the same.
    pub async fn warm(&self) -> Result<(), AuthError> {
        let step = self.with(|state| state.refresh(self.now(), || self.fetch()));
        self.follow(step, None).await.map(drop)
    }

    /// The set that has the key, if any has.
    pub(crate) async fn keys_for(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Arc<KeySet>, AuthError> {
        let wanted = (id, algorithm);
        let step = self.with(|state| state.step(self.now(), wanted, || self.fetch()));
        self.follow(step, Some(wanted)).await
    }

    async fn follow(
        &self,
        step: Step,
        wanted: Option<(Option<&str>, Algorithm)>,
    ) -> Result<Arc<KeySet>, AuthError> {
        match step {
            Step::Done(result) => result,
            Step::Wait(landing) => {
                let fetched = landing.clone().await;
                self.with(|state| state.landed(self.now(), &landing, &fetched, wanted))
            }
        }
    }

    fn fetch(&self) -> Flight<Fetched> {
        let http = Arc::clone(&self.shared.http);
        Flight::start(self.now(), async move { fetch(&http).await })
    }

    fn now(&self) -> std::time::Instant {
        self.shared.http.time().now()
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.shared.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwks").field("http", &self.shared.http).finish_non_exhaustive()
    }
}

async fn fetch(http: &Http) -> Fetched {
    let fail = |reason: String| AuthError::Unavailable {
        endpoint: Arc::clone(http.endpoint().name()),
        reason,
    };
    let reply = http.get().await.map_err(fail)?;
    if !reply.status.is_success() {
        return Err(fail(format!("the keys: status {}", reply.status.as_u16())));
    }
    let json =
        serde_json::from_slice(&reply.body).map_err(|_| fail("the keys are no JSON".to_owned()))?;
    let (set, left_out) =
        KeySet::read(&json).map_err(|problem| fail(format!("the keys: {problem}")))?;
    for problem in left_out {
        tracing::debug!(endpoint = %http.endpoint().name(), problem = %shown(&problem), "a key is left out");
    }
    if set.is_empty() {
        return Err(fail("there is no key that can be used".to_owned()));
    }
    Ok(Arc::new(set))
}
