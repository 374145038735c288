//! A scenario out of a seed.

use std::time::Duration;

use fastrand::Rng;

use crate::fault::{Fault, FaultPlan};
use crate::scenario::parcel::Oddities;
use crate::scenario::spec::{
    End, Fan, FanKind, Gather, How, Letters, Op, Order, Producer, Reader, Reading, SinkSpec,
    SourceSpec, Spec, Stage, Step, Way, When,
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
        let mut draw = Self { rng, names: 0, how, may_hang, may_stick };
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
            stamp,
        }
    }

    fn gather(&mut self) -> Gather {
        let apart = Stage {
            op: Op::FlatMap,
            budget: None,
            retries: 0,
            has_letters: false,
            timeout: None,
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

    // --- the ends ---

    fn source(&mut self) -> SourceSpec {
        let attempts = self.rng.u32(1..3);
        SourceSpec {
            name: self.name("source"),
            items: self.rng.u64(0..60),
            chunk: self.capacity(),
            read_ahead: if self.one_in(3) { self.rng.usize(1..10) } else { 0 },
            yields: self.one_in(2),
            tracked: !self.one_in(4),
            batch: self.capacity(),
            restarts: if self.one_in(2) { self.rng.u32(1..5) } else { 0 },
            faults: self.source_faults().lasting(attempts),
            close_faults: self.call_faults(),
        }
    }

    fn producer(&mut self) -> Producer {
        let way = match self.rng.u8(..8) {
            0 => Way::Submit,
            1 => Way::Tracked,
            2 => Way::Try,
            3 => Way::Batch(self.rng.usize(1..30)),
            4 => Way::Retaken,
            5 => Way::Cancelled,
            _ => Way::Mixed,
        };
        Producer { items: self.rng.u64(0..60), way, seed: self.rng.u64(..) }
    }

    fn end(&mut self) -> End {
        match self.rng.u8(..8) {
            0 | 1 => End::Sink(self.sink()),
            2 => {
                let kind = self.fan_kind();
                let count = self.rng.u32(1..=3);
                let branches = (0..count).map(|index| {
                    let steps = self.steps(2, stamp(kind, index, count));
                    (steps, self.sink())
                });
                End::Sinks(kind, branches.collect())
            }
            _ => End::Output(self.readers()),
        }
    }

    fn sink(&mut self) -> SinkSpec {
        let is_buffering = self.one_in(2);
        SinkSpec {
            name: self.name("sink"),
            capacity: self.capacity(),
            chunk: self.capacity(),
            is_buffering,
            retries: if self.one_in(2) { self.rng.u32(1..4) } else { 0 },
            has_letters: self.one_in(2),
            faults: self.sink_faults(),
            open_faults: if self.one_in(4) { self.call_faults() } else { FaultPlan::none() },
            flush_faults: self.call_faults(),
            close_faults: self.call_faults(),
        }
    }

    fn readers(&mut self) -> Vec<Reader> {
        let is_finish = self.how == How::Finish;
        let count = self.rng.usize(usize::from(is_finish)..=3);
        let mut readers: Vec<Reader> = (0..count).map(|_| self.reader()).collect();
        if is_finish && let Some(first) = readers.first_mut() {
            // Somebody has to read to the end.
            first.quits_after = None;
        }
        readers
    }

    fn reader(&mut self) -> Reader {
        let way = match self.rng.u8(..10) {
            0..3 => Reading::Value,
            3..5 => Reading::Item { rejects: self.rng.u64(..300) },
            5 | 6 => Reading::Batch(self.rng.usize(1..40)),
            7 if !self.how.is_patient() => Reading::Stalled,
            _ => Reading::Cancelling,
        };
        Reader {
            way,
            pause: self.one_in(4).then(|| ms(self.rng.u64(1..4))),
            quits_after: self.one_in(4).then(|| self.rng.usize(..40)),
        }
    }

    fn letters(&mut self) -> Letters {
        let quits_after = self.one_in(4).then(|| self.rng.usize(..10));
        // A reader goes away while somebody waits for room, if there is little of it.
        let (slow_one_in, most) = if quits_after.is_some() { (2, 3) } else { (4, 64) };
        Letters {
            capacity: self.capacity().min(most),
            pause: self.one_in(slow_one_in).then(|| ms(self.rng.u64(1..4))),
            rejects: if self.one_in(3) { self.rng.u64(..500) } else { 0 },
            quits_after,
            is_stalled: !self.how.is_patient() && self.one_in(8),
        }
    }

    fn when(&mut self) -> When {
        match self.rng.u8(..8) {
            0 => When::Now,
            1..4 => When::After(ms(self.rng.u64(..40))),
            _ => When::Done,
        }
    }

    // --- what goes wrong ---

    fn stage_faults(&mut self, op: Op) -> FaultPlan {
        let mut plan = FaultPlan::seeded(self.rng.u64(..));
        if self.one_in(2) {
            return plan;
        }
        plan = plan
            .with_rate(Fault::Error, self.rng.u32(..120))
            .with_rate(Fault::Fatal, self.rng.u32(..40))
            .with_rate(Fault::Panic, self.rng.u32(..60));
        if matches!(op, Op::Async | Op::AsyncByRef) {
            plan = plan.with_rate(Fault::Slow(ms(self.rng.u64(1..10))), self.rng.u32(..200));
            if self.may_hang {
                plan = plan.with_rate(Fault::Hang, self.rng.u32(..40));
            }
        }
        if op == Op::Blocking && self.may_stick {
            plan = plan.with_rate(Fault::Hang, self.rng.u32(..40));
        }
        if self.one_in(2) { plan.lasting(self.rng.u32(1..3)) } else { plan }
    }

    fn source_faults(&mut self) -> FaultPlan {
        let mut plan = FaultPlan::seeded(self.rng.u64(..));
        if self.one_in(2) {
            return plan;
        }
        plan = plan
            .with_rate(Fault::Error, self.rng.u32(..30))
            .with_rate(Fault::Panic, self.rng.u32(..20))
            .with_rate(Fault::Duplicate, self.rng.u32(..60))
            .with_rate(Fault::Drop, self.rng.u32(..60))
            .with_rate(Fault::Idle, self.rng.u32(..40))
            .with_rate(Fault::Slow(ms(self.rng.u64(1..6))), self.rng.u32(..80));
        if self.may_hang { plan.with_rate(Fault::Hang, self.rng.u32(..20)) } else { plan }
    }

    fn sink_faults(&mut self) -> FaultPlan {
        let mut plan = FaultPlan::seeded(self.rng.u64(..));
        if self.one_in(2) {
            return plan;
        }
        plan = plan
            .with_rate(Fault::Error, self.rng.u32(..100))
            .with_rate(Fault::Fatal, self.rng.u32(..40))
            .with_rate(Fault::Panic, self.rng.u32(..40))
            .with_rate(Fault::Duplicate, self.rng.u32(..40))
            .with_rate(Fault::Drop, self.rng.u32(..40))
            .with_rate(Fault::Idle, self.rng.u32(..40))
            .with_rate(Fault::Slow(ms(self.rng.u64(1..6))), self.rng.u32(..80));
        if self.may_hang {
            plan = plan.with_rate(Fault::Hang, self.rng.u32(..20));
        }
        if self.one_in(2) { plan.lasting(self.rng.u32(1..3)) } else { plan }
    }

    /// For calls that are few: open, flush, close.
    fn call_faults(&mut self) -> FaultPlan {
        let plan = FaultPlan::seeded(self.rng.u64(..));
        match self.rng.u8(..8) {
            0 => plan.with_rate(Fault::Error, 400),
            1 => plan.with_rate(Fault::Panic, 400),
            2 => plan.with_rate(Fault::Slow(ms(self.rng.u64(1..5))), 400),
            3 if self.may_stick => plan.with_rate(Fault::Hang, 400),
            _ => plan,
        }
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
