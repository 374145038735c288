//! A scenario out of a seed.

mod ends;
mod faults;

use std::time::Duration;

use fastrand::Rng;

use crate::fault::mix;
use crate::scenario::parcel::Oddities;
use crate::scenario::spec::{
    Denied, End, Fan, FanKind, Gather, GuardSpec, How, Op, Order, Spec, Stage, Step,
};

const CAPACITIES: [usize; 9] = [1, 2, 3, 4, 5, 8, 16, 33, 64];

const OPS: [Op; 11] = [
    Op::Map,
    Op::PerWorker,
    Op::Filter,
    Op::FlatMap,
    Op::ByRef,
    Op::Cloned,
    Op::InPlace,
    Op::Emit,
    Op::Async,
    Op::AsyncByRef,
    Op::Blocking,
];

/// Draws one scenario.
pub(super) struct Draw {
    rng: Rng,
    /// For the guards alone.
    guards: Rng,
    names: u32,
    how: How,
    /// Whether what hangs goes on, or is cut off by a deadline.
    may_hang: bool,
    /// Whether to let things hang that no deadline cuts off.
    may_stick: bool,
}

impl Draw {
    pub(super) fn spec(seed: u64) -> Spec {
        let mut rng = Rng::with_seed(seed);
        let how = how(&mut rng);
        let release = (rng.u8(..4) == 0).then(|| ms(rng.u64(1..60)));
        let may_stick = !how.is_patient() && rng.u8(..16) == 0;
        let may_hang = release.is_some() || !how.is_patient();
        let guards = Rng::with_seed(mix(seed));
        let mut draw = Self { rng, guards, names: 0, how, may_hang, may_stick };
        draw.whole(release)
    }

    fn whole(&mut self, release: Option<Duration>) -> Spec {
        let steps = self.steps(0, None);
        let end = self.end();
        let sources = self.some(2, 0, Self::source);
        let sides =
            if self.one_in(8) { vec![(self.steps(1, None), self.source())] } else { Vec::new() };
        let at_least = usize::from(sources.is_empty() && sides.is_empty());
        let producers = self.some(3, at_least, Self::producer);
        let bare = sources.is_empty()
            && sides.is_empty()
            && matches!((&*steps, &end), ([Step::Stage(_)], End::Output(_)))
            && self.one_in(2);
        Spec {
            producers,
            sources,
            sides,
            steps,
            end,
            letters: self.letters(),
            when: self.when(),
            how: self.how,
            rounds: self.rng.usize(1..3),
            release,
            oddities: Oddities {
                heavy: if self.one_in(3) { 30 } else { 0 },
                cursed: if self.one_in(3) { 30 } else { 0 },
            },
            counts_parts: self.one_in(2),
            output_capacity: self.capacity(),
            bare,
        }
    }

    // --- the chain ---

    fn steps(&mut self, depth: u32, stamp: Option<(u32, u32)>) -> Vec<Step> {
        let count = if depth == 0 { self.rng.usize(1..=5) } else { self.rng.usize(1..=2) };
        let first = self.stage(stamp);
        let mut steps = vec![Step::Stage(first)];
        for _ in 1..count {
            let step = match self.rng.u8(..10) {
                0 | 1 => Step::Batch(self.gather()),
                2 if depth < 2 => Step::Fan(self.fan(depth)),
                3 if depth == 0 => {
                    let inner = self.steps(1, None);
                    Step::Joined(inner, self.source())
                }
                _ => Step::Stage(self.stage(None)),
            };
            steps.push(step);
        }
        steps
    }

