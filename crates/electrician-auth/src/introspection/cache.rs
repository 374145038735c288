//! Answers that are remembered. No IO, no clock of its own.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use lru::LruCache;

use super::answer::Answer;
use crate::backoff::Backoff;
use crate::error::AuthError;
use crate::flight::{Flight, Landing};
use crate::identity::Identity;
use crate::time::after;

/// The hash of a token.
pub(super) type Key = [u8; 32];

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) ttl: Duration,
    pub(super) refused_ttl: Duration,
    pub(super) max_answers: NonZeroUsize,
    pub(super) max_requests: usize,
    pub(super) timeout: Duration,
    pub(super) first_backoff: Duration,
    pub(super) max_backoff: Duration,
}

pub(super) struct Cache {
    settings: Settings,
    good: LruCache<Key, (Arc<Identity>, Instant)>,
    /// Apart, so that a flood of tokens that were made up does not push out those that are good.
    refused: LruCache<Key, (AuthError, Instant)>,
    flights: HashMap<Key, Flight<Answer>>,
    backoff: Backoff,
}

/// What to do for a token.
pub(super) enum Step {
    Done(Result<Arc<Identity>, AuthError>),
    Wait(Landing<Answer>),
}

// === impl Cache ===

impl Cache {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            good: LruCache::new(settings.max_answers),
            refused: LruCache::new(settings.max_answers),
            flights: HashMap::new(),
            backoff: Backoff::new(settings.first_backoff, settings.max_backoff),
        }
    }

    /// What to do for a token; `ask` begins a request.
    pub(super) fn step(
        &mut self,
        now: Instant,
        key: &Key,
        ask: impl FnOnce() -> Flight<Answer>,
    ) -> Step {
        if let Some(identity) = remembered(&mut self.good, now, key) {
            return Step::Done(Ok(identity));
        }
        if let Some(error) = remembered(&mut self.refused, now, key) {
            return Step::Done(Err(error));
        }
        match self.flights.get(key) {
            Some(flight) if !flight.is_abandoned(now, self.settings.timeout) => {
                return Step::Wait(flight.landing());
            }
            _ => self.flights.remove(key),
        };
        if let Some(wait) = self.backoff.wait(now) {
            return Step::Done(Err(AuthError::Backoff(wait)));
        }
        if self.flights.len() >= self.settings.max_requests {
            self.flights.retain(|_, flight| flight.is_awaited());
        }
        if self.flights.len() >= self.settings.max_requests {
            // The server is slower than the tokens come. It is not made slower by more.
            return Step::Done(Err(AuthError::Backoff(self.settings.first_backoff)));
        }
        let flight = ask();
        let landing = flight.landing();
        self.flights.insert(*key, flight);
        Step::Wait(landing)
    }

    /// Remembers the answer, unless another who waited was first.
    pub(super) fn landed(
        &mut self,
        now: Instant,
        wall: SystemTime,
        key: &Key,
        landing: &Landing<Answer>,
        answer: &Answer,
    ) {
        if !self.flights.get(key).is_some_and(|flight| flight.is(landing)) {
            return;
        }
        self.flights.remove(key);
        if !answer.is_answer {
            if let Err(error) = &answer.result {
                tracing::warn!(%error, "tokens cannot be introspected");
            }
            self.backoff.failed(now, answer.retry_after);
            return;
        }
        self.backoff.succeeded();
        match &answer.result {
            Ok(identity) => {
                let rest =
                    identity.expires_at().map(|end| end.duration_since(wall).unwrap_or_default());
                let ttl = rest.map_or(self.settings.ttl, |rest| rest.min(self.settings.ttl));
                self.good.put(*key, (Arc::clone(identity), after(now, ttl)));
            }
            Err(error) => {
                let until = after(now, self.settings.refused_ttl);
                self.refused.put(*key, (error.clone(), until));
            }
        }
    }
}

/// What is remembered of the token, if it is not too old.
fn remembered<T: Clone>(
    answers: &mut LruCache<Key, (T, Instant)>,
    now: Instant,
    key: &Key,
) -> Option<T> {
    let (answer, until) = answers.get(key)?;
    if now < *until {
        return Some(answer.clone());
    }
    answers.pop(key);
    None
}
