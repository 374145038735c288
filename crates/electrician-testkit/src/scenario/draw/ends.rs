//! Where a scenario begins and ends.

use crate::fault::FaultPlan;
use crate::scenario::draw::{Draw, ms, stamp};
use crate::scenario::spec::{
    End, How, Letters, Producer, Reader, Reading, SinkSpec, SourceSpec, Way, When,
};

impl Draw {
    pub(super) fn source(&mut self) -> SourceSpec {
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

    pub(super) fn producer(&mut self) -> Producer {
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

    pub(super) fn end(&mut self) -> End {
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

    pub(super) fn sink(&mut self) -> SinkSpec {
        let is_buffering = self.one_in(2);
        SinkSpec {
            name: self.name("sink"),
            capacity: self.capacity(),
            chunk: self.capacity(),
            is_buffering,
            guards: self.guards(),
            retries: if self.one_in(2) { self.rng.u32(1..4) } else { 0 },
            has_letters: self.one_in(2),
            faults: self.sink_faults(),
            open_faults: if self.one_in(4) { self.call_faults() } else { FaultPlan::none() },
            flush_faults: self.call_faults(),
            close_faults: self.call_faults(),
        }
    }

    pub(super) fn readers(&mut self) -> Vec<Reader> {
        let is_finish = self.how == How::Finish;
        let count = self.rng.usize(usize::from(is_finish)..=3);
        let mut readers: Vec<Reader> = (0..count).map(|_| self.reader()).collect();
        if is_finish && let Some(first) = readers.first_mut() {
            // Somebody has to read to the end.
            first.quits_after = None;
        }
        readers
    }

    pub(super) fn reader(&mut self) -> Reader {
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

    pub(super) fn letters(&mut self) -> Letters {
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

    pub(super) fn when(&mut self) -> When {
        match self.rng.u8(..8) {
            0 => When::Now,
            1..4 => When::After(ms(self.rng.u64(..40))),
            _ => When::Done,
        }
    }
}
