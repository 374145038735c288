//! One value into its column, as serde describes it.

#![expect(
    clippy::inline_always,
    reason = "a value takes fewer instructions than a call; whatever is longer is a cold function"
)]

use std::fmt::Display;

use arrow_schema::DataType;
use serde::ser::{Impossible, Serialize, Serializer};

use super::record::{Elements, Entries, Fields};
use super::{Column, Data};
use crate::ParquetError;

/// Pushes a number when the column is of its very type; any other column is looked at more closely.
macro_rules! exact {
    ($($method:ident($type:ty) => $variant:ident or $other:ident,)*) => {
        $(
            #[inline(always)]
            fn $method(self, value: $type) -> Result<(), ParquetError> {
                if let Data::$variant(values) = &mut self.data {
                    values.push(value);
                    return Ok(());
                }
                self.$other(value.into())
            }
        )*
    };
}

impl<'a> Serializer for &'a mut Column {
    type Ok = ();
    type Error = ParquetError;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Elements<'a>;
    type SerializeTupleVariant = Impossible<(), ParquetError>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Impossible<(), ParquetError>;

    exact! {
        serialize_i8(i8) => I8 or integer,
        serialize_i16(i16) => I16 or integer,
        serialize_i32(i32) => I32 or integer,
        serialize_i64(i64) => I64 or integer,
        serialize_i128(i128) => I128 or integer,
        serialize_u8(u8) => U8 or integer,
        serialize_u16(u16) => U16 or integer,
        serialize_u32(u32) => U32 or integer,
        serialize_u64(u64) => U64 or integer,
        serialize_f32(f32) => F32 or float,
        serialize_f64(f64) => F64 or float,
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), ParquetError> {
        let Data::Bool(values) = &mut self.data else {
            return self.passed_over("a boolean");
        };
        values.append(value);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), ParquetError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    #[inline(always)]
    fn serialize_str(self, value: &str) -> Result<(), ParquetError> {
        self.push_bytes(value.as_bytes(), "text")
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), ParquetError> {
        if self.data_type == DataType::Utf8 {
            return Err(self.mismatch("bytes"));
        }
        self.push_bytes(value, "bytes")
    }

    fn serialize_none(self) -> Result<(), ParquetError> {
        if let Data::Ignored(rows) = &mut self.data {
            *rows += 1;
            return Ok(());
        }
        if !self.is_nullable {
            return Err(self.mismatch("nothing, and the column has no nulls"));
        }
        self.push_nothing();
        Ok(())
    }

