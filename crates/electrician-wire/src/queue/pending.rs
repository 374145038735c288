//! What can be pushed.

use std::collections::VecDeque;

use electrician_types::{Batch, Item};

use crate::ring::{PushError, Ring};

/// Items on their way in, front first.
pub(crate) trait Pending<T> {
    fn len(&self) -> usize;
    fn front(&self) -> Option<&T>;
    /// Takes the front; called at most `len` times in a row.
    fn take(&mut self) -> Item<T>;
    /// Moves as many as fit in a row into `ring`.
    fn move_into(&mut self, ring: &Ring<T>) -> Result<usize, PushError> {
        ring.push(self.len(), |_| self.take())
    }
}

const PROMISED: &str = "takes no more than there are";

impl<T> Pending<T> for Batch<T> {
    fn len(&self) -> usize {
        Self::len(self)
    }

    fn front(&self) -> Option<&T> {
        Self::front(self)
    }

    fn take(&mut self) -> Item<T> {
        Self::take(self).expect(PROMISED)
    }

    fn move_into(&mut self, ring: &Ring<T>) -> Result<usize, PushError> {
        self.as_vecs(|values, receipts| ring.push_from(values, receipts))
    }
}

impl<T> Pending<T> for Option<Item<T>> {
    fn len(&self) -> usize {
        usize::from(self.is_some())
    }

    fn front(&self) -> Option<&T> {
        self.as_ref().map(Item::value)
    }

    fn take(&mut self) -> Item<T> {
        Self::take(self).expect(PROMISED)
    }
}

impl<T> Pending<T> for Option<T> {
    fn len(&self) -> usize {
        usize::from(self.is_some())
    }

    fn front(&self) -> Option<&T> {
        self.as_ref()
    }

    fn take(&mut self) -> Item<T> {
        Item::new(Self::take(self).expect(PROMISED))
    }
}

impl<T> Pending<T> for VecDeque<T> {
    fn len(&self) -> usize {
        Self::len(self)
    }

    fn front(&self) -> Option<&T> {
        Self::front(self)
    }

    fn take(&mut self) -> Item<T> {
        Item::new(self.pop_front().expect(PROMISED))
    }

    fn move_into(&mut self, ring: &Ring<T>) -> Result<usize, PushError> {
        // Free both ways: nothing was taken off the front.
        let mut values = Vec::from(std::mem::take(self));
        let moved = ring.push_from(&mut values, &mut Vec::new());
        *self = values.into();
        moved
    }
}
