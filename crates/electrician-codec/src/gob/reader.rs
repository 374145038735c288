//! The grammar below the types: numbers, lengths, messages, definitions.

use std::fmt::Display;
use std::sync::Arc;

use super::fault::Fault;
use super::options::Options;
use super::types::{FieldType, Id, StructType, Type, Types};

/// Go refuses longer names of registered types, too.
const NAME_BYTES: usize = 1024;

/// A place in the input, within one message.
#[derive(Debug)]
pub(super) struct Reader<'de, 'd> {
    input: &'de [u8],
    pos: usize,
    /// Where the message ends; never after the input.
    end: usize,
    /// How far the messages of one value may reach.
    bound: usize,
    pub(super) types: &'d mut Types,
    pub(super) options: Options,
    /// Decoded bytes that are left.
    budget: usize,
    /// Levels that are left.
    depth: usize,
    /// A message was needed that has not arrived as a whole.
    is_short: bool,
}

/// An interface that holds a value.
#[derive(Debug)]
pub(super) struct Opened<'de> {
    pub(super) name: &'de str,
    pub(super) id: Id,
    end: usize,
    types: usize,
}

// === impl Reader ===

impl<'de, 'd> Reader<'de, 'd> {
    /// At the begin of `input`, before its first message.
    pub(super) fn new(input: &'de [u8], types: &'d mut Types, options: Options) -> Self {
        let limits = options.limits;
        Self {
            input,
            pos: 0,
            end: 0,
            bound: limits.record_bytes,
            types,
            options,
            budget: limits.decoded_bytes,
            depth: limits.depth,
            is_short: false,
        }
    }

    /// Goes to `pos`, as if what is before it had been read, for `spent` of the budget.
    pub(super) fn resume(&mut self, pos: usize, spent: usize) {
        self.pos = pos;
        self.end = pos;
        self.budget = self.budget.saturating_sub(spent);
    }

    /// How much of the budget was spent.
    pub(super) fn spent(&self) -> usize {
        self.options.limits.decoded_bytes - self.budget
    }

    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    /// What follows: a length that claims more is wrong.
    pub(super) fn left(&self) -> usize {
        self.input.len() - self.pos
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.pos == self.end
    }

    /// Enters the message that begins here. All of it has arrived.
    pub(super) fn message(&mut self) -> Result<(), Fault> {
        self.end = self.input.len();
        if self.is_at_end() {
            return Err(self.short("the bytes end where a message should begin"));
        }
        if is_cut(&self.input[self.pos..]) {
            return Err(self.short("the bytes end within the length of a message"));
        }
        let length = self.uint()?;
        let most = self.bound.saturating_sub(self.pos);
        let Some(length) = usize::try_from(length).ok().filter(|length| *length <= most) else {
            let limit = self.options.limits.record_bytes;
            return Err(Fault::too_large(format!("a message of {length} bytes"), limit));
        };
        if length > self.left() {
            let left = self.left();
            return Err(self.short(format!("{left} bytes of a message of {length}")));
        }
        self.end = self.pos + length;
        Ok(())
    }

    pub(super) fn is_short(&self) -> bool {
        self.is_short
    }

    fn short(&mut self, message: impl Display) -> Fault {
        self.is_short = true;
        Fault::truncated(message)
    }

    pub(super) fn uint(&mut self) -> Result<u64, Fault> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        let count = usize::from(!first) + 1;
        if count > 8 {
            self.pos -= 1;
            return Err(Fault::malformed(format!("an integer of {count} bytes, at most 8")));
        }
        let Ok(bytes) = self.take(count) else {
            self.pos -= 1;
            return Err(Fault::malformed("the message ends within an integer"));
        };
        Ok(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    pub(super) fn int(&mut self) -> Result<i64, Fault> {
        let bits = self.uint()?;
        let value = (bits >> 1).cast_signed();
        Ok(if bits & 1 == 1 { !value } else { value })
    }

    pub(super) fn float(&mut self) -> Result<f64, Fault> {
        Ok(f64::from_bits(self.uint()?.swap_bytes()))
    }

    /// A length and as many bytes.
    pub(super) fn bytes(&mut self) -> Result<&'de [u8], Fault> {
        let length = self.uint()?;
        let Ok(length) = usize::try_from(length) else {
            return Err(Fault::malformed(format!("a length of {length}")));
        };
        self.charge(length.saturating_add(24))?;
        self.take(length)
    }