    #[inline(always)]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), ParquetError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), ParquetError> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), ParquetError> {
        self.serialize_none()
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), ParquetError> {
        self.serialize_str(variant)
    }

    #[inline(always)]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), ParquetError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<(), ParquetError> {
        Err(self.mismatch(format!("the variant {variant}, which holds a value")))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'a>, ParquetError> {
        Elements::new(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements<'a>, ParquetError> {
        Elements::new(self)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Elements<'a>, ParquetError> {
        Elements::new(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, ParquetError> {
        Err(self.mismatch(format!("the variant {variant}, which holds values")))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a>, ParquetError> {
        Entries::new(self)
    }

    #[inline(always)]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, ParquetError> {
        Fields::new(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, ParquetError> {
        Err(self.mismatch(format!("the variant {variant}, which holds values")))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), ParquetError> {
        self.serialize_str(&value.to_string())
    }

    fn is_human_readable(&self) -> bool {
        // As text where a type has both forms: what it asks for when it is deserialized is text, too.
        true
    }
}

// === impl Column ===

impl Column {
    /// Whether serde asked by this very key before.
    #[expect(clippy::inline_always, reason = "once for each field of each record")]
    #[inline(always)]
    pub(super) fn is_of(&self, key: &'static str) -> bool {
        self.key == (key.as_ptr().addr(), key.len())
    }

    /// Pushes a null.
    pub(super) fn push_nothing(&mut self) {
        self.nulls.append_n_non_nulls(self.len() - self.nulls.len());
        self.nulls.append_null();
        self.fill();
    }

    /// Pushes what stands for a value where there is none, and says nothing of its validity.
    pub(super) fn fill(&mut self) {
        match &mut self.data {
            Data::Bool(values) => values.append(false),
            Data::I8(values) => values.push(0),
            Data::I16(values) => values.push(0),
            Data::I32(values) => values.push(0),
            Data::I64(values) => values.push(0),
            Data::U8(values) => values.push(0),
            Data::U16(values) => values.push(0),
            Data::U32(values) => values.push(0),
            Data::U64(values) => values.push(0),
            Data::F32(values) => values.push(0.0),
            Data::F64(values) => values.push(0.0),
            Data::I128(values) => values.push(0),
            Data::Bytes(runs) => runs.ends.push(last(&runs.ends)),
            Data::List(runs) => runs.ends.push(last(&runs.ends)),
            Data::Map(runs) => runs.ends.push(last(&runs.ends)),
            Data::Struct(columns, rows) => {
                *rows += 1;
                for column in columns {
                    // Below a group that is null, nothing is seen of its columns.
                    if column.is_nullable {
                        column.push_nothing();
                    } else {
                        column.fill();
                    }
                }
            }
            Data::Ignored(rows) => *rows += 1,
        }
    }

    #[inline(always)]
    fn push_bytes(&mut self, value: &[u8], what: &str) -> Result<(), ParquetError> {
        let Data::Bytes(runs) = &mut self.data else {
            return self.passed_over(what);
        };
        runs.values.extend_from_slice(value);
        runs.end(runs.values.len())?;
        Ok(())
    }

    /// An integer into a column of another type: as it is if it fits, or an error.
    #[cold]
    fn integer(&mut self, Integer(value): Integer) -> Result<(), ParquetError> {
        let fits = match &mut self.data {
            Data::I8(values) => value.try_into().map(|value| values.push(value)).is_ok(),
            Data::I16(values) => value.try_into().map(|value| values.push(value)).is_ok(),
            Data::I32(values) => value.try_into().map(|value| values.push(value)).is_ok(),
            Data::I64(values) => value.try_into().map(|value| values.push(value)).is_ok(),
            Data::U8(values) => value.try_into().map(|value| values.push(value)).is_ok(),
            Data::U16(values) => value.try_into().map(|value| values.push(value)).is_ok(),
            Data::U32(values) => value.try_into().map(|value| values.push(value)).is_ok(),
            Data::U64(values) => value.try_into().map(|value| values.push(value)).is_ok(),
            Data::I128(values) => {
                values.push(value);
                true
            }
            _ => return self.passed_over("an integer"),
        };
        if !fits {
            return Err(self.mismatch(format!("{value}, which does not fit")));
        }
        Ok(())
    }

    /// A float into a column of the other width: wider, or not at all.
    #[cold]
    fn float(&mut self, value: f64) -> Result<(), ParquetError> {
        let Data::F64(values) = &mut self.data else {
            return self.passed_over("a float");
        };
        values.push(value);
        Ok(())
    }

    /// A value that has no place here: fine where the column is ignored.
    #[cold]
    fn passed_over(&mut self, what: &str) -> Result<(), ParquetError> {
        let Data::Ignored(rows) = &mut self.data else {
            return Err(self.mismatch(what));
        };
        *rows += 1;
        Ok(())
    }

    #[cold]
    pub(super) fn mismatch(&self, what: impl Display) -> ParquetError {
        let name = if self.name.is_empty() { "the record" } else { &self.name };
        let data_type = &self.data_type;
        ParquetError::record(format!("column {name} is {data_type}, but the record has {what}"))
    }
}

/// Any integer that serde has.
pub(super) struct Integer(i128);

macro_rules! integers {
    ($($type:ty),*) => {
        $(
            impl From<$type> for Integer {
                fn from(value: $type) -> Self {
                    Self(value.into())
                }
            }
        )*
    };
}

integers!(i8, i16, i32, i64, i128, u8, u16, u32, u64);

fn last(ends: &[i32]) -> i32 {
    ends.last().copied().unwrap_or(0)
}
