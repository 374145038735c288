//! What goes wrong in a scenario.

use crate::fault::{Fault, FaultPlan};
use crate::scenario::draw::{Draw, ms};
use crate::scenario::spec::Op;

impl Draw {
    pub(super) fn stage_faults(&mut self, op: Op) -> FaultPlan {
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

    pub(super) fn source_faults(&mut self) -> FaultPlan {
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

    pub(super) fn sink_faults(&mut self) -> FaultPlan {
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
    pub(super) fn call_faults(&mut self) -> FaultPlan {
        let plan = FaultPlan::seeded(self.rng.u64(..));
        match self.rng.u8(..8) {
            0 => plan.with_rate(Fault::Error, 400),
            1 => plan.with_rate(Fault::Panic, 400),
            2 => plan.with_rate(Fault::Slow(ms(self.rng.u64(1..5))), 400),
            3 if self.may_stick => plan.with_rate(Fault::Hang, 400),
            _ => plan,
        }
    }
}