    /// A number of things of at least `size` bytes each. They may go on in messages that have not
    /// arrived, if there are interfaces among them: so it claims nothing but what a record may have.
    pub(super) fn count(&mut self, size: usize) -> Result<usize, Fault> {
        let left = self.bound.saturating_sub(self.pos);
        self.count_within(left / size)
    }

    fn count_within(&mut self, left: usize) -> Result<usize, Fault> {
        let count = self.uint()?;
        match usize::try_from(count) {
            Ok(count) if count <= left => Ok(count),
            _ => Err(Fault::malformed(format!("{count} elements, there are bytes for {left}"))),
        }
    }

    /// Accounts for `bytes` of memory.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
        let Some(budget) = self.budget.checked_sub(bytes) else {
            let limit = self.options.limits.decoded_bytes;
            return Err(Fault::too_large("the decoded value", format!("{limit} bytes")));
        };
        self.budget = budget;
        Ok(())
    }

    /// For how many elements a list may make room before they are read: half as many with each level,
    /// so that lists within lists, each of which claims all bytes that are left, stay in the budget.
    pub(super) fn room(&self) -> usize {
        let level = self.options.limits.depth - self.depth;
        let shift = u32::try_from(level).unwrap_or(u32::MAX);
        (self.budget / 128).checked_shr(shift).unwrap_or(0)
    }

    /// One level deeper, until [`leave`](Self::leave).
    pub(super) fn enter(&mut self) -> Result<(), Fault> {
        let Some(depth) = self.depth.checked_sub(1) else {
            let limit = self.options.limits.depth;
            return Err(Fault::too_large("the depth", format!("{limit} levels")));
        };
        self.depth = depth;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth += 1;
    }

    /// The next field that is there, after `last`; none at the end of the struct.
    pub(super) fn field(
        &mut self,
        last: Option<usize>,
        fields: usize,
    ) -> Result<Option<usize>, Fault> {
        let delta = self.uint()?;
        if delta == 0 {
            return Ok(None);
        }
        let field = last.map_or(0, |last| last as u64 + 1).saturating_add(delta - 1);
        match usize::try_from(field) {
            Ok(field) if field < fields => Ok(Some(field)),
            _ => Err(Fault::malformed(format!("field {field} of a struct with {fields} fields"))),
        }
    }

    /// What comes before a value that is not in a struct, and is not one.
    pub(super) fn single(&mut self, id: Id) -> Result<(), Fault> {
        if matches!(self.types.resolve(id)?, Type::Struct(_)) {
            return Ok(());
        }
        match self.uint()? {
            0 => Ok(()),
            other => Err(Fault::malformed(format!("{other} before a single value, it must be 0"))),
        }
    }

    /// The begin of an interface: none if it holds nothing. The value comes next.
    pub(super) fn open(&mut self) -> Result<Option<Opened<'de>>, Fault> {
        let length = self.uint()?;
        if length == 0 {
            return Ok(None);
        }
        let Some(length) = usize::try_from(length).ok().filter(|length| *length <= NAME_BYTES)
        else {
            return Err(Fault::too_large(format!("a type name of {length} bytes"), NAME_BYTES));
        };
        let name = self.take(length)?;
        let name =
            str::from_utf8(name).map_err(|_| Fault::malformed("a type name not in UTF-8"))?;
        let id = loop {
            let id = self.int()?;
            if id >= 0 {
                break id;
            }
            // A type that the stream has not seen is defined in the midst of the value. What follows
            // is a message of its own, or a part of this one with a length that says nothing new.
            self.define(id)?;
            if self.is_at_end() {
                self.message()?;
            } else {
                self.uint()?;
            }
        };
        let length = self.uint()?;
        let end = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(self.pos);
        self.single(id)?;
        Ok(Some(Opened { name, id, end, types: self.types.len() }))
    }

    /// The end of an interface. Its length counts only up to the first definition within it.
    pub(super) fn close(&self, opened: &Opened<'_>) -> Result<(), Fault> {
        if self.pos != opened.end && self.types.len() == opened.types {
            let name = opened.name;
            return Err(Fault::malformed(format!(
                "the length of `{name}` is not that of its value"
            )));
        }
        Ok(())
    }

    /// The definition of the type `-id`.
    pub(super) fn define(&mut self, id: Id) -> Result<(), Fault> {
        let Some(id) = id.checked_neg() else {
            return Err(Fault::malformed("a type id out of range"));
        };
        let mut defined = None;
        let mut last = None;
        while let Some(kind) = self.field(last, 7)? {
            last = Some(kind);
            if defined.replace(self.definition(kind)?).is_some() {
                return Err(Fault::malformed(format!("two definitions of type {id} in one")));
            }
        }
        let defined = defined
            .ok_or_else(|| Fault::malformed(format!("the definition of type {id} is empty")))?;
        self.types.define(id, defined, &self.options)
    }

    /// One kind of definition: array, slice, struct, map, and three kinds of opaque bytes.
    fn definition(&mut self, kind: usize) -> Result<Type, Fault> {
        let mut name = String::new();
        let mut numbers = [0; 2];
        let mut fields = Vec::new();
        let most = [3, 2, 2, 3, 1, 1, 1][kind];
        let mut last = None;
        while let Some(field) = self.field(last, most)? {
            last = Some(field);
            match field {
                0 => name = self.common()?,
                1 if kind == 2 => fields = self.fields()?,
                _ => numbers[field - 1] = self.int()?,
            }
        }
        let [first, second] = numbers;
        Ok(match kind {
            0 => {
                let length = usize::try_from(second)
                    .map_err(|_| Fault::malformed(format!("an array of {second} elements")))?;
                Type::Array(first, length)
            }
            1 => Type::Slice(first),
            2 => Type::Struct(Arc::new(StructType { name, fields })),
            3 => Type::Map(first, second),
            _ => Type::Blob(name.into()),
        })
    }

    /// The name of a type; its id comes again, and is not needed.
    fn common(&mut self) -> Result<String, Fault> {
        let mut name = String::new();
        let mut last = None;
        while let Some(field) = self.field(last, 2)? {
            last = Some(field);
            if field == 0 {
                name = self.text()?;
            } else {
                self.int()?;
            }
        }
        Ok(name)
    }

    fn fields(&mut self) -> Result<Vec<FieldType>, Fault> {
        let count = self.count_within(self.end - self.pos)?;
        let mut fields = Vec::new();
        for _ in 0..count {
            self.charge(size_of::<FieldType>())?;
            let mut made = FieldType { name: String::new(), id: 0 };
            let mut last = None;
            while let Some(field) = self.field(last, 2)? {
                last = Some(field);
                if field == 0 {
                    made.name = self.text()?;
                } else {
                    made.id = self.int()?;
                }
            }
            if made.name.is_empty() {
                return Err(Fault::malformed("a field without a name"));
            }
            fields.push(made);
        }
        Ok(fields)
    }

    fn text(&mut self) -> Result<String, Fault> {
        let bytes = self.bytes()?;
        let text = str::from_utf8(bytes).map_err(|_| Fault::malformed("a name not in UTF-8"))?;
        Ok(text.to_owned())
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        if self.is_at_end() {
            return Err(Fault::malformed("the message ends within a value"));
        }
        let byte = self.input[self.pos];
        self.pos += 1;
        Ok(byte)
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'de [u8], Fault> {
        let left = self.end - self.pos;
        if count > left {
            return Err(Fault::malformed(format!("{count} bytes, the message has {left}")));
        }
        let bytes = &self.input[self.pos..self.pos + count];
        self.pos += count;
        Ok(bytes)
    }

    /// The next byte, if the message has one.
    pub(super) fn peek(&self) -> Option<u8> {
        self.input[self.pos..self.end].first().copied()
    }
}

/// Whether `bytes` are but the begin of an integer.
fn is_cut(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| {
        let count = usize::from(!first) + 1;
        *first >= 0x80 && count <= 8 && bytes.len() <= count
    })
}
