//! The fields of a struct.

use std::sync::Arc;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{DeserializeSeed, MapAccess};

use super::absent::Absent;
use super::{Slot, skip};
use crate::gob::fault::Fault;
use crate::gob::reader::Reader;
use crate::gob::types::{Id, Plan, StructType};

/// The fields in the order of the sender. Those that it left out are zero.
#[derive(Debug)]
pub(super) struct Record<'r, 'de, 'd> {
    reader: &'r mut Reader<'de, 'd>,
    of: Arc<StructType>,
    /// None if the receiver takes any field.
    plan: Option<Plan>,
    asked: &'static [&'static str],
    /// The field that the sender does not have, and from where on others are to be looked for.
    absent: Option<&'static str>,
    seen: usize,
    /// The first field that was not looked at.
    next: usize,
    /// The last field that was there.
    last: Option<usize>,
    /// The one that is there next.
    present: Option<usize>,
    is_ended: bool,
    current: (usize, bool),
}

// === impl Record ===

impl<'r, 'de, 'd> Record<'r, 'de, 'd> {
    /// The fields that the receiver asked for by name, or all. None is there if `is_zero`.
    pub(super) fn new(
        reader: &'r mut Reader<'de, 'd>,
        id: Id,
        of: Arc<StructType>,
        asked: Option<&'static [&'static str]>,
        is_zero: bool,
    ) -> Result<Self, Fault> {
        let names = reader.options.names;
        let plan = match asked {
            None => None,
            Some(asked) => Some(reader.types.plan(id, asked, || {
                let mut plan: Vec<Option<&'static str>> = Vec::with_capacity(of.fields.len());
                for field in &of.fields {
                    let found = names.find(&field.name, asked);
                    if found.is_some() && plan.contains(&found) {
                        let message = "a second field that has its name";
                        return Err(Fault::malformed(message).in_field(&of.name, &field.name));
                    }
                    plan.push(found);
                }
                if plan.iter().all(Option::is_none) && !plan.is_empty() && !asked.is_empty() {
                    return Err(Fault::malformed(none_of(&of, asked)));
                }
                Ok(plan.into())
            })?),
        };
        Ok(Self {
            reader,
            of,
            plan,
            asked: asked.unwrap_or_default(),
            absent: None,
            seen: 0,
            next: 0,
            last: None,
            present: None,
            is_ended: is_zero,
            current: (0, is_zero),
        })
    }

    /// Passes over what the receiver did not ask for.
    pub(super) fn finish(mut self) -> Result<(), Fault> {
        while let Some(field) = self.peek()? {
            self.present = None;
            skip(self.reader, self.of.fields[field].id)?;
        }
        Ok(())
    }

    /// The next field that is there.
    fn peek(&mut self) -> Result<Option<usize>, Fault> {
        if self.present.is_none() && !self.is_ended {
            self.present = self.reader.field(self.last, self.of.fields.len())?;
            self.is_ended = self.present.is_none();
            self.last = self.present.or(self.last);
        }
        Ok(self.present)
    }

    /// The next field that the sender does not have, and that serde has no default for.
    fn absent(&mut self) -> Option<&'static str> {
        let plan = self.plan.as_ref()?;
        while let Some((at, field)) = self.reader.types.needed(self.asked, self.seen) {
            self.seen = at + 1;
            if !plan.contains(&Some(field)) {
                return Some(field);
            }
        }
        None
    }

    fn is_asked(&self, field: usize) -> bool {
        self.plan.as_ref().is_none_or(|plan| plan[field].is_some())
    }

    /// The next field that the receiver asked for.
    fn advance(&mut self) -> Result<bool, Fault> {
        while self.next < self.of.fields.len() {
            let present = self.peek()?;
            let at = self.next;
            self.next += 1;
            let is_there = present == Some(at);
            if is_there {
                self.present = None;
            }
            if self.is_asked(at) {
                self.current = (at, !is_there);
                return Ok(true);
            }
            if is_there {
                skip(self.reader, self.of.fields[at].id)?;
            }
        }
        Ok(false)
    }
}

impl<'de> MapAccess<'de> for &mut Record<'_, 'de, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        if !self.advance()? {
            self.absent = self.absent();
            let Some(field) = self.absent else { return Ok(None) };
            return seed.deserialize(BorrowedStrDeserializer::new(field)).map(Some);
        }
        let field = self.current.0;
        let asked = self.plan.as_ref().and_then(|plan| plan[field]);
        if let Some(asked) = asked {
            return seed.deserialize(BorrowedStrDeserializer::new(asked)).map(Some);
        }
        let key = self.reader.options.names.key(&self.of.fields[field].name);
        self.reader.charge(24 + key.len())?;
        seed.deserialize(StrDeserializer::new(&key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        if let Some(field) = self.absent {
            let absent = Absent::new(self.reader);
            return seed.deserialize(absent).map_err(|fault| fault.in_field(&self.of.name, field));
        }
        let (field, is_zero) = self.current;
        let of = &self.of.fields[field];
        seed.deserialize(Slot::new(self.reader, of.id, is_zero))
            .map_err(|fault| fault.in_field(&self.of.name, &of.name))
    }
}

/// What to say when no field meets another: most often a name is not as it is in Go.
fn none_of(of: &StructType, asked: &[&str]) -> String {
    let sent: Vec<&str> = of.fields.iter().map(|field| field.name.as_str()).take(20).collect();
    let (name, sent, asked) = (&of.name, sent.join("`, `"), asked.join("`, `"));
    format!(
        "`{name}` has the fields `{sent}`, and none of `{asked}`: rename them, or use other `Names`"
    )
}
