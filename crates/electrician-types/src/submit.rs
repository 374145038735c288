//! Putting items in and taking them out, whatever is behind.

use std::future::Future;

use crate::{Item, Refused};

/// Takes items in.
///
/// # Laws
///
/// - **Backpressure.** `submit` waits for room; `try_submit` says
///   [`Refusal::Full`](crate::Refusal::Full).
/// - **Refusal.** An item that is not accepted comes back inside the error. `Ok` means accepted:
///   the item is in the ledger from then on.
/// - **Cancellation.** A `submit` future that is dropped before it resolved has not accepted the
///   item; the item is dropped with the future.
/// - **Order.** Items submitted one after the other by one caller enter in that order.
pub trait Submit<T>: Send + Sync {
    /// Waits for room and takes `item` in.
    fn submit(&self, item: T) -> impl Future<Output = Result<(), Refused<T>>> + Send;

    /// Takes `item` in if there is room now.
    fn try_submit(&self, item: T) -> Result<(), Refused<T>>;

    /// As [`submit`](Self::submit), for an item with a receipt. The default acknowledges what is
    /// accepted: right where acceptance is all that its source waits for. Who can carry the receipt
    /// further does that instead.
    fn submit_item(
        &self,
        item: Item<T>,
    ) -> impl Future<Output = Result<(), Refused<Item<T>>>> + Send
    where
        T: Send,
    {
        async {
            let (value, receipt) = item.into_parts();
            match self.submit(value).await {
                Ok(()) => {
                    receipt.ack();
                    Ok(())
                }
                Err(refused) => Err(refused.map(|value| Item::with_receipt(value, receipt))),
            }
        }
    }
}

/// Gives items out.
///
/// # Laws
///
/// - **End.** `None` means there will never be another item.
/// - **Cancellation.** A `receive` future that is dropped has not taken an item.
/// - **Receipts.** The receiver owes the verdict on the item's receipt.
pub trait Receive<T>: Send {
    /// The next item.
    fn receive(&mut self) -> impl Future<Output = Option<Item<T>>> + Send;
}
