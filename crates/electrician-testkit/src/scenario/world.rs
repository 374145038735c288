//! What everything in a scenario shares.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_types::{Clock, Result};
use electrician_wire::DeadLetterPort;

use crate::changes::lock;
use crate::clock::VirtualClock;
use crate::fault::{Fault, FaultPlan};
use crate::faults::Faults;
use crate::gate::Gate;
use crate::oracle::{Fate, Oracle};
use crate::scenario::guard::FlakyGuard;
use crate::scenario::parcel::{Oddities, Parcel};
use crate::scenario::spec::GuardSpec;
use crate::sink::SinkRecord;
use crate::source::FaultySource;
use crate::trace::Trace;
use crate::verdicts::Verdicts;

/// What everything in a scenario shares. It holds nothing that would keep the run alive.
#[derive(Clone)]
pub(super) struct World {
    pub(super) oracle: Oracle,
    pub(super) clock: VirtualClock,
    pub(super) gate: Gate,
    pub(super) oddities: Oddities,
    places: Arc<Mutex<Places>>,
}

#[derive(Default)]
struct Places {
    stamps: BTreeMap<String, (u32, u32)>,
    sources: Vec<(String, FaultySource<Parcel>)>,
    sinks: Vec<Spot>,
    guards: Vec<(String, FlakyGuard)>,
    /// The faults of the stages that try again.
    retrying: Vec<Faults>,
}

/// A sink to look at afterwards.
#[derive(Clone)]
pub(super) struct Spot {
    pub(super) name: String,
    pub(super) record: SinkRecord<Parcel>,
}

/// What one stage needs to treat its parcels.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) world: World,
    faults: Faults,
    stamp: Option<(u32, u32)>,
}

/// A parcel that user code has in its hands; if it never finishes, the parcel is gone.
pub(super) struct InHand<'a> {
    world: &'a World,
    trace: Option<Trace>,
}

// === impl World ===

impl World {
    pub(super) fn new(counts_parts: bool, oddities: Oddities) -> Self {
        let verdicts = if counts_parts { Verdicts::counting() } else { Verdicts::plain() };
        Self {
            oracle: Oracle::with_verdicts(verdicts),
            clock: VirtualClock::new(),
            gate: Gate::new(),
            oddities,
            places: Arc::default(),
        }
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    pub(super) async fn pass(&self, time: Duration) {
        crate::faults::pass_time(&self.clock, time).await;
    }

    pub(super) fn faults(&self, plan: &FaultPlan) -> Faults {
        Faults::new(plan.clone()).with_clock(self.clock()).with_gate(self.gate.clone())
    }

    /// The parcel with this id. What no queue takes may fail anywhere.
    pub(super) fn parcel(&self, id: u64) -> Parcel {
        if self.oddities.is_heavy(id) || self.oddities.is_cursed(id) {
            self.oracle.may_fail(id);
        }
        self.oddities.parcel(id)
    }

    /// Panics on parcels that are cursed: called by functions for key, size and route.
    pub(super) fn curse(&self, parcel: &Parcel) {
        if self.oddities.is_cursed(parcel.trace.id()) {
            resume_unwind(Box::new(format!("{} is cursed", parcel.trace)));
        }
    }

    pub(super) fn note_stamp(&self, place: &str, stamp: Option<(u32, u32)>) {
        if let Some(stamp) = stamp {
            lock(&self.places).stamps.insert(place.to_owned(), stamp);
        }
    }

    pub(super) fn note_source(&self, name: &str, source: &FaultySource<Parcel>) {
        lock(&self.places).sources.push((name.to_owned(), source.clone()));
    }

    pub(super) fn note_sink(&self, name: &str, record: SinkRecord<Parcel>) {
        let spot = Spot { name: name.to_owned(), record };
        lock(&self.places).sinks.push(spot);
    }

    /// A guard of `stage`, to be looked at afterwards.
    pub(super) fn guard(&self, stage: &str, spec: GuardSpec) -> FlakyGuard {
        let guard = FlakyGuard::new(spec, self.clock.clone());
        lock(&self.places).guards.push((stage.to_owned(), guard.clone()));
        guard
    }

    /// A parcel that user code has in its hands.
    pub(super) const fn in_hand(&self, trace: Trace) -> InHand<'_> {
        InHand { world: self, trace: Some(trace) }
    }

