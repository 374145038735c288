//! The fields that a sender does not have: they are zero, as in Go.

use serde::Deserializer;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};

use super::learned;
use crate::gob::fault::Fault;
use crate::gob::reader::Reader;
use crate::gob::{interface, value};

/// The zero of whatever type is asked for.
#[derive(Debug)]
pub(super) struct Absent<'r, 'de, 'd>(&'r mut Reader<'de, 'd>);

/// A struct of which nothing is there.
#[derive(Debug)]
struct Fields<'r, 'de, 'd> {
    reader: &'r mut Reader<'de, 'd>,
    asked: &'static [&'static str],
    seen: usize,
}

/// An array of zeros.
#[derive(Debug)]
struct Zeros<'r, 'de, 'd> {
    reader: &'r mut Reader<'de, 'd>,
    left: usize,
}

/// A list of nothing.
#[derive(Debug)]
struct Nothing;

// === impl Absent ===

impl<'r, 'de, 'd> Absent<'r, 'de, 'd> {
    pub(super) fn new(reader: &'r mut Reader<'de, 'd>) -> Self {
        Self(reader)
    }
}

macro_rules! zeros {
    ($($method:ident => $visit:ident($zero:expr),)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit($zero)
        }
    )*};
}

impl<'de> Deserializer<'de> for Absent<'_, 'de, '_> {
    type Error = Fault;

    zeros! {
        deserialize_bool => visit_bool(false),
        deserialize_i8 => visit_i64(0),
        deserialize_i16 => visit_i64(0),
        deserialize_i32 => visit_i64(0),
        deserialize_i64 => visit_i64(0),
        deserialize_i128 => visit_i64(0),
        deserialize_u8 => visit_u64(0),
        deserialize_u16 => visit_u64(0),
        deserialize_u32 => visit_u64(0),
        deserialize_u64 => visit_u64(0),
        deserialize_u128 => visit_u64(0),
        deserialize_f32 => visit_f64(0.0),
        deserialize_f64 => visit_f64(0.0),
        deserialize_char => visit_char('\0'),
        deserialize_str => visit_borrowed_str(""),
        deserialize_string => visit_borrowed_str(""),
        deserialize_identifier => visit_borrowed_str(""),
        deserialize_bytes => visit_borrowed_bytes(&[]),
        deserialize_byte_buf => visit_borrowed_bytes(&[]),
        deserialize_seq => visit_seq(Nothing),
        deserialize_map => visit_map(Nothing),
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_none()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match name {
            value::TOKEN => visitor.visit_enum(value::nil()),
            interface::TOKEN => Err(Fault::custom("an interface that is missing")),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        left: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.0.enter()?;
        let value = visitor.visit_seq(Zeros { reader: &mut *self.0, left })?;
        self.0.leave();
        Ok(value)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        asked: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.0.enter()?;
        let value = visitor.visit_map(Fields { reader: &mut *self.0, asked, seen: 0 });
        let value = learned(value, self.0, asked)?;
        self.0.leave();
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _variants: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Fault> {
        Err(Fault::custom(format!("there is no zero of the enum `{name}`: give it a default")))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl<'de> MapAccess<'de> for Fields<'_, 'de, '_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let next = self.reader.types.needed(self.asked, self.seen);
        let Some((at, field)) = next else { return Ok(None) };
        self.seen = at + 1;
        seed.deserialize(BorrowedStrDeserializer::new(field)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        seed.deserialize(Absent(self.reader))
    }
}

impl<'de> SeqAccess<'de> for Zeros<'_, 'de, '_> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(Absent(self.reader)).map(Some)
    }
}

impl<'de> SeqAccess<'de> for Nothing {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        _: T,
    ) -> Result<Option<T::Value>, Fault> {
        Ok(None)
    }
}

impl<'de> MapAccess<'de> for Nothing {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, _: K) -> Result<Option<K::Value>, Fault> {
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, _: V) -> Result<V::Value, Fault> {
        Err(Fault::custom("a value without a key"))
    }
}
