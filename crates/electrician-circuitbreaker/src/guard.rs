//! A breaker before a stage of a pipeline.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use electrician_types::{Denial, Denied, Guard, GuardView, Leave, Metadata, Outcomes};

use crate::breaker::{BreakerState, CircuitBreaker};
use crate::error::Open;
use crate::gate::Look;
use crate::shared::Admission;
use crate::tally::Tally;

/// Leave for a batch is one atomic load while the breaker is closed; in half-open, leave is for
/// probes. What was not attempted says nothing, and neither does what a stop cut short.
impl Guard for CircuitBreaker {
    #[inline]
    fn admit(&self, want: usize) -> Result<Leave, Denied> {
        match self.shared.admit(want) {
            Ok(Admission { look, calls }) => Ok(Leave { count: calls, token: look.to_word() }),
            Err(open) => Err(denied(&open)),
        }
    }

    #[inline]
    fn settle(&self, leave: Leave, outcomes: Outcomes) {
        let Outcomes { successes, failures, elapsed, .. } = outcomes;
        let look = Look::from_word(leave.token);
        if failures == 0 && self.shared.is_idle_since(look) {
            return;
        }
        let mut tally = Tally::default();
        match self.shared.slow {
            Some(threshold) if successes + failures > 0 => {
                let attempts = u32::try_from(successes + failures).unwrap_or(u32::MAX);
                let is_slow = elapsed / attempts >= threshold;
                (0..successes).for_each(|_| tally.push(false, is_slow));
                (0..failures).for_each(|_| tally.push(true, is_slow));
            }
            _ => tally.append(successes, failures),
        }
        self.shared.record(Admission { look, calls: leave.count }, tally);
    }

    fn denial(&self) -> Option<Denied> {
        match self.shared.retry_after() {
            Some(Duration::ZERO) => None,
            retry_after => Some(Denied { reason: Denial::Open, retry_after }),
        }
    }

    fn admitting(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(self.until_admitting())
    }

    fn is_timing(&self) -> bool {
        self.shared.slow.is_some()
    }

    fn view(&self) -> Option<GuardView> {
        let state = self.state();
        let text = match state {
            BreakerState::Closed => "closed",
            BreakerState::Open => "open",
            BreakerState::HalfOpen => "half-open",
        };
        let Metadata { kind, name, .. } = self.metadata();
        let view = GuardView::new(*kind, Arc::clone(name), text);
        Some(view.admitting(state != BreakerState::Open))
    }
}

fn denied(open: &Open) -> Denied {
    Denied { reason: Denial::Open, retry_after: open.retry_after() }
}
