//! One value in one payload: what a fresh encoder of Go makes.

use std::sync::Arc;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::de::Slot;
use super::fault::Fault;
use super::infer;
use super::options::{Options, TYPES};
use super::plan::Plan;
use super::reader::Reader;
use super::schema::{Schema, Shape};
use super::types::{FIRST_USER, Types};
use super::{Names, put, ser};
use crate::{CodecError, Decode, Encode, Limits};

/// One value with the types that it needs, as a fresh encoder of Go writes it.
///
/// For many values of one stream, in which types are sent once, there are
/// [`GobEncoder`](super::GobEncoder) and [`GobDecoder`](super::GobDecoder).
#[derive(Clone, Debug)]
pub struct Gob {
    names: Names,
    most: usize,
    /// Those of the last payload, and what is known of Rust types.
    types: Types,
    known: Option<Known>,
    /// What a user said of the types, and the plan for it.
    given: Option<Arc<Plan>>,
    schema: Option<Schema>,
    /// The types of the last record, in case that those of the next are the same.
    last: Option<(Shape, Plan)>,
    value: Vec<u8>,
}

/// The definitions that the last payload began with. Most senders write the same ones each time.
#[derive(Clone, Debug)]
struct Known {
    bytes: Vec<u8>,
    types: usize,
    /// What they took of the budget of `limits`.
    spent: usize,
    limits: Limits,
}

/// Longer definitions are not kept.
const KNOWN_BYTES: usize = 64 << 10;

// === impl Gob ===

impl Gob {
    /// Fields by their exact names, types as serde shows them.
    pub fn new() -> Self {
        Self {
            names: Names::Exact,
            most: TYPES,
            types: Types::default(),
            known: None,
            given: None,
            schema: None,
            last: None,
            value: Vec::new(),
        }
    }

    /// Whose fields meet as `names` says.
    pub fn with_names(mut self, names: Names) -> Self {
        self.names = names;
        self.given = None;
        self.last = None;
        self
    }

    /// Which writes values as of the types of `schema`, and no others: in one pass, without a look
    /// at the value for its types.
    pub fn with_schema(mut self, schema: Schema) -> Self {
        self.schema = Some(schema);
        self.given = None;
        self
    }

    /// Which reads at most `types` definitions of types in a payload, or in a stream. Default 4,096.
    pub fn with_types(mut self, types: usize) -> Self {
        self.most = types;
        self.known = None;
        self
    }

    /// The value that `bytes` are. What the type borrows is borrowed from `bytes`.
    pub fn read<'de, T: Deserialize<'de>>(
        &mut self,
        bytes: &'de [u8],
        limits: &Limits,
    ) -> Result<T, CodecError> {
        let options = self.options(limits);
        loop {
            let kept = self
                .known
                .as_ref()
                .filter(|known| known.limits == *limits && bytes.starts_with(&known.bytes));
            self.types.truncate(kept.map_or(0, |known| known.types));
            let needs = self.types.needs();
            let mut reader = Reader::new(bytes, &mut self.types, options);
            if let Some(known) = kept {
                reader.resume(known.bytes.len(), known.spent);
            }
            let mut known = None;
            let read = read(&mut reader, |reader, at| {
                let is_new = kept.is_none_or(|kept| kept.bytes.len() != at);
                if is_new && at <= KNOWN_BYTES {
                    let (types, spent) = (reader.types.len(), reader.spent());
                    let bytes = bytes[..at].to_vec();
                    known = Some(Known { bytes, types, spent, limits: *limits });
                }
            });
            let is_learned = reader.types.needs() > needs;
            let offset = reader.pos();
            if kept.is_none() || known.is_some() {
                self.known = known;
            }
            match read {
                Ok(value) => return Ok(value),
                // There is something new to know of the Rust type, which has so many fields.
                Err(_) if is_learned => {}
                Err(fault) => return Err(fault.into_error(Some(offset))),
            }
        }
    }

    /// Appends `value` and its types.
    pub fn write<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        self.write_to(value, into).map_err(|fault| fault.into_error(None))
    }

    pub(super) const fn options(&self, limits: &Limits) -> Options {
        Options { limits: *limits, names: self.names, types: self.most }
    }

    pub(super) const fn names(&self) -> Names {
        self.names
    }

    pub(super) fn schema(&self) -> Option<&Schema> {
        self.schema.as_ref()
    }

    fn write_to<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
        into: &mut Vec<u8>,
    ) -> Result<(), Fault> {
        let names = self.names;
        if let Some(Schema(shape)) = &self.schema {
            let plan = match &mut self.given {
                Some(plan) => plan,
                given => given.insert(Arc::new(Plan::new(shape, names, FIRST_USER + 1)?)),
            };
            message(value, plan, names, &mut self.value)?;
            into.extend_from_slice(&plan.definitions);
        } else {
            // The bytes are to depend on this record alone, so its types are looked at each time.
            let shape = infer::shape(value)?;
            let plan = match &mut self.last {
                Some((known, plan)) if *known == shape => plan,
                last => {
                    let plan = Plan::new(&shape, names, FIRST_USER + 1)?;
                    &mut last.insert((shape, plan)).1
                }
            };
            message(value, plan, names, &mut self.value)?;
            into.extend_from_slice(&plan.definitions);
        }
        put::bytes(&self.value, into);
        Ok(())
    }
}

impl Default for Gob {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Serialize + ?Sized> Encode<T> for Gob {
    fn encode(&mut self, record: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.write(record, into)
    }
}

impl<T: DeserializeOwned> Decode<T> for Gob {
    fn decode(&mut self, bytes: &[u8], limits: &Limits) -> Result<T, CodecError> {
        self.read(bytes, limits)
    }
}

/// The message of `value`, without its length, in `into` alone.
pub(super) fn message<T: Serialize + ?Sized>(
    value: &T,
    plan: &Plan,
    names: Names,
    into: &mut Vec<u8>,
) -> Result<(), Fault> {
    into.clear();
    put::int(plan.node(plan.root()).id, into);
    ser::write(value, plan, names, into)
}

/// All of a payload. `note` sees the reader when the types are known, and where the value begins.
fn read<'de, T: Deserialize<'de>>(
    reader: &mut Reader<'de, '_>,
    note: impl FnOnce(&Reader<'de, '_>, usize),
) -> Result<T, Fault> {
    let id = loop {
        let at = reader.pos();
        reader.message()?;
        let id = reader.int()?;
        if id >= 0 {
            note(reader, at);
            break id;
        }
        reader.define(id)?;
        ended(reader)?;
    };
    reader.single(id)?;
    let value = T::deserialize(Slot::new(reader, id, false))?;
    ended(reader)?;
    match reader.left() {
        0 => Ok(value),
        left => Err(Fault::malformed(format!("{left} bytes after the value"))),
    }
}

/// All of the message was needed.
pub(super) fn ended(reader: &Reader<'_, '_>) -> Result<(), Fault> {
    if reader.is_at_end() {
        return Ok(());
    }
    Err(Fault::malformed("more bytes in a message than it needs"))
}
