//! The receipts of records that the driver has, and the room that is left.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use electrician_types::{Receipt, Result, Verdict};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::error::failed;
use crate::refusal::is_refusal;
use crate::sink::totals::Totals;

/// The ticket of a record that is not of the sink's: a dead letter of the source of a pair.
pub(crate) const DEAD_LETTER: usize = usize::MAX;

/// Shared by the sink, which fills it, and the thread that takes delivery reports.
///
/// A record has a ticket: the number of its slot, and whether a receipt is there. All memory is
/// allocated at once.
pub(crate) struct Slots {
    receipts: Box<[Mutex<Receipt>]>,
    returned: Mutex<Returned>,
    failures: Mutex<Failures>,
    /// The last error of the client as a whole.
    trouble: Mutex<Option<(KafkaError, String)>>,
    totals: Arc<Totals>,
    /// Why a dead letter of the transaction did not get where it should.
    dead_letter: Mutex<Option<KafkaError>>,
}

/// What came back since the sink looked.
struct Returned {
    slots: Vec<u32>,
    bytes: usize,
    /// Whom to wake, and what for.
    waiting: Option<(Waker, Want)>,
}

/// What a sink waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Want {
    /// So many slots, or so many bytes, that come back.
    Room(usize, usize),
    /// So many slots.
    All(usize),
    /// That the driver has let go of what it reported.
    Tick,
}

/// Deliveries that failed since the last flush.
#[derive(Default)]
struct Failures {
    count: u64,
    /// Where the first was to go, and why it did not.
    first: Option<(String, KafkaError)>,
}

/// What the sink has to itself: the free slots, and how much is under way.
pub(crate) struct Room {
    free: Vec<u32>,
    capacity: usize,
    bytes: usize,
    max_bytes: usize,
}

// === impl Slots ===

impl Slots {
    pub(crate) fn new(capacity: u32, totals: Arc<Totals>) -> Self {
        let returned =
            Returned { slots: Vec::with_capacity(capacity as usize), bytes: 0, waiting: None };
        Self {
            receipts: (0..capacity).map(|_| Mutex::new(Receipt::none())).collect(),
            returned: Mutex::new(returned),
            failures: Mutex::default(),
            trouble: Mutex::default(),
            totals,
            dead_letter: Mutex::default(),
        }
    }

    /// Keeps `receipt` in a free slot until the report, and gives the ticket.
    pub(crate) fn store(&self, slot: u32, receipt: Receipt) -> usize {
        let is_tracked = receipt.is_tracked();
        if is_tracked && let Some(place) = self.receipts.get(slot as usize) {
            *lock(place) = receipt;
        }
        (slot as usize) << 1 | usize::from(is_tracked)
    }

    /// The receipt of a record, leaving none.
    pub(crate) fn withdraw(&self, ticket: usize) -> Receipt {
        if ticket & 1 == 0 {
            return Receipt::none();
        }
        self.receipts.get(ticket >> 1).map(|place| lock(place).take()).unwrap_or_default()
    }

    /// A report: the record is settled and its slot free.
    pub(crate) fn settle(&self, ticket: usize, weight: usize, verdict: Verdict) {
        self.withdraw(ticket).settle(verdict);
        self.totals.count(verdict == Verdict::Ack);
        let mut returned = lock(&self.returned);
        returned.slots.push(u32::try_from(ticket >> 1).unwrap_or(u32::MAX));
        returned.bytes += weight;
        let woken = returned.woken(false);
        drop(returned);
        if let Some(waker) = woken {
            waker.wake();
        }
    }

    pub(crate) fn note_dead_letter(&self, error: KafkaError) {
        *lock(&self.dead_letter) = Some(error);
    }

    pub(crate) fn take_dead_letter(&self) -> Option<KafkaError> {
        lock(&self.dead_letter).take()
    }

    /// The driver has let go of what it reported.
    pub(crate) fn tick(&self) {
        let woken = lock(&self.returned).woken(true);
        if let Some(waker) = woken {
            waker.wake();
        }
    }

    /// Nobody waits for the reports any more: receipts that are left count as dropped.
    pub(crate) fn abandon(&self) {
        for place in &self.receipts {
            drop(lock(place).take());
        }
    }

    pub(crate) fn note_failure(&self, topic: &str, partition: i32, error: &KafkaError) {
        let mut failures = lock(&self.failures);
        failures.count += 1;
        failures.first.get_or_insert_with(|| {
            let place = match partition {
                ..0 => format!("topic {topic:?}"),
                _ => format!("topic {topic:?}, partition {partition}"),
            };
            (place, error.clone())
        });
    }

