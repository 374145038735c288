//! A value on its way through a pipeline, with the receipt that goes back to its source.

use crate::Receipt;

/// A value together with its [`Receipt`].
///
/// Dropping an item drops its receipt, and a receipt that goes away without a verdict is a
/// negative acknowledgement: an item cannot vanish in silence.
#[derive(Debug)]
pub struct Item<T> {
    value: T,
    receipt: Receipt,
}

// === impl Item ===

impl<T> Item<T> {
    /// An item nobody waits for.
    pub const fn new(value: T) -> Self {
        Self { value, receipt: Receipt::none() }
    }

    /// An item whose source learns what became of it.
    pub const fn with_receipt(value: T, receipt: Receipt) -> Self {
        Self { value, receipt }
    }

    /// The value.
    pub const fn value(&self) -> &T {
        &self.value
    }

    /// The value, to change in place.
    pub const fn value_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// The receipt.
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// Gives the item another receipt; the former one is dropped.
    pub fn attach(&mut self, receipt: Receipt) {
        self.receipt = receipt;
    }

    /// The receipt, leaving an untracked one behind. Whoever takes it owes the verdict.
    pub fn take_receipt(&mut self) -> Receipt {
        self.receipt.take()
    }

    /// Another value under the same receipt.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Item<U> {
        Item { value: f(self.value), receipt: self.receipt }
    }

    /// Acknowledges the item and gives its value.
    pub fn accept(self) -> T {
        self.receipt.ack();
        self.value
    }

    /// The value and the receipt. Whoever takes them apart owes the verdict.
    pub fn into_parts(self) -> (T, Receipt) {
        (self.value, self.receipt)
    }
}

impl<T> From<T> for Item<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}
