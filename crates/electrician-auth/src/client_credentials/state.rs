//! Which token is given out, and when a new one is fetched. No IO, no clock of its own.

use std::time::{Duration, Instant, SystemTime};

use super::request::Given;
use crate::backoff::Backoff;
use crate::error::AuthError;
use crate::flight::{Flight, Landing};
use crate::time::{Time, after};
use crate::token::AccessToken;

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) skew: Duration,
    pub(super) attempts: u32,
    /// The longest that a fetch takes, all attempts together.
    pub(super) limit: Duration,
}

pub(super) struct State {
    settings: Settings,
    time: Time,
    held: Option<Held>,
    flight: Option<Flight<Given>>,
    failed: Option<AuthError>,
    backoff: Backoff,
}

struct Held {
    token: AccessToken,
    refresh_at: Instant,
    ends_at: Instant,
}

/// What to do for one who wants a token.
pub(super) enum Step {
    Done(Result<AccessToken, AuthError>),
    Wait(Landing<Given>),
}

// === impl State ===

impl State {
    pub(super) fn new(settings: Settings, time: Time) -> Self {
        let backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(5));
        Self { settings, time, held: None, flight: None, failed: None, backoff }
    }

    /// What to do; `fetch` begins a request of so many attempts.
    pub(super) fn step(&mut self, now: Instant, fetch: impl FnOnce(u32) -> Flight<Given>) -> Step {
        let held = self.held.as_ref().filter(|held| now < held.ends_at);
        if let Some(held) = held.filter(|held| now < held.refresh_at) {
            return Step::Done(Ok(held.token.clone()));
        }
        let valid = held.map(|held| held.token.clone());
        if self.flight.as_ref().is_some_and(|flight| flight.is_abandoned(now, self.settings.limit))
        {
            self.flight = None;
        }
        if let Some(flight) = &self.flight {
            return match valid {
                Some(token) => Step::Done(Ok(token)),
                None => Step::Wait(flight.landing()),
            };
        }
        if let Some(wait) = self.backoff.wait(now) {
            let failed = || self.failed.clone().unwrap_or(AuthError::Backoff(wait));
            return Step::Done(valid.ok_or_else(failed));
        }
        // With a token that is still valid there is no hurry: the next who asks tries again.
        let flight = fetch(if valid.is_some() { 1 } else { self.settings.attempts });
        let landing = flight.landing();
        self.flight = Some(flight);
        Step::Wait(landing)
    }

    /// Takes over what was given, unless another who waited was first.
    pub(super) fn landed(
        &mut self,
        now: Instant,
        landing: &Landing<Given>,
        given: &Given,
    ) -> Result<AccessToken, AuthError> {
        if self.flight.as_ref().is_some_and(|flight| flight.is(landing)) {
            self.flight = None;
            match given {
                Ok(lease) => {
                    let ends_at = after(lease.since, lease.lifetime);
                    // A token that lives shorter than twice the skew is used for half of its life.
                    let ahead = self.settings.skew.min(lease.lifetime / 2);
                    let refresh_at = after(lease.since, lease.lifetime.saturating_sub(ahead));
                    let token = AccessToken::new(lease.secret.clone(), self.wall_at(now, ends_at));
                    self.held = Some(Held { token, refresh_at, ends_at });
                    self.failed = None;
                    self.backoff.succeeded();
                }
                Err(error) => {
                    tracing::warn!(%error, "no new token");
                    self.failed = Some(error.clone());
                    self.backoff.failed(now, None);
                }
            }
        }
        match given {
            Ok(lease) => {
                let end = self.wall_at(now, after(lease.since, lease.lifetime));
                let held = self.held.as_ref().filter(|held| *held.token.secret() == lease.secret);
                let own = || AccessToken::new(lease.secret.clone(), end);
                Ok(held.map_or_else(own, |held| held.token.clone()))
            }
            Err(error) => {
                let held = self.held.as_ref().filter(|held| now < held.ends_at);
                held.map(|held| held.token.clone()).ok_or_else(|| error.clone())
            }
        }
    }

    /// Forgets the token, if it is the one that is given out.
    pub(super) fn refuse(&mut self, token: &AccessToken) {
        if self.held.as_ref().is_some_and(|held| held.token.secret() == token.secret()) {
            self.held = None;
        }
    }

    fn wall_at(&self, now: Instant, moment: Instant) -> Option<SystemTime> {
        self.time.wall().checked_add(moment.saturating_duration_since(now))
    }
}
