//! A value on the wire as a serde deserializer.

mod absent;
mod access;
mod items;
mod record;
mod skip;

use serde::Deserializer;
use serde::de::value::{SeqDeserializer, StrDeserializer, U32Deserializer};
use serde::de::{Error as _, IntoDeserializer, Visitor};

use self::access::{Named, Pair, Tagged, Variant};
use self::items::{Items, Pairs};
use self::record::Record;
use super::fault::Fault;
use super::reader::Reader;
use super::types::{INTERFACE, Id, Type};
use super::{interface, value};

pub(super) use self::skip::skip;

/// A value of type `id`: the next one in the reader, or the zero that Go left out.
#[derive(Debug)]
pub(super) struct Slot<'r, 'de, 'd> {
    pub(super) reader: &'r mut Reader<'de, 'd>,
    pub(super) id: Id,
    pub(super) is_zero: bool,
}

/// What the receiving type wants.
#[derive(Clone, Copy, Debug)]
enum Want {
    Any,
    Char,
    F32,
    Str,
    Bytes,
    Seq,
    Option,
    Map,
    Struct(&'static [&'static str]),
    Enum(&'static [&'static str]),
    Ignored,
    /// [`Value`](super::Value): with all that the wire says of it.
    Value,
    /// [`Interface`](super::Interface): name and value.
    Interface,
}

// === impl Slot ===

impl<'r, 'de, 'd> Slot<'r, 'de, 'd> {
    pub(super) fn new(reader: &'r mut Reader<'de, 'd>, id: Id, is_zero: bool) -> Self {
        Self { reader, id, is_zero }
    }

    fn uint(&mut self) -> Result<u64, Fault> {
        if self.is_zero { Ok(0) } else { self.reader.uint() }
    }

    fn int(&mut self) -> Result<i64, Fault> {
        if self.is_zero { Ok(0) } else { self.reader.int() }
    }

    fn float(&mut self) -> Result<f64, Fault> {
        if self.is_zero { Ok(0.0) } else { self.reader.float() }
    }

