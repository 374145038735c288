//! A fault plan at work: it counts attempts, raises errors and panics, waits.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_types::{Clock, Error, Result};
use electrician_wire::RuntimeClock;

use crate::changes::{block_on, lock};
use crate::fault::{Fault, FaultPlan, Injected};
use crate::gate::Gate;

/// A [`FaultPlan`] at work. Clones share the count of attempts, the gate and the clock, so a test
/// keeps one and gives the others away.
#[derive(Clone)]
pub struct Faults {
    plan: Arc<FaultPlan>,
    clock: Arc<dyn Clock>,
    gate: Gate,
    attempts: Arc<Mutex<BTreeMap<u64, u32>>>,
}

/// How often what was asked for is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Times {
    /// As it should be.
    Once,
    /// [`Fault::Duplicate`].
    Twice,
    /// [`Fault::Drop`].
    Never,
}

/// A fault that is about to strike.
pub(crate) struct Strike {
    pub(crate) fault: Option<Fault>,
    injected: Injected,
}

// === impl Faults ===

impl Faults {
    /// Puts `plan` to work, on the runtime's clock.
    pub fn new(plan: FaultPlan) -> Self {
        Self {
            plan: Arc::new(plan),
            clock: Arc::new(RuntimeClock),
            gate: Gate::new(),
            attempts: Arc::default(),
        }
    }

    /// Takes the time of slow items from `clock`.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Lets what hangs hang at `gate`.
    pub fn with_gate(mut self, gate: Gate) -> Self {
        self.gate = gate;
        self
    }

    /// Where what hangs, hangs.
    pub const fn gate(&self) -> &Gate {
        &self.gate
    }

    /// The plan.
    pub fn plan(&self) -> &FaultPlan {
        &self.plan
    }

    /// How many attempts were made on `item`.
    pub fn attempts(&self, item: u64) -> u32 {
        lock(&self.attempts).get(&item).copied().unwrap_or(0)
    }

    /// How many attempts were made on all items, beyond the first of each.
    pub fn retries(&self) -> u64 {
        let attempts = lock(&self.attempts);
        attempts.values().map(|count| u64::from(*count) - 1).sum()
    }

    /// Makes an attempt on `item`: fails, panics or waits as the plan says. Blocks the thread for
    /// [`Fault::Hang`] and [`Fault::Slow`].
    pub fn attempt(&self, item: u64) -> Result<Times> {
        let strike = self.strike(item);
        match strike.fault {
            Some(Fault::Hang) => self.gate.pass_blocking(),
            Some(Fault::Slow(time)) => block_on(self.wait(time)),
            _ => {}
        }
        strike.land()
    }

    /// Makes an attempt on `item`: fails, panics or waits as the plan says. Cancelling it while it
    /// waits ends the attempt.
    pub async fn attempt_async(&self, item: u64) -> Result<Times> {
        self.delayed(self.strike(item)).await
    }

    /// Counts an attempt and says what it meets.
    pub(crate) fn strike(&self, item: u64) -> Strike {
        let mut attempts = lock(&self.attempts);
        let attempt = attempts.entry(item).or_default();
        *attempt += 1;
        let attempt = *attempt;
        Strike { fault: self.plan.fault(item, attempt), injected: Injected { item, attempt } }
    }

    pub(crate) async fn delayed(&self, strike: Strike) -> Result<Times> {
        match strike.fault {
            Some(Fault::Hang) => self.gate.pass().await,
            Some(Fault::Slow(time)) => self.wait(time).await,
            _ => {}
        }
        strike.land()
    }

    async fn wait(&self, time: Duration) {
        pass_time(&*self.clock, time).await;
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faults")
            .field("plan", &self.plan)
            .field("gate", &self.gate)
            .finish_non_exhaustive()
    }
}

// === impl Strike ===

impl Strike {
    /// Raises the error or the panic, if that is what it is.
    pub(crate) fn land(self) -> Result<Times> {
        let Self { fault, injected } = self;
        match fault {
            Some(Fault::Error) => Err(Error::failed(injected)),
            Some(Fault::Fatal) => Err(Error::failed(injected).with_retryable(false)),
            Some(Fault::Panic) => resume_unwind(Box::new(injected.to_string())),
            Some(Fault::Duplicate) => Ok(Times::Twice),
            Some(Fault::Drop) => Ok(Times::Never),
            _ => Ok(Times::Once),
        }
    }
}

/// Waits until `time` has passed on `clock`.
pub(crate) async fn pass_time(clock: &dyn Clock, time: Duration) {
    let mut timer = clock.timer();
    timer.reset(clock.now() + time);
    poll_fn(|cx| timer.poll_elapsed(cx)).await;
}
