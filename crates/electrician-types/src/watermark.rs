//! The contiguous watermark: which offset a source may commit.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use crate::sync::{AtomicBool, AtomicU64, Mutex, Ordering, fence, lock};
use crate::{Acknowledge, NackReason, Receipt, Verdict};

/// The largest window, for it is allocated at once.
const MAX_WINDOW: usize = 1 << 24;

const COUNT: u64 = u32::MAX as u64;
const REASON_SHIFT: u32 = 32;

/// Hands out receipts for ascending offsets and knows up to which offset *everything* was
/// acknowledged, however out of order the verdicts came.
///
/// The window bounds the gap: when `window` items are between the oldest unsettled one and the
/// newest, [`track`](Self::track) refuses, and the source waits with
/// [`poll_settled`](Self::poll_settled). Memory is allocated once, `16 * window` bytes; tracking,
/// settling and splitting allocate nothing.
///
/// A nacked offset holds the watermark until the source has decided: [`retry`](Self::retry) to
/// deliver the item again, or [`resolve`](Self::resolve) when it was disposed of otherwise.
pub struct Watermark {
    shared: Arc<Shared>,
    offsets: Box<[u64]>,
    /// Sequence number of the oldest item that is not committed.
    low: u64,
    /// Sequence number of the next item.
    next: u64,
    committed: Option<u64>,
}

/// An item that came back with a negative acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nacked {
    /// The offset it was tracked under.
    pub offset: u64,
    /// Why it was not processed.
    pub reason: NackReason,
}

struct Shared {
    /// Outstanding verdicts in the low half, a bit for each reason of a nack above.
    slots: Box<[AtomicU64]>,
    /// Whether there is a waker. Changes with it, under its lock.
    waiting: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

// === impl Watermark ===

impl Watermark {
    /// A watermark over at most `window` items in flight: at least one, and no more than 2^24
    /// however large `window` is.
    pub fn new(window: usize) -> Self {
        let window = window.clamp(1, MAX_WINDOW);
        Self {
            shared: Arc::new(Shared {
                slots: (0..window).map(|_| AtomicU64::new(0)).collect(),
                waiting: AtomicBool::new(false),
                waker: Mutex::new(None),
            }),
            offsets: vec![0; window].into_boxed_slice(),
            low: 0,
            next: 0,
            committed: None,
        }
    }

    /// A receipt for the item at `offset`, or `None` when the window is full.
    ///
    /// Offsets must ascend, though they may leave gaps (compacted topics do).
    pub fn track(&mut self, offset: u64) -> Option<Receipt> {
        if self.in_flight() == self.offsets.len() {
            return None;
        }
        let slot = self.slot(self.next);
        self.offsets[slot] = offset;
        self.shared.slots[slot].store(1, Ordering::Relaxed);
        let receipt = Receipt::new(self.target(), self.next);
        self.next += 1;
        Some(receipt)
    }

    /// Moves the watermark over everything that was acknowledged without a gap. Returns the
    /// highest such offset when it moved.
    pub fn advance(&mut self) -> Option<u64> {
        let before = self.low;
        while self.low < self.next {
            let slot = self.slot(self.low);
            if self.shared.slots[slot].load(Ordering::Acquire) != 0 {
                break;
            }
            self.committed = Some(self.offsets[slot]);
            self.low += 1;
        }
        (self.low != before).then_some(self.committed).flatten()
    }

    /// The highest offset up to which everything was acknowledged, as of the last
    /// [`advance`](Self::advance).
    pub const fn committed(&self) -> Option<u64> {
        self.committed
    }

    /// How many items stand between the watermark and the newest item.
    pub fn in_flight(&self) -> usize {
        usize::try_from(self.next - self.low).unwrap_or(usize::MAX)
    }

    /// The nacked items, oldest first. Each is listed until it is retried or resolved.
    pub fn nacked(&self) -> impl Iterator<Item = Nacked> + '_ {
        (self.low..self.next).filter_map(|sequence| {
            let slot = self.slot(sequence);
            let state = self.shared.slots[slot].load(Ordering::Acquire);
            (state != 0 && state & COUNT == 0)
                .then(|| Nacked { offset: self.offsets[slot], reason: reason_of(state) })
        })
    }