    fn bytes(&mut self) -> Result<&'de [u8], Fault> {
        if self.is_zero { Ok(&[]) } else { self.reader.bytes() }
    }

    fn count(&mut self, size: usize) -> Result<usize, Fault> {
        if self.is_zero { Ok(0) } else { self.reader.count(size) }
    }

    /// Whether this is an interface that holds nothing; reads it if so.
    fn is_nil(&mut self) -> Result<bool, Fault> {
        if self.is_zero {
            return Ok(true);
        }
        let is_nil = self.id == INTERFACE && self.reader.peek() == Some(0);
        if is_nil {
            self.reader.uint()?;
        }
        Ok(is_nil)
    }

    fn drive<V: Visitor<'de>>(mut self, want: Want, visitor: V) -> Result<V::Value, Fault> {
        match want {
            Want::Option if self.is_nil()? => return visitor.visit_none(),
            Want::Option => return visitor.visit_some(self),
            Want::Ignored => {
                if !self.is_zero {
                    skip(self.reader, self.id)?;
                }
                return visitor.visit_unit();
            }
            _ => {}
        }
        let found = self.reader.types.resolve(self.id)?;
        if matches!(want, Want::Value) && !matches!(found, Type::Interface) {
            self.reader.charge(size_of::<super::Value>())?;
            return visitor.visit_enum(Tagged::new(self, &found));
        }
        match found {
            Type::Bool => {
                self.reader.charge(1)?;
                visitor.visit_bool(self.uint()? != 0)
            }
            Type::Int => self.visit_int(want, visitor),
            Type::Uint => self.visit_uint(want, visitor),
            Type::Float => self.visit_float(want, visitor),
            Type::Complex => {
                self.reader.charge(16)?;
                let parts = [self.float()?, self.float()?];
                visitor.visit_seq(SeqDeserializer::new(parts.into_iter()))
            }
            Type::String => self.visit_text(want, visitor),
            Type::Bytes | Type::Blob(_) => self.visit_bytes(want, visitor),
            Type::Interface => self.visit_interface(want, visitor),
            Type::Slice(elem) => {
                let count = self.count(1)?;
                self.visit_items(elem, count, want, visitor)
            }
            Type::Array(elem, length) => {
                let count = if self.is_zero { length } else { self.count(1)? };
                if count != length {
                    let message = format!("{count} elements of an array of {length}");
                    return Err(Fault::malformed(message));
                }
                self.visit_items(elem, count, want, visitor)
            }
            Type::Map(key, elem) => {
                let count = self.count(2)?;
                self.nested(|slot| visitor.visit_map(Pairs::new(slot.reader, key, elem, count)))
            }
            Type::Struct(_) if self.is_zero && matches!(want, Want::Any) => visitor.visit_unit(),
            Type::Struct(fields) => {
                let (id, is_zero) = (self.id, self.is_zero);
                let asked = match want {
                    Want::Struct(asked) => Some(asked),
                    _ => None,
                };
                self.nested(|slot| {
                    let mut record = Record::new(slot.reader, id, fields, asked, is_zero)?;
                    let value = visitor.visit_map(&mut record);
                    if value.is_ok() {
                        record.finish()?;
                    }
                    learned(value, slot.reader, asked.unwrap_or_default())
                })
            }
        }
    }

    /// Something with other things in it.
    fn nested<T>(
        self,
        read: impl FnOnce(Slot<'_, 'de, 'd>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let Self { reader, id, is_zero } = self;
        reader.charge(24)?;
        reader.enter()?;
        let read = read(Slot::new(reader, id, is_zero))?;
        reader.leave();
        Ok(read)
    }

    fn visit_int<V: Visitor<'de>>(mut self, want: Want, visitor: V) -> Result<V::Value, Fault> {
        self.reader.charge(8)?;
        let int = self.int()?;
        match want {
            Want::Char => visitor.visit_char(character(int)?),
            Want::Enum(_) => visitor.visit_enum(U32Deserializer::new(index(int)?)),
            _ => visitor.visit_i64(int),
        }
    }

    fn visit_uint<V: Visitor<'de>>(mut self, want: Want, visitor: V) -> Result<V::Value, Fault> {
        self.reader.charge(8)?;
        let uint = self.uint()?;
        match want {
            Want::Char => visitor.visit_char(character(uint)?),
            Want::Enum(_) => visitor.visit_enum(U32Deserializer::new(index(uint)?)),
            _ => visitor.visit_u64(uint),
        }
    }

    fn visit_float<V: Visitor<'de>>(mut self, want: Want, visitor: V) -> Result<V::Value, Fault> {
        self.reader.charge(8)?;
        let float = self.float()?;
        #[expect(clippy::cast_possible_truncation, reason = "that is what is looked for")]
        let is_lost = float.is_finite() && (float as f32).is_infinite();
        if matches!(want, Want::F32) && is_lost {
            return Err(Fault::malformed(format!("{float:e} is out of the range of f32")));
        }
        visitor.visit_f64(float)
    }

    fn visit_text<V: Visitor<'de>>(mut self, want: Want, visitor: V) -> Result<V::Value, Fault> {
        let bytes = self.bytes()?;
        let text = match str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) if matches!(want, Want::Any | Want::Bytes) => {
                return visitor.visit_borrowed_bytes(bytes);
            }
            Err(_) => return Err(Fault::malformed("a string that is not UTF-8: read it as bytes")),
        };
        match want {
            Want::Bytes => visitor.visit_borrowed_bytes(bytes),
            Want::Enum(_) => visitor.visit_enum(StrDeserializer::new(text)),
            _ => visitor.visit_borrowed_str(text),
        }
    }

    /// Bytes, or what a type of Go made of itself.
    fn visit_bytes<V: Visitor<'de>>(mut self, want: Want, visitor: V) -> Result<V::Value, Fault> {
        let bytes = self.bytes()?;
        match want {
            Want::Seq => visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied())),
            Want::Str | Want::Char | Want::Enum(_) => {
                let text = str::from_utf8(bytes)
                    .map_err(|_| Fault::malformed("the bytes of a text are not UTF-8"))?;
                match want {
                    Want::Enum(_) => visitor.visit_enum(StrDeserializer::new(text)),
                    _ => visitor.visit_borrowed_str(text),
                }
            }
            _ => visitor.visit_borrowed_bytes(bytes),
        }
    }

    fn visit_items<V: Visitor<'de>>(
        self,
        elem: Id,
        count: usize,
        want: Want,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.nested(|slot| {
            let is_zero = slot.is_zero;
            let mut items = Items::new(slot.reader, elem, count, is_zero);
            if matches!(want, Want::Bytes) {
                return visitor.visit_byte_buf(items.bytes()?);
            }
            let value = visitor.visit_seq(&mut items)?;
            items.finish()?;
            Ok(value)
        })
    }

    fn visit_interface<V: Visitor<'de>>(
        mut self,
        want: Want,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if self.is_nil()? {
            return match want {
                Want::Value => visitor.visit_enum(value::nil()),
                Want::Any => visitor.visit_unit(),
                _ => Err(Fault::malformed("an interface that holds nothing: read it as an Option")),
            };
        }
        self.reader.enter()?;
        let Some(opened) = self.reader.open()? else {
            return Err(Fault::malformed("an interface without a name"));
        };
        let slot = Slot::new(&mut *self.reader, opened.id, false);
        let value = match want {
            Want::Enum(variants) => visitor.visit_enum(Variant::new(slot, opened.name, variants)),
            Want::Interface => visitor.visit_seq(Pair::new(slot, opened.name)),
            Want::Value => {
                slot.reader.charge(size_of::<super::Value>() + opened.name.len())?;
                visitor.visit_enum(Named::new(slot, opened.name))
            }
            _ => slot.drive(want, visitor),
        }?;
        self.reader.close(&opened)?;
        self.reader.leave();
        Ok(value)
    }
}

