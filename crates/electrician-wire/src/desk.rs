//! What lies in front of a transforming worker: the batch it took, the item under way, the
//! outputs so far.

use electrician_types::{Batch, BoxError, Error, Item, Ledger, NackReason, Receipt, Transform};

use crate::panics;

/// The workplace of one worker.
///
/// The item under way stays in `slot` until the transform takes it out, so whatever happens to
/// user code, it is known where the item is.
pub(crate) struct Desk<In, Out> {
    pub(crate) inbox: Batch<In>,
    /// Items in hand for which there is no leave yet.
    pub(crate) waiting: Batch<In>,
    pub(crate) outbox: Batch<Out>,
    pub(crate) slot: Option<In>,
    receipt: Receipt,
    /// Outputs before the item under way.
    mark: usize,
}

// === impl Desk ===

impl<In, Out> Desk<In, Out> {
    pub(crate) fn new(max_batch: usize) -> Self {
        Self {
            inbox: Batch::with_capacity(max_batch),
            waiting: Batch::new(),
            outbox: Batch::with_capacity(max_batch),
            slot: None,
            receipt: Receipt::none(),
            mark: 0,
        }
    }

    /// Lays the next item out. `false` when the inbox is empty.
    #[inline]
    pub(crate) fn load(&mut self) -> bool {
        let Some(item) = self.inbox.take() else {
            return false;
        };
        self.lay(item);
        true
    }

    /// Moves the first `count` of those that wait into the inbox, which is empty.
    pub(crate) fn call_up(&mut self, count: usize) {
        if count == self.waiting.len() {
            std::mem::swap(&mut self.inbox, &mut self.waiting);
        } else {
            self.inbox.extend((0..count).map_while(|_| self.waiting.take()));
        }
    }

    /// Lays `item` out, outside the row of the inbox.
    pub(crate) fn lay(&mut self, item: Item<In>) {
        let (value, receipt) = item.into_parts();
        self.slot = Some(value);
        self.receipt = receipt;
        self.mark = self.outbox.len();
    }

    /// The item under way succeeded: its outputs inherit its receipt.
    #[inline]
    pub(crate) fn complete(&mut self, ledger: &mut Ledger) {
        self.slot = None;
        match self.outbox.len() - self.mark {
            1 => {
                if self.receipt.is_tracked() {
                    self.outbox.attach_last(self.receipt.take());
                }
            }
            0 => {
                self.receipt.take().ack();
                ledger.filtered += 1;
            }
            parts => {
                if self.receipt.is_tracked() {
                    self.outbox.attach_last_n(parts, self.receipt.take().split(parts));
                }
                ledger.split += parts as u64 - 1;
            }
        }
    }

    /// Discards what the item under way has emitted.
    pub(crate) fn roll_back(&mut self) {
        // Dropping them is user code, which may panic; the rest is dropped all the same.
        drop(panics::caught(|| self.outbox.truncate(self.mark)));
    }

    /// How many items are not finished: the one under way and those behind it.
    pub(crate) fn unfinished(&self) -> u64 {
        1 + (self.inbox.len() + self.waiting.len()) as u64
    }

    /// The outputs before the item under way were handed on.
    pub(crate) const fn restart_outbox(&mut self) {
        self.mark = 0;
    }

    /// Whether the item under way can still be had.
    pub(crate) const fn has_item(&self) -> bool {
        self.slot.is_some()
    }

    /// Takes the item under way off the desk, if the transform left it.
    pub(crate) fn take_item(&mut self) -> Option<Item<In>> {
        let value = self.slot.take()?;
        Some(Item::with_receipt(value, self.receipt.take()))
    }

    /// The item under way is gone for good.
    pub(crate) fn give_up(&mut self, reason: NackReason) {
        self.receipt.take().nack(reason);
        drop(panics::caught(|| self.slot = None));
    }

    /// Applies `transform` to the item under way.
    pub(crate) fn apply<T: Transform<In, Out = Out>>(
        &mut self,
        transform: &T,
        state: &mut T::State,
    ) -> Result<(), Error> {
        panics::caught(|| self.apply_uncaught(transform, state))?.map_err(Error::failed)
    }

    /// As [`apply`](Self::apply), for callers that catch panics around several items.
    #[inline]
    pub(crate) fn apply_uncaught<T: Transform<In, Out = Out>>(
        &mut self,
        transform: &T,
        state: &mut T::State,
    ) -> Result<(), BoxError> {
        let Self { slot, outbox, .. } = self;
        transform.apply(state, slot, &mut |output| {
            outbox.push(output);
            Ok(())
        })
    }
}