    /// What a parcel is that was bound for `place`: a branch begins there, perhaps.
    pub(super) fn arrived(&self, place: &str, trace: &Trace) -> Trace {
        stamped(trace, lock(&self.places).stamps.get(place).copied())
    }

    /// Lets go of everything that holds on to this world.
    pub(super) fn end(&self) {
        drop(std::mem::take(&mut *lock(&self.places)));
    }

    /// How many attempts were made beyond the first, by stages that try again.
    pub(super) fn retries(&self) -> u64 {
        lock(&self.places).retrying.iter().map(Faults::retries).sum()
    }

    pub(super) fn guards(&self) -> Vec<(String, FlakyGuard)> {
        lock(&self.places).guards.clone()
    }

    pub(super) fn sinks(&self) -> Vec<Spot> {
        lock(&self.places).sinks.clone()
    }

    pub(super) fn sources(&self) -> Vec<(String, FaultySource<Parcel>)> {
        lock(&self.places).sources.clone()
    }
}

// === impl Bench ===

impl Bench {
    pub(super) fn new(world: &World, plan: &FaultPlan, stamp: Option<(u32, u32)>) -> Self {
        Self { world: world.clone(), faults: world.faults(plan), stamp }
    }

    /// The same, for a stage that tries again.
    pub(super) fn retrying(self) -> Self {
        let faults = self.faults.clone();
        lock(&self.world.places).retrying.push(faults);
        self
    }

    /// What the parcel is here.
    pub(super) fn trace(&self, parcel: &Parcel) -> Trace {
        stamped(&parcel.trace, self.stamp)
    }

    /// The parcel as it leaves.
    pub(super) fn done(&self, parcel: &Parcel) -> Parcel {
        Parcel { trace: self.trace(parcel), bytes: parcel.bytes }
    }

    /// Meets the fault of the parcel, if it has one.
    pub(super) fn meet(&self, parcel: &Parcel) -> Result<()> {
        let strike = self.faults.strike(parcel.trace.number());
        self.warn(strike.fault, parcel);
        if strike.fault == Some(Fault::Hang) {
            self.world.gate.pass_blocking();
        }
        strike.land().map(|_| ())
    }

    pub(super) async fn meet_async(&self, parcel: &Parcel) -> Result<()> {
        let strike = self.faults.strike(parcel.trace.number());
        self.warn(strike.fault, parcel);
        let in_hand = self.in_hand(parcel);
        let met = self.faults.delayed(strike).await;
        in_hand.release();
        met.map(|_| ())
    }

    /// Whether the next attempt on the parcel meets a fault.
    pub(super) fn is_faulty(&self, parcel: &Parcel) -> bool {
        let number = parcel.trace.number();
        let next = self.faults.attempts(number) + 1;
        self.faults.plan().fault(number, next).is_some()
    }

    pub(super) fn in_hand(&self, parcel: &Parcel) -> InHand<'_> {
        self.world.in_hand(self.trace(parcel))
    }

    pub(super) fn filtered(&self, parcel: &Parcel) {
        self.world.oracle.saw(Fate::Filtered, self.trace(parcel));
    }

    fn warn(&self, fault: Option<Fault>, parcel: &Parcel) {
        if matches!(fault, Some(Fault::Error | Fault::Fatal | Fault::Panic)) {
            self.world.oracle.may_fail(self.trace(parcel));
        }
    }
}

// === impl InHand ===

impl InHand<'_> {
    pub(super) fn release(mut self) {
        self.trace = None;
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        if let Some(trace) = self.trace.take() {
            self.world.oracle.may_fail(trace);
        }
    }
}

fn stamped(trace: &Trace, stamp: Option<(u32, u32)>) -> Trace {
    stamp.map_or_else(|| trace.clone(), |(index, of)| trace.part(index, of))
}

/// A port to dead letters, for the stages that have one.
pub(super) type Port = DeadLetterPort<Parcel>;