    /// A new receipt for a nacked item that is delivered again, or `None` when `offset` is not
    /// nacked.
    pub fn retry(&mut self, offset: u64) -> Option<Receipt> {
        let sequence = self.find_nacked(offset)?;
        self.shared.slots[self.slot(sequence)].store(1, Ordering::Relaxed);
        Some(Receipt::new(self.target(), sequence))
    }

    /// Counts a nacked item as done. Returns whether `offset` was nacked.
    pub fn resolve(&mut self, offset: u64) -> bool {
        let Some(sequence) = self.find_nacked(offset) else {
            return false;
        };
        self.shared.slots[self.slot(sequence)].store(0, Ordering::Relaxed);
        true
    }

    /// Waits until the oldest item in flight is settled, or any item is nacked. Ready at once when
    /// nothing is in flight. Only the task that polled last is woken.
    pub fn poll_settled(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.has_news() {
            return Poll::Ready(());
        }
        let mine = Some(cx.waker().clone());
        let mut waker = lock(&self.shared.waker);
        let former = mem::replace(&mut *waker, mine);
        self.shared.waiting.store(true, Ordering::Relaxed);
        drop(waker);
        // After the lock: a task that ends with its last waker may settle receipts of its own.
        drop(former);
        fence(Ordering::SeqCst);
        if self.has_news() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Waits until nothing is in flight any more, moving the watermark on the way; gives up when an
    /// item is nacked. Returns whether everything was acknowledged. Cancel-safe.
    pub async fn drained(&mut self) -> bool {
        loop {
            self.advance();
            if self.in_flight() == 0 {
                return true;
            }
            if self.nacked().next().is_some() {
                return false;
            }
            std::future::poll_fn(|cx| self.poll_settled(cx)).await;
        }
    }

    fn has_news(&self) -> bool {
        self.low == self.next
            || self.shared.slots[self.slot(self.low)].load(Ordering::Acquire) & COUNT == 0
            || self.nacked().next().is_some()
    }

    fn find_nacked(&self, offset: u64) -> Option<u64> {
        (self.low..self.next).find(|&sequence| {
            let slot = self.slot(sequence);
            let state = self.shared.slots[slot].load(Ordering::Acquire);
            self.offsets[slot] == offset && state != 0 && state & COUNT == 0
        })
    }

    fn slot(&self, sequence: u64) -> usize {
        slot_of(sequence, self.offsets.len())
    }

    fn target(&self) -> Arc<dyn Acknowledge> {
        Arc::<Shared>::clone(&self.shared)
    }
}

impl fmt::Debug for Watermark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watermark")
            .field("committed", &self.committed)
            .field("in_flight", &self.in_flight())
            .field("window", &self.offsets.len())
            .finish()
    }
}

// === impl Shared ===

impl Acknowledge for Shared {
    fn settle(&self, token: u64, verdict: Verdict) {
        let slot = &self.slots[slot_of(token, self.slots.len())];
        if let Verdict::Nack(reason) = verdict {
            slot.fetch_or(bit_of(reason), Ordering::Relaxed);
        }
        slot.fetch_sub(1, Ordering::Release);
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed)
            && let Some(waker) = self.take_waker()
        {
            waker.wake();
        }
    }

    fn split(&self, token: u64, extra: u32) -> bool {
        let slot = &self.slots[slot_of(token, self.slots.len())];
        // More parts than the half can count: the receipt counts them itself.
        let fits = |state: u64| (state & COUNT) + u64::from(extra) <= COUNT;
        let grown = |state| fits(state).then_some(state + u64::from(extra));
        slot.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).is_ok()
    }
}

impl Shared {
    #[cold]
    fn take_waker(&self) -> Option<Waker> {
        let mut waker = lock(&self.waker);
        self.waiting.store(false, Ordering::Relaxed);
        waker.take()
    }
}

fn slot_of(sequence: u64, window: usize) -> usize {
    usize::try_from(sequence % window as u64).expect("below the window's length")
}

const fn bit_of(reason: NackReason) -> u64 {
    1 << (REASON_SHIFT + reason as u32)
}

/// Parts may have been nacked for several reasons: the one that says most about the item.
fn reason_of(state: u64) -> NackReason {
    [NackReason::Rejected, NackReason::Failed, NackReason::Returned]
        .into_iter()
        .find(|reason| state & bit_of(*reason) != 0)
        .unwrap_or(NackReason::Dropped)
}
