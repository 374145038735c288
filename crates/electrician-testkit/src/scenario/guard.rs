//! Guards that deny in a pattern of their own, and count what they gave and got back.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use electrician_types::{Clock, Denial, Denied, Guard, Leave, Outcomes};
use fastrand::Rng;

use crate::changes::lock;
use crate::clock::VirtualClock;
use crate::faults::pass_time;
use crate::scenario::spec::GuardSpec;

/// How long those wait who were told that too much is under way.
const TURN: Duration = Duration::from_millis(1);

/// Gives leave or not, as its seed has it. It never denies for ever. Clones are the same guard.
#[derive(Clone)]
pub(super) struct FlakyGuard {
    spec: GuardSpec,
    clock: VirtualClock,
    state: Arc<Mutex<State>>,
}

struct State {
    rng: Rng,
    closed_until: Option<Instant>,
    /// By token, what was granted and is not settled.
    open: BTreeMap<u64, usize>,
    next_token: u64,
    granted: usize,
    settled: Outcomes,
    breaches: Vec<String>,
}

// === impl FlakyGuard ===

impl FlakyGuard {
    pub(super) fn new(spec: GuardSpec, clock: VirtualClock) -> Self {
        let state = State {
            rng: Rng::with_seed(spec.seed),
            closed_until: None,
            open: BTreeMap::new(),
            next_token: 0,
            granted: 0,
            settled: Outcomes::default(),
            breaches: Vec::new(),
        };
        Self { spec, clock, state: Arc::new(Mutex::new(state)) }
    }

    /// What was wrong with how the guard was treated. Call it when nothing is under way.
    pub(super) fn breaches(&self) -> Vec<String> {
        let state = lock(&self.state);
        let mut breaches = state.breaches.clone();
        if state.granted != state.settled.count() || !state.open.is_empty() {
            let State { granted, settled, open, .. } = &*state;
            breaches.push(format!("{granted} granted, {settled:?} settled, still open: {open:?}"));
        }
        breaches
    }
}

impl Guard for FlakyGuard {
    fn admit(&self, want: usize) -> Result<Leave, Denied> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        if want == 0 || (self.spec.is_timing && want != 1) {
            state.breaches.push(format!("asked for {want} at once"));
        }
        if let Some(denied) = state.denial(&self.spec, now) {
            return Err(denied);
        }
        if state.rng.u32(..1000) < self.spec.denials {
            let time = Duration::from_millis(state.rng.u64(1..5));
            state.closed_until = Some(now + time);
            return Err(Denied { reason: Denial::Open, retry_after: Some(time) });
        }
        let most = want.min(self.spec.limit - state.under_way());
        let is_short = state.rng.u8(..3) == 0;
        let count = if is_short && most > 1 { state.rng.usize(1..most) } else { most };
        let token = state.next_token;
        state.next_token += 1;
        state.granted += count;
        state.open.insert(token, count);
        Ok(Leave { count, token })
    }

    fn settle(&self, leave: Leave, outcomes: Outcomes) {
        let mut state = lock(&self.state);
        let Leave { count, token } = leave;
        let rest = state.open.get(&token).and_then(|left| left.checked_sub(count));
        match rest {
            Some(0) => drop(state.open.remove(&token)),
            Some(rest) => drop(state.open.insert(token, rest)),
            None => state.breaches.push(format!("{leave:?} was settled and is not open")),
        }
        if outcomes.count() != count {
            state.breaches.push(format!("{leave:?} was settled as {outcomes:?}"));
        }
        state.settled.successes += outcomes.successes;
        state.settled.failures += outcomes.failures;
        state.settled.ignored += outcomes.ignored;
    }

    fn denial(&self) -> Option<Denied> {
        lock(&self.state).denial(&self.spec, self.clock.now())
    }

    fn admitting(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async {
            while let Some(denied) = self.denial() {
                pass_time(&self.clock, denied.retry_after.unwrap_or(TURN)).await;
            }
        })
    }

    fn is_timing(&self) -> bool {
        self.spec.is_timing
    }
}

// === impl State ===

impl State {
    fn under_way(&self) -> usize {
        self.open.values().sum()
    }

    fn denial(&self, spec: &GuardSpec, now: Instant) -> Option<Denied> {
        if let Some(until) = self.closed_until.filter(|until| *until > now) {
            return Some(Denied { reason: Denial::Open, retry_after: Some(until - now) });
        }
        let is_full = self.under_way() >= spec.limit;
        is_full.then_some(Denied { reason: Denial::Saturated, retry_after: None })
    }
}
