//! Rows of columns on their way into records.

mod cell;
mod node;
mod parts;

use std::fmt;
use std::marker::PhantomData;

use arrow_array::RecordBatch;
use serde::de::DeserializeOwned;

use crate::ParquetError;
use cell::Cell;
use node::Node;

/// The rows of a batch as records, made when they are asked for.
pub struct Rows<T> {
    root: Node,
    next: usize,
    len: usize,
    record: PhantomData<fn() -> T>,
}

// === impl Rows ===

impl<T: DeserializeOwned> Rows<T> {
    /// The rows of `batch`, whose columns belong to the fields of `T` by name.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](crate::ParquetErrorKind::Unsupported) for a column of a type that no record
    /// has.
    pub fn new(batch: &RecordBatch) -> Result<Self, ParquetError> {
        let root = Node::root(batch)?;
        Ok(Self { root, next: 0, len: batch.num_rows(), record: PhantomData })
    }
}

impl<T> Rows<T> {
    #[inline]
    pub(crate) const fn is_over(&self) -> bool {
        self.next >= self.len
    }
}

impl<T: DeserializeOwned> Iterator for Rows<T> {
    type Item = Result<T, ParquetError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        while self.next < self.len {
            let record = T::deserialize(Cell::new(&self.root, self.next));
            // Fields in the order of the columns are the fast way; by name is the sure one. It is a
            // loop because what is called in one place alone becomes a part of its caller: a record
            // then goes where it belongs at once.
            if record.is_err() && self.root.name_fields() {
                continue;
            }
            self.next += 1;
            return Some(record);
        }
        None
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len - self.next, Some(self.len - self.next))
    }
}

impl<T: DeserializeOwned> ExactSizeIterator for Rows<T> {}

impl<T> fmt::Debug for Rows<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("next", &self.next).field("len", &self.len).finish()
    }
}
