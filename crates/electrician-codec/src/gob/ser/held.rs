//! Values in interfaces.

use serde::ser::{Serialize, SerializeStructVariant, SerializeTupleVariant};

use super::parts::{List, Record};
use super::{Spot, Writer};
use crate::gob::fault::Fault;
use crate::gob::plan::At;
use crate::gob::put;

/// An interface under way.
#[derive(Debug)]
pub(super) struct Held<'a, 'w> {
    writer: &'a mut Writer<'w>,
    at: At,
    /// Where the length of the value goes.
    start: usize,
}

/// A tuple variant.
#[derive(Debug)]
pub(super) struct HeldItems<'a, 'w> {
    pub(super) held: Held<'a, 'w>,
    pub(super) list: List,
}

/// A struct variant.
#[derive(Debug)]
pub(super) struct HeldFields<'a, 'w> {
    pub(super) held: Held<'a, 'w>,
    pub(super) record: Record<'w>,
}

// === impl Held ===

impl<'a, 'w> Held<'a, 'w> {
    pub(super) fn new(writer: &'a mut Writer<'w>, at: At, start: usize) -> Self {
        Self { writer, at, start }
    }

    /// Where the value goes.
    pub(super) fn spot(&mut self) -> Spot<'_, 'w> {
        Spot { writer: self.writer, at: self.at, delta: None }
    }

    pub(super) fn close(self) -> bool {
        self.writer.depth += 1;
        let length = self.writer.into.len() - self.start;
        put::insert(length as u64, self.start, self.writer.into);
        true
    }
}

impl SerializeTupleVariant for HeldItems<'_, '_> {
    type Ok = bool;
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Fault> {
        self.list.add(self.held.writer, value)
    }

    fn end(self) -> Result<bool, Fault> {
        self.list.done(self.held.writer)?;
        Ok(self.held.close())
    }
}

impl SerializeStructVariant for HeldFields<'_, '_> {
    type Ok = bool;
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        self.record.add(self.held.writer, key, value)
    }

    fn end(self) -> Result<bool, Fault> {
        Record::close(self.held.writer);
        Ok(self.held.close())
    }
}
