//! A surge protector, or a limit of concurrency, before a stage of a pipeline.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use electrician_types::{
    ComponentKind, Denial, Denied, Guard, GuardView, Leave, Metadata, Outcomes,
};

use crate::adaptive::Adaptive;
use crate::bulkhead::Bulkhead;
use crate::error::SurgeProtectorError;
use crate::protector::{Admission, SurgeProtector};
use crate::state::State;

/// A batch takes its tokens in one atomic step. Outcomes are of no interest, and a token that was
/// not used is gone.
impl Guard for SurgeProtector {
    fn admit(&self, want: usize) -> Result<Leave, Denied> {
        let (reason, retry_after) = match self.try_admit(u32::try_from(want).unwrap_or(u32::MAX)) {
            Admission::Admitted(0) => (Denial::RateLimited, None),
            Admission::Admitted(count) => {
                return Ok(Leave { count: count as usize, token: 0 });
            }
            Admission::Wait(wait) => (Denial::RateLimited, Some(wait)),
            Admission::Refused(error) => (error.into(), None),
        };
        Err(Denied { reason, retry_after })
    }

    fn settle(&self, _leave: Leave, _outcomes: Outcomes) {}

    fn denial(&self) -> Option<Denied> {
        let reason = match self.state() {
            State::Open => return None,
            State::RateLimited => Denial::RateLimited,
            State::BlackedOut => Denial::Blackout,
            State::Tripped => Denial::Tripped,
        };
        Some(Denied { reason, retry_after: None })
    }

    fn admitting(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            loop {
                // From before the look, so that no change is missed.
                let mut watch = self.watch();
                if self.state() == State::Open {
                    return;
                }
                watch.changed().await;
            }
        })
    }

    fn view(&self) -> Option<GuardView> {
        let state = self.state();
        let text = match state {
            State::Open => "admitting",
            State::RateLimited => "rate limited",
            State::BlackedOut => "blackout",
            State::Tripped => "tripped",
        };
        let Metadata { kind, name, .. } = self.metadata();
        // The rate gives leave all the time, only not to everybody at once.
        let is_admitting = matches!(state, State::Open | State::RateLimited);
        Some(GuardView::new(*kind, Arc::clone(name), text).admitting(is_admitting))
    }
}

/// Attempts count as under way from the leave to the outcome. They are timed.
impl Guard for Adaptive {
    fn admit(&self, want: usize) -> Result<Leave, Denied> {
        match self.slots().enter(want) {
            0 => Err(Denied { reason: Denial::Saturated, retry_after: None }),
            count => Ok(Leave { count, token: 0 }),
        }
    }

    fn settle(&self, _leave: Leave, outcomes: Outcomes) {
        let Outcomes { successes, failures, ignored, elapsed } = outcomes;
        let attempts = u32::try_from(successes + failures).unwrap_or(u32::MAX).max(1);
        self.exit(successes, Some(true), elapsed / attempts);
        self.exit(failures, Some(false), elapsed / attempts);
        self.exit(ignored, None, elapsed / attempts);
    }

    fn denial(&self) -> Option<Denied> {
        self.slots().is_full().then_some(Denied { reason: Denial::Saturated, retry_after: None })
    }

    fn admitting(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.slots().room())
    }

    fn is_timing(&self) -> bool {
        true
    }

    fn view(&self) -> Option<GuardView> {
        Some(slots_view("adaptive", self.in_flight(), self.limit()))
    }
}

/// One attempt at a time: what a stage took in advance would keep others waiting.
impl Guard for Bulkhead {
    fn admit(&self, _want: usize) -> Result<Leave, Denied> {
        match self.slots().enter(1) {
            0 => Err(Denied { reason: Denial::Saturated, retry_after: None }),
            count => Ok(Leave { count, token: 0 }),
        }
    }

    fn settle(&self, _leave: Leave, outcomes: Outcomes) {
        (0..outcomes.count()).for_each(|_| self.slots().exit(|_, _| {}));
    }

    fn denial(&self) -> Option<Denied> {
        let is_full = self.slots().is_full();
        is_full.then_some(Denied { reason: Denial::Saturated, retry_after: None })
    }

    fn admitting(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.slots().room())
    }

    fn view(&self) -> Option<GuardView> {
        Some(slots_view("bulkhead", self.in_flight(), self.limit()))
    }
}

fn slots_view(name: &str, used: usize, limit: usize) -> GuardView {
    let state = format!("{used} of {limit} under way");
    GuardView::new(ComponentKind::Bulkhead, name, state).admitting(used < limit)
}

impl From<SurgeProtectorError> for Denial {
    fn from(error: SurgeProtectorError) -> Self {
        match error {
            SurgeProtectorError::Tripped => Self::Tripped,
            SurgeProtectorError::BlackedOut => Self::Blackout,
            SurgeProtectorError::OverBurst { .. } => Self::RateLimited,
        }
    }
}