/// Takes note of a field that serde misses and has no default for. The value is to be read again.
fn learned<T>(
    value: Result<T, Fault>,
    reader: &mut Reader<'_, '_>,
    asked: &'static [&'static str],
) -> Result<T, Fault> {
    if let Err(fault) = &value
        && let Some(field) = fault.absent()
    {
        reader.types.need(asked, field);
    }
    value
}

fn character<N: Copy + TryInto<u32> + std::fmt::Display>(code: N) -> Result<char, Fault> {
    let char = code.try_into().ok().and_then(char::from_u32);
    char.ok_or_else(|| Fault::malformed(format!("{code} is not a character")))
}

fn index<N: Copy + TryInto<u32> + std::fmt::Display>(index: N) -> Result<u32, Fault> {
    index.try_into().map_err(|_| Fault::malformed(format!("there is no variant {index}")))
}

macro_rules! wants {
    ($($method:ident => $want:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.drive(Want::$want, visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Slot<'_, 'de, '_> {
    type Error = Fault;

    wants! {
        deserialize_any => Any,
        deserialize_bool => Any,
        deserialize_i8 => Any,
        deserialize_i16 => Any,
        deserialize_i32 => Any,
        deserialize_i64 => Any,
        deserialize_i128 => Any,
        deserialize_u8 => Any,
        deserialize_u16 => Any,
        deserialize_u32 => Any,
        deserialize_u64 => Any,
        deserialize_u128 => Any,
        deserialize_f32 => F32,
        deserialize_f64 => Any,
        deserialize_char => Char,
        deserialize_str => Str,
        deserialize_string => Str,
        deserialize_bytes => Bytes,
        deserialize_byte_buf => Bytes,
        deserialize_option => Option,
        deserialize_unit => Ignored,
        deserialize_seq => Seq,
        deserialize_map => Map,
        deserialize_identifier => Str,
        deserialize_ignored_any => Ignored,
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.drive(Want::Ignored, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match name {
            value::TOKEN => self.drive(Want::Value, visitor),
            interface::TOKEN if self.id == INTERFACE => self.drive(Want::Interface, visitor),
            interface::TOKEN => Err(Fault::custom("a value that is not in an interface")),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.drive(Want::Seq, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.drive(Want::Seq, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.drive(Want::Struct(fields), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.drive(Want::Enum(variants), visitor)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl<'de> IntoDeserializer<'de, Fault> for Slot<'_, 'de, '_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
