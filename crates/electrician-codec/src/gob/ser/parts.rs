//! How far a value with other things in it has been written.

use serde::ser::Serialize;

use super::{Spot, Writer};
use crate::gob::fault::Fault;
use crate::gob::plan::{At, Kind, PART, RAW, UNKNOWN};
use crate::gob::put;
use crate::gob::schema::Name;

/// Things that are counted.
#[derive(Debug)]
struct Count {
    /// Before the field's number, for one that turns out to be empty.
    start: usize,
    /// Where the count goes.
    at: usize,
    announced: Option<usize>,
    count: usize,
    /// Nothing needs to be written if there are none.
    is_optional: bool,
}

/// A slice, an array, or the two parts of a complex number.
#[derive(Debug)]
pub(super) struct List {
    count: Count,
    elem: At,
    length: Option<usize>,
    is_counted: bool,
}

#[derive(Debug)]
pub(super) struct Entries {
    count: Count,
    key: At,
    elem: At,
}

#[derive(Debug)]
pub(super) struct Record<'w> {
    name: &'static str,
    fields: &'w [(Name, At)],
    /// The field that is expected.
    next: usize,
    /// Fields up to the last one that was written.
    written: usize,
}

// === impl Count ===

impl Count {
    fn new(spot: &mut Spot<'_, '_>, announced: Option<usize>) -> Result<Self, Fault> {
        spot.writer.enter()?;
        let start = spot.writer.into.len();
        spot.begin();
        let at = spot.writer.into.len();
        if let Some(count) = announced {
            put::uint(count as u64, spot.writer.into);
        }
        Ok(Self { start, at, announced, count: 0, is_optional: spot.delta.is_some() })
    }

    fn done(self, writer: &mut Writer<'_>) -> Result<bool, Fault> {
        writer.depth += 1;
        let Self { start, at, announced, count, is_optional } = self;
        match announced {
            Some(announced) if announced != count => {
                let message = format!("{count} elements of something with {announced}");
                return Err(Fault::unencodable(message));
            }
            _ if count == 0 && is_optional => {
                writer.into.truncate(start);
                return Ok(false);
            }
            Some(_) => {}
            None => put::insert(count as u64, at, writer.into),
        }
        Ok(true)
    }
}

// === impl List ===

impl List {
    pub(super) fn new(spot: &mut Spot<'_, '_>, announced: Option<usize>) -> Result<Self, Fault> {
        let (elem, length) = match spot.kind() {
            Kind::Unknown => (UNKNOWN, None),
            Kind::Bytes | Kind::Blob => (RAW, None),
            Kind::Complex => (PART, Some(2)),
            Kind::Slice(elem) => (*elem, None),
            Kind::Array(elem, length) => (*elem, Some(*length)),
            _ => return Err(spot.other("a sequence")),
        };
        let is_counted = !matches!(spot.kind(), Kind::Complex);
        let announced = announced.filter(|_| is_counted);
        let mut count = Count::new(spot, announced)?;
        // A true array of no elements is not nothing, nor is what a type writes of itself.
        count.is_optional &= length.is_none() && !matches!(spot.kind(), Kind::Blob);
        Ok(Self { count, elem, length, is_counted })
    }

    pub(super) fn add<T: Serialize + ?Sized>(
        &mut self,
        writer: &mut Writer<'_>,
        value: &T,
    ) -> Result<(), Fault> {
        if self.elem == UNKNOWN {
            return Err(Fault::outgrown("an element of a list of which nothing is known"));
        }
        self.count.count += 1;
        value.serialize(Spot { writer, at: self.elem, delta: None })?;
        Ok(())
    }

    pub(super) fn done(self, writer: &mut Writer<'_>) -> Result<bool, Fault> {
        let count = self.count.count;
        if let Some(length) = self.length.filter(|length| *length != count) {
            return Err(Fault::outgrown(format!("{count} elements of an array of {length}")));
        }
        if self.is_counted {
            return self.count.done(writer);
        }
        writer.depth += 1;
        Ok(true)
    }
}

// === impl Entries ===

impl Entries {
    pub(super) fn new(spot: &mut Spot<'_, '_>, announced: Option<usize>) -> Result<Self, Fault> {
        let (key, elem) = match spot.kind() {
            Kind::Unknown => (UNKNOWN, UNKNOWN),
            Kind::Map(key, elem) => (*key, *elem),
            _ => return Err(spot.other("a map")),
        };
        Ok(Self { count: Count::new(spot, announced)?, key, elem })
    }

    pub(super) fn key<T: Serialize + ?Sized>(
        &mut self,
        writer: &mut Writer<'_>,
        key: &T,
    ) -> Result<(), Fault> {
        if self.key == UNKNOWN {
            return Err(Fault::outgrown("an entry of a map of which nothing is known"));
        }
        self.count.count += 1;
        key.serialize(Spot { writer, at: self.key, delta: None })?;
        Ok(())
    }

    pub(super) fn value<T: Serialize + ?Sized>(
        &mut self,
        writer: &mut Writer<'_>,
        value: &T,
    ) -> Result<(), Fault> {
        value.serialize(Spot { writer, at: self.elem, delta: None })?;
        Ok(())
    }

    pub(super) fn done(self, writer: &mut Writer<'_>) -> Result<bool, Fault> {
        self.count.done(writer)
    }
}

// === impl Record ===

impl<'w> Record<'w> {
    pub(super) fn new(spot: &mut Spot<'_, 'w>, name: &'static str) -> Result<Self, Fault> {
        let Kind::Struct(fields) = spot.kind() else { return Err(spot.other("a struct")) };
        spot.writer.enter()?;
        spot.begin();
        Ok(Self { name, fields, next: 0, written: 0 })
    }

    pub(super) fn add<T: Serialize + ?Sized>(
        &mut self,
        writer: &mut Writer<'_>,
        key: &'static str,
        value: &T,
    ) -> Result<(), Fault> {
        let names = writer.names;
        let is_it = |(name, _): &(Name, At)| names.meets(key, name);
        let found = match self.fields.get(self.next) {
            Some(next) if is_it(next) => Some(self.next),
            _ => self.fields.iter().position(is_it),
        };
        let spot = match found {
            Some(found) if found < self.next => {
                let message = "the schema has it before a field that came first: gob needs the \
                               order of the Rust type";
                return Err(Fault::unencodable(message).in_field(self.name, key));
            }
            Some(found) => {
                self.next = found + 1;
                let delta = self.next - self.written;
                Spot { writer, at: self.fields[found].1, delta: Some(delta as u64) }
            }
            None => Spot { writer, at: UNKNOWN, delta: Some(0) },
        };
        let is_written = value.serialize(spot).map_err(|fault| fault.in_field(self.name, key))?;
        if is_written {
            self.written = self.next;
        }
        Ok(())
    }

    pub(super) fn close(writer: &mut Writer<'_>) {
        writer.depth += 1;
        writer.into.push(0);
    }
}
