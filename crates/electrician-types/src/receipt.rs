//! Receipts: how a source learns what became of an item.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::TraceContext;

/// What a source is told about one of its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The item is done with: delivered, filtered out, or safely dead-lettered.
    Ack,
    /// The item was not processed. The source may deliver it again.
    Nack(NackReason),
}

/// Why an item was not processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum NackReason {
    /// The receipt went away without a verdict.
    Dropped = 1,
    /// A stage failed on the item and nothing took it over.
    Failed = 2,
    /// A stage refused the item.
    Rejected = 3,
    /// The run stopped before the item was done, and the item was handed back.
    Returned = 4,
}

/// Where verdicts go. A source implements it, or uses [`Watermark`](crate::Watermark).
///
/// # Laws
///
/// - `settle` is called exactly once for a token, plus once for every `extra` granted by `split`.
/// - It is called from any thread, never blocks, and never panics.
/// - Calls for different tokens come in any order.
pub trait Acknowledge: Send + Sync + 'static {
    /// Takes the verdict for `token`.
    fn settle(&self, token: u64, verdict: Verdict);

    /// Asks to expect `extra` more verdicts for `token`; the item counts as acknowledged when all
    /// of them are [`Verdict::Ack`].
    ///
    /// Returns `false` when the implementation does not count, in which case the receipt counts
    /// for it, at the cost of one allocation. The default is `false`.
    fn split(&self, token: u64, extra: u32) -> bool {
        let _ = (token, extra);
        false
    }

    /// The trace that the item of `token` belongs to. The default is none.
    fn trace(&self, token: u64) -> Option<TraceContext> {
        let _ = token;
        None
    }

    /// The item of `token` leaves one place for another at `now`. Gives how long it was there, if
    /// that is measured for it; the default is that it is not.
    fn pass(&self, token: u64, now: Instant) -> Option<Duration> {
        let _ = (token, now);
        None
    }
}

/// The duty to tell a source what became of one item.
///
/// Exactly one verdict leaves a receipt: [`ack`](Self::ack), [`nack`](Self::nack), or, when it is
/// dropped, a nack with [`NackReason::Dropped`]. A receipt without a source ([`Receipt::none`])
/// costs nothing.
#[must_use = "dropping a receipt is a negative acknowledgement"]
#[derive(Default)]
pub struct Receipt(Option<Duty>);

struct Duty {
    target: Arc<dyn Acknowledge>,
    token: u64,
}

// === impl Receipt ===

impl Receipt {
    /// A receipt that nobody waits for.
    pub const fn none() -> Self {
        Self(None)
    }

    /// A receipt that settles `token` at `target`.
    pub fn new(target: Arc<dyn Acknowledge>, token: u64) -> Self {
        Self(Some(Duty { target, token }))
    }

    /// Whether a source waits for the verdict.
    pub const fn is_tracked(&self) -> bool {
        self.0.is_some()
    }

    /// The trace that the item belongs to.
    pub fn trace(&self) -> Option<TraceContext> {
        self.0.as_ref().and_then(|duty| duty.target.trace(duty.token))
    }

    /// Notes that the item leaves one place for another at `now`, and gives how long it was there,
    /// if that is measured for this item: see [`Acknowledge::pass`].
    pub fn pass(&self, now: Instant) -> Option<Duration> {
        self.0.as_ref().and_then(|duty| duty.target.pass(duty.token, now))
    }

    /// The item is done with.
    #[inline]
    pub fn ack(self) {
        self.settle(Verdict::Ack);
    }

    /// The item was not processed.
    pub fn nack(self, reason: NackReason) {
        self.settle(Verdict::Nack(reason));
    }

    /// Gives `verdict`.
    #[inline]
    pub fn settle(mut self, verdict: Verdict) {
        if let Some(duty) = self.0.take() {
            duty.settle(verdict);
        }
    }

    /// Asks the target to count `extra` more verdicts; `true` when it does, or when there is none.
    pub(crate) fn grow(&self, extra: u32) -> bool {
        self.0.as_ref().is_none_or(|duty| duty.target.split(duty.token, extra))
    }

    /// A second receipt for the same token. Only sound after a successful [`Self::grow`].
    pub(crate) fn twin(&self) -> Self {
        Self(
            self.0
                .as_ref()
                .map(|duty| Duty { target: Arc::clone(&duty.target), token: duty.token }),
        )
    }

    /// This receipt, leaving an untracked one behind.
    pub fn take(&mut self) -> Self {
        mem::take(self)
    }
}

impl Drop for Receipt {
    #[inline]
    fn drop(&mut self) {
        if let Some(duty) = self.0.take() {
            duty.settle(Verdict::Nack(NackReason::Dropped));
        }
    }
}

// === impl Duty ===

impl Duty {
    // Kept out of line, so that receipts nobody waits for cost a comparison.
    #[inline(never)]
    fn settle(self, verdict: Verdict) {
        self.target.settle(self.token, verdict);
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(duty) => f.debug_tuple("Receipt").field(&duty.token).finish(),
            None => f.write_str("Receipt(untracked)"),
        }
    }
}

// === impl NackReason ===

impl NackReason {
    pub(crate) const fn from_code(code: u8) -> Self {
        match code {
            2 => Self::Failed,
            3 => Self::Rejected,
            4 => Self::Returned,
            _ => Self::Dropped,
        }
    }
}

impl fmt::Display for NackReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dropped => "dropped without a verdict",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Returned => "returned unprocessed",
        })
    }
}
