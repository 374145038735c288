//! Which keys are used, and when they are fetched. No IO, no clock of its own.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lru::LruCache;

use crate::algorithm::Algorithm;
use crate::backoff::Backoff;
use crate::error::AuthError;
use crate::flight::{Flight, Landing};
use crate::keys::{Found, KeySet};
use crate::secret::sha256;

/// Names of keys that are known not to be there.
const UNKNOWN: NonZeroUsize = NonZeroUsize::new(256).expect("not zero");

/// The wait after the first failure.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// What came of a request.
pub(super) type Fetched = Result<Arc<KeySet>, AuthError>;

/// The key that a token names, and what it is to be used with.
pub(super) type Wanted<'a> = (Option<&'a str>, Algorithm);

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) ttl: Duration,
    pub(super) min_refresh: Duration,
    pub(super) stale_for: Duration,
    pub(super) timeout: Duration,
}

pub(super) struct State {
    settings: Settings,
    keys: Option<Held>,
    flight: Option<Flight<Fetched>>,
    attempted_at: Option<Instant>,
    failed: Option<AuthError>,
    backoff: Backoff,
    /// Hashes: a name may be long.
    unknown: LruCache<[u8; 32], Instant>,
}

struct Held {
    set: Arc<KeySet>,
    since: Instant,
}

/// What to do for a token.
pub(super) enum Step {
    Done(Fetched),
    Wait(Landing<Fetched>),
}

// === impl State ===

impl State {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            keys: None,
            flight: None,
            attempted_at: None,
            failed: None,
            backoff: Backoff::new(FIRST_RETRY.min(settings.min_refresh), settings.min_refresh),
            unknown: LruCache::new(UNKNOWN),
        }
    }

    /// What to do for a token that wants this key; `fetch` begins a request.
    pub(super) fn step(
        &mut self,
        now: Instant,
        wanted: Wanted<'_>,
        fetch: impl FnOnce() -> Flight<Fetched>,
    ) -> Step {
        self.forget_abandoned(now);
        let fresh = self.held(now, Duration::ZERO);
        if let Some(set) = &fresh
            && (has(set, wanted) || self.is_known_to_be_missing(now, wanted))
        {
            return Step::Done(Ok(Arc::clone(set)));
        }
        if let Some(flight) = &self.flight {
            // One waits for the new keys; who can do with the old ones need not.
            return match self.stale(now, wanted) {
                Some(set) => Step::Done(Ok(set)),
                None => Step::Wait(flight.landing()),
            };
        }
        if self.may_fetch(now) {
            return Step::Wait(self.start(now, fetch()));
        }
        Step::Done(match fresh.or_else(|| self.stale(now, wanted)) {
            Some(set) => Ok(set),
            None => Err(self.failure(now)),
        })
    }

    /// Fetches unless the keys are fresh.
    pub(super) fn refresh(
        &mut self,
        now: Instant,
        fetch: impl FnOnce() -> Flight<Fetched>,
    ) -> Step {
        self.forget_abandoned(now);
        if let Some(set) = self.held(now, Duration::ZERO) {
            return Step::Done(Ok(set));
        }
        if let Some(flight) = &self.flight {
            return Step::Wait(flight.landing());
        }
        if self.may_fetch(now) {
            return Step::Wait(self.start(now, fetch()));
        }
        Step::Done(Err(self.failure(now)))
    }

    /// Takes over what was fetched, unless another who waited was first, and answers the token.
    pub(super) fn landed(
        &mut self,
        now: Instant,
        landing: &Landing<Fetched>,
        fetched: &Fetched,
        wanted: Option<Wanted<'_>>,
    ) -> Fetched {
        if self.flight.as_ref().is_some_and(|flight| flight.is(landing)) {
            self.flight = None;
            match fetched {
                Ok(set) => {
                    self.keys = Some(Held { set: Arc::clone(set), since: now });
                    self.failed = None;
                    self.backoff.succeeded();
                    self.unknown.clear();
                }
                Err(error) => {
                    tracing::warn!(%error, "keys of tokens cannot be fetched");
                    self.failed = Some(error.clone());
                    self.backoff.failed(now, None);
                }
            }
        }
        match (fetched, wanted) {
            (Ok(set), Some(wanted)) => {
                if !has(set, wanted) {
                    self.unknown.put(hash(wanted), now);
                }
                Ok(Arc::clone(set))
            }
            (Ok(set), None) => Ok(Arc::clone(set)),
            (Err(error), Some(wanted)) => self.stale(now, wanted).ok_or_else(|| error.clone()),
            (Err(error), None) => Err(error.clone()),
        }
    }

    fn start(&mut self, now: Instant, flight: Flight<Fetched>) -> Landing<Fetched> {
        self.attempted_at = Some(now);
        let landing = flight.landing();
        self.flight = Some(flight);
        landing
    }

    /// Everybody who waited went away, and the time for an answer is over.
    fn forget_abandoned(&mut self, now: Instant) {
        let limit = self.settings.timeout;
        if self.flight.as_ref().is_some_and(|flight| flight.is_abandoned(now, limit)) {
            self.flight = None;
        }
    }

    /// After a success the interval counts, after a failure the backoff, which is shorter at first.
    fn may_fetch(&self, now: Instant) -> bool {
        match (&self.failed, self.attempted_at) {
            (Some(_), _) => self.backoff.wait(now).is_none(),
            (None, Some(at)) => now.saturating_duration_since(at) >= self.settings.min_refresh,
            (None, None) => true,
        }
    }

    /// The keys, if they are not older than the time that they are kept and `more`.
    fn held(&self, now: Instant, more: Duration) -> Option<Arc<KeySet>> {
        let held = self.keys.as_ref()?;
        let age = now.saturating_duration_since(held.since);
        (age < self.settings.ttl.saturating_add(more)).then(|| Arc::clone(&held.set))
    }

    /// The old keys, if they will do.
    fn stale(&self, now: Instant, wanted: Wanted<'_>) -> Option<Arc<KeySet>> {
        self.held(now, self.settings.stale_for).filter(|set| has(set, wanted))
    }

    fn is_known_to_be_missing(&mut self, now: Instant, wanted: Wanted<'_>) -> bool {
        let since = self.unknown.get(&hash(wanted)).copied();
        since.is_some_and(|since| now.saturating_duration_since(since) < self.settings.ttl)
    }

    fn failure(&self, now: Instant) -> AuthError {
        let wait = self.backoff.wait(now).unwrap_or(self.settings.min_refresh);
        self.failed.clone().unwrap_or(AuthError::Backoff(wait))
    }
}

/// Whether the set answers the token, be it that its key is for something else.
fn has(set: &KeySet, (id, algorithm): Wanted<'_>) -> bool {
    !matches!(set.find(id, algorithm), Found::Nothing)
}

fn hash((id, algorithm): Wanted<'_>) -> [u8; 32] {
    let text = format!("{algorithm} {}", id.unwrap_or_default());
    sha256(text.as_bytes())
}