    pub(crate) fn note_trouble(&self, error: &KafkaError, reason: &str) {
        // That every broker is down is a consequence; what came before says more.
        let mut trouble = lock(&self.trouble);
        let is_vague = error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown);
        let is_final = trouble.as_ref().is_some_and(|(error, reason)| is_refusal(error, reason));
        if trouble.is_none() || !is_vague && !is_final {
            *trouble = Some((error.clone(), reason.to_owned()));
        }
    }

    /// Whether one side has refused the other.
    pub(crate) fn is_refused(&self) -> bool {
        lock(&self.trouble).as_ref().is_some_and(|(error, reason)| is_refusal(error, reason))
    }

    pub(crate) fn take_trouble(&self) -> Option<(KafkaError, String)> {
        lock(&self.trouble).take()
    }

    /// What went wrong since this was asked last.
    pub(crate) fn take_failures(&self) -> Result<()> {
        let Failures { count, first } = std::mem::take(&mut *lock(&self.failures));
        let Some((place, error)) = first else {
            return Ok(());
        };
        let what = if count == 1 {
            format!("a record for {place} was not delivered")
        } else {
            format!("{count} records were not delivered, the first for {place}")
        };
        Err(failed(what, error))
    }
}

// === impl Returned ===

impl Returned {
    /// Whom to wake now.
    fn woken(&mut self, is_tick: bool) -> Option<Waker> {
        let (_, want) = self.waiting.as_ref()?;
        let is_there = match *want {
            Want::Room(slots, bytes) => self.slots.len() >= slots || self.bytes >= bytes,
            Want::All(slots) => self.slots.len() >= slots,
            Want::Tick => is_tick,
        };
        if is_there { self.waiting.take().map(|(waker, _)| waker) } else { None }
    }
}

// === impl Room ===

impl Room {
    pub(crate) fn new(capacity: u32, max_bytes: usize) -> Self {
        let free = (0..capacity).rev().collect();
        Self { free, capacity: capacity as usize, bytes: 0, max_bytes }
    }

    /// How many records are under way, as far as is known.
    pub(crate) fn in_flight(&self) -> usize {
        self.capacity - self.free.len()
    }

    /// Whether there is room for a record of `weight` bytes. One alone may be as large as it likes.
    fn has(&self, weight: usize) -> bool {
        let fits = self.bytes.saturating_add(weight) <= self.max_bytes;
        !self.free.is_empty() && (fits || self.in_flight() == 0)
    }

    /// Ready when there is room for a record of `weight` bytes. Waits for a quarter of what is under
    /// way, so that it is not woken for every record.
    pub(crate) fn poll_room(
        &mut self,
        slots: &Slots,
        weight: usize,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        if self.has(weight) {
            return Poll::Ready(());
        }
        let mut returned = lock(&slots.returned);
        self.absorb(&mut returned);
        if self.has(weight) {
            returned.waiting = None;
            return Poll::Ready(());
        }
        let over = self.bytes.saturating_add(weight).saturating_sub(self.max_bytes);
        let want = if self.free.is_empty() {
            Want::Room(self.capacity.div_ceil(4), usize::MAX)
        } else {
            Want::Room(self.in_flight(), over.max(self.bytes / 4).min(self.bytes).max(1))
        };
        returned.waiting = Some((cx.waker().clone(), want));
        Poll::Pending
    }

    /// Ready when every record has its report.
    pub(crate) fn poll_all(&mut self, slots: &Slots, cx: &mut Context<'_>) -> Poll<()> {
        let mut returned = lock(&slots.returned);
        self.absorb(&mut returned);
        if self.in_flight() == 0 {
            returned.waiting = None;
            return Poll::Ready(());
        }
        returned.waiting = Some((cx.waker().clone(), Want::All(self.in_flight())));
        Poll::Pending
    }

    /// Asks for a wake-up when the driver has let go of what it reported.
    pub(crate) fn await_tick(slots: &Slots, cx: &Context<'_>) {
        lock(&slots.returned).waiting = Some((cx.waker().clone(), Want::Tick));
    }

    /// A slot, which there is after [`poll_room`](Self::poll_room).
    pub(crate) fn take(&mut self, weight: usize) -> Option<u32> {
        let slot = self.free.pop()?;
        self.bytes += weight;
        Some(slot)
    }

    /// The slot was not used.
    pub(crate) fn give_back(&mut self, slot: u32, weight: usize) {
        self.free.push(slot);
        self.bytes -= weight;
    }

    fn absorb(&mut self, returned: &mut Returned) {
        self.bytes -= std::mem::take(&mut returned.bytes);
        self.free.append(&mut returned.slots);
    }
}

/// A panic elsewhere leaves nothing half done here.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