    fn stage(&mut self, stamp: Option<(u32, u32)>) -> Stage {
        let op = OPS[self.rng.usize(..OPS.len())];
        let keeps = matches!(op, Op::ByRef | Op::Cloned | Op::InPlace | Op::Emit | Op::AsyncByRef);
        let is_async = matches!(op, Op::Async | Op::AsyncByRef);
        let has_letters = keeps && self.one_in(2);
        let retries = if keeps && self.one_in(2) { self.rng.u32(1..4) } else { 0 };
        let workers = self.rng.usize(1..=4);
        Stage {
            name: self.name("stage"),
            op,
            // A keyed queue needs a place for each worker.
            capacity: self.capacity().max(workers),
            workers,
            order: [Order::None, Order::Keyed, Order::Whole][self.rng.usize(..3)],
            budget: self.one_in(4).then(|| self.rng.u64(8..64)),
            retries,
            has_letters,
            timeout: (is_async && self.one_in(2)).then(|| ms(self.rng.u64(2..12))),
            faults: self.stage_faults(op),
            is_observed: self.one_in(8),
            guards: self.guards(),
            stamp,
        }
    }

    fn guards(&mut self) -> Vec<GuardSpec> {
        let rng = &mut self.guards;
        let count = [0, 0, 0, 1, 1, 2][rng.usize(..6)];
        let guard = |_| GuardSpec {
            seed: rng.u64(..),
            denials: rng.u32(..300),
            limit: if rng.bool() { rng.usize(1..10) } else { usize::MAX },
            is_timing: rng.u8(..4) == 0,
            denied: [Denied::Pause, Denied::Reject, Denied::Divert][rng.usize(..3)],
        };
        (0..count).map(guard).collect()
    }

    fn pausing_guards(&mut self) -> Vec<GuardSpec> {
        let guards = self.guards().into_iter();
        guards.map(|guard| GuardSpec { denied: Denied::Pause, ..guard }).collect()
    }

    fn gather(&mut self) -> Gather {
        let apart = Stage {
            op: Op::FlatMap,
            budget: None,
            retries: 0,
            has_letters: false,
            timeout: None,
            guards: self.pausing_guards(),
            ..self.stage(None)
        };
        Gather {
            name: self.name("batch"),
            items: self.rng.usize(1..20),
            bytes: self.one_in(3).then(|| self.rng.u64(8..64)),
            age: self.one_in(2).then(|| ms(self.rng.u64(1..10))),
            capacity: self.capacity(),
            workers: if self.one_in(3) { self.rng.usize(2..4) } else { 1 },
            apart: Stage { faults: self.stage_faults(Op::FlatMap), ..apart },
        }
    }

    fn fan(&mut self, depth: u32) -> Fan {
        let kind = self.fan_kind();
        let count = self.rng.u32(1..=3);
        let branch = |index| self.steps(depth + 1, stamp(kind, index, count));
        Fan { kind, branches: (0..count).map(branch).collect() }
    }

    fn fan_kind(&mut self) -> FanKind {
        [
            FanKind::Broadcast,
            FanKind::Broadcast,
            FanKind::Partition,
            FanKind::RouteElse,
            FanKind::RouteDrop,
            FanKind::RouteFail,
        ][self.rng.usize(..6)]
    }

    // --- small things ---

    fn some<T>(
        &mut self,
        at_most: usize,
        at_least: usize,
        draw: impl Fn(&mut Self) -> T,
    ) -> Vec<T> {
        let count = self.rng.usize(at_least..=at_most);
        (0..count).map(|_| draw(self)).collect()
    }

    fn one_in(&mut self, n: u8) -> bool {
        self.rng.u8(..n) == 0
    }

    fn capacity(&mut self) -> usize {
        CAPACITIES[self.rng.usize(..CAPACITIES.len())]
    }

    fn name(&mut self, what: &str) -> String {
        self.names += 1;
        format!("{what}-{}", self.names)
    }
}

fn how(rng: &mut Rng) -> How {
    match rng.u8(..16) {
        0..5 => How::Drain,
        5..8 => How::Deadline(ms(rng.u64(1..60))),
        8 | 9 => How::Zero,
        10..12 => How::Finish,
        12 | 13 => How::FinishOrStop(ms(rng.u64(1..40)), ms(rng.u64(..40))),
        14 => How::Drop,
        _ => How::CancelStop(rng.usize(..4)),
    }
}

/// In a broadcast each branch has a part; elsewhere items stay whole.
const fn stamp(kind: FanKind, index: u32, count: u32) -> Option<(u32, u32)> {
    match kind {
        FanKind::Broadcast if count > 1 => Some((index, count)),
        _ => None,
    }
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
