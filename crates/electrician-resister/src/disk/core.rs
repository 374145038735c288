//! What the handles of a queue and its receipts share.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use electrician_types::{Acknowledge, Error, Receipt, Verdict};

use super::frame;
use super::log::{Log, Place};
use crate::herald::Herald;
use crate::line::Line;
use crate::room::Room;
use crate::sync::{Mutex, lock};
use crate::time::{Nanos, Timeline};
use crate::waits::Waits;

pub(crate) struct Core {
    pub(crate) state: Mutex<State>,
    /// Verdicts that were not looked at yet. At most one for each element in flight. Under a lock
    /// of their own, because whoever gives one must not wait for the disk.
    verdicts: Mutex<Vec<(u64, Verdict)>>,
    /// Those who wait for an element.
    pub(crate) items: Waits,
    /// Those who wait for room.
    pub(crate) room: Room,
    pub(crate) time: Timeline,
    pub(crate) ttl: Option<Duration>,
    pub(crate) capacity: usize,
    pub(crate) herald: Herald,
    /// Where frames are put together, outside of the lock.
    pub(crate) scratch: Mutex<Vec<u8>>,
}

pub(crate) struct State {
    pub(crate) line: Line<Place>,
    pub(crate) log: Log,
    /// Elements that came out and have no verdict.
    pub(crate) in_flight: usize,
    pub(crate) is_closed: bool,
    /// Elements that cannot be read, and why.
    pub(crate) spoiled: VecDeque<(u32, Error)>,
    /// Acknowledged elements of which the log does not know yet.
    unwritten: Vec<u64>,
    /// Verdicts being looked at, and frames being made.
    settled: Vec<(u64, Verdict)>,
    frames: Vec<u8>,
    pub(crate) buffer: Vec<u8>,
}

// === impl Core ===

impl Core {
    pub(crate) fn new(
        state: State,
        time: Timeline,
        ttl: Option<Duration>,
        capacity: usize,
        herald: Herald,
    ) -> Self {
        Self {
            state: Mutex::new(state),
            verdicts: Mutex::default(),
            items: Waits::default(),
            room: Room::default(),
            time,
            ttl,
            capacity,
            herald,
            scratch: Mutex::default(),
        }
    }

    /// Looks at the verdicts that have come, and does `work`. Whoever gave them woke who may go on.
    pub(crate) fn work<R>(&self, work: impl FnOnce(&mut State, Nanos) -> R) -> R {
        let mut state = lock(&self.state);
        let now = self.time.now();
        self.settle_all(&mut state, now);
        let result = work(&mut state, now);
        let news = if self.herald.is_heard() { state.line.news() } else { None };
        drop(state);
        if let Some(news) = news {
            self.herald.tell(news);
        }
        result
    }

    /// Does what the verdicts say.
    fn settle_all(&self, state: &mut State, now: Nanos) {
        {
            let mut verdicts = lock(&self.verdicts);
            if verdicts.is_empty() {
                return;
            }
            mem::swap(&mut *verdicts, &mut state.settled);
        }
        let settled = mem::take(&mut state.settled);
        state.frames.clear();
        for &(token, verdict) in &settled {
            let place = u32::try_from(token).expect("tokens are places");
            state.in_flight -= 1;
            if verdict == Verdict::Ack {
                state.release(place);
            } else {
                state.take_back(place, now);
            }
        }
        state.settled = settled;
        state.settled.clear();
        // What cannot be written now is written later; until then an end of the process brings the
        // elements back.
        if state.write_pending(now).is_ok() {
            state.log.trim(now).ok();
            state.compact(now).ok();
        } else {
            // Segments of which nothing is left make room.
            state.log.trim(now).ok();
        }
    }

    /// The receipt of the element at `place`, which is in flight from now on.
    pub(crate) fn receipt(self: &Arc<Self>, place: u32) -> Receipt {
        Receipt::new(Arc::clone(self) as _, u64::from(place))
    }
}

impl Acknowledge for Core {
    fn settle(&self, token: u64, verdict: Verdict) {
        lock(&self.verdicts).push((token, verdict));
        // Whoever is parked looks at it: one verdict brings back one element, or makes room.
        self.items.wake(1);
        self.room.wake();
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        // All receipts have settled: each holds this. The last error has nobody to go to; `close`
        // is for those who want to know.
        self.work(|state, now| {
            state.write_pending(now).ok();
            if state.log.fsync != super::Fsync::Never {
                state.log.sync(now).ok();
            }
            state.log.lock.unlock().ok();
        });
    }
}

// === impl State ===

impl State {
    pub(crate) fn new(line: Line<Place>, log: Log) -> Self {
        Self {
            line,
            log,
            in_flight: 0,
            is_closed: false,
            spoiled: VecDeque::new(),
            unwritten: Vec::new(),
            settled: Vec::new(),
            frames: Vec::new(),
            buffer: Vec::new(),
        }
    }

    /// The element at `place` is done with.
    fn release(&mut self, place: u32) {
        let entry = self.line.release(place);
        self.log.lose(entry.payload);
        self.line.counters.acked += 1;
        self.unwritten.push(entry.ticket.id);
    }

    /// The element at `place` has come back.
    fn take_back(&mut self, place: u32, now: Nanos) {
        let sequence = self.line.number();
        let ticket = &mut self.line.entry_mut(place).ticket;
        ticket.retries = ticket.retries.saturating_add(1);
        ticket.sequence = sequence;
        ticket.queued = now;
        frame::requeue(&mut self.frames, ticket);
        self.line.come_back(place);
    }

    /// Writes what is known of acknowledged elements and of those that came back.
    pub(crate) fn write_pending(&mut self, now: Nanos) -> io::Result<()> {
        let mut frames = mem::take(&mut self.frames);
        for id in &self.unwritten {
            frame::ack(&mut frames, *id);
        }
        let base = self.line.next_number();
        let result = if frames.is_empty() {
            Ok(())
        } else {
            self.log.append(&frames, base, now, false).map(drop)
        };
        if result.is_ok() {
            self.unwritten.clear();
        }
        // That an element came back is not worth a second try: it is in the log anyway.
        frames.clear();
        self.frames = frames;
        result
    }
}
