//! One value of a column, as serde asks for it.

#![expect(
    clippy::inline_always,
    reason = "a value takes fewer instructions than a call; whatever is longer is a function"
)]

use arrow_schema::{DataType, TimeUnit};
use serde::de::{Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::node::{Node, Values};
use super::parts::{ByName, Bytes, Entries, InOrder, Items};
use crate::ParquetError;
use crate::trace::is_named;
use crate::types::{MICROS, MILLIS, NANOS, decimal};

/// A row of a column.
#[derive(Clone, Copy)]
pub(super) struct Cell<'a> {
    node: &'a Node,
    row: usize,
}

// === impl Cell ===

impl<'a> Cell<'a> {
    #[inline]
    pub(super) const fn new(node: &'a Node, row: usize) -> Self {
        Self { node, row }
    }

    /// The row in the column that holds the values.
    fn resolve(mut self) -> Self {
        while let Values::Indexed(rows, inner) = &self.node.values
            && !self.node.is_null(self.row)
        {
            self = Self { node: inner, row: rows[self.row] };
        }
        self
    }

    #[inline]
    fn is_null(self) -> bool {
        self.node.is_null(self.row)
            || matches!(self.node.values, Values::Indexed(..)) && self.resolve().node_is_null()
    }

    /// Whether there is no null here; of a dictionary, whether its key is none.
    #[inline(always)]
    fn is_valid(self) -> bool {
        self.node.nulls.as_ref().is_none_or(|nulls| nulls.is_valid(self.row))
    }

    /// A value that is not of the type that is asked for, or none.
    #[inline(never)]
    fn look<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParquetError> {
        self.deserialize_any(visitor)
    }

    /// Whether a column is of the type by this name, where that is no timestamp.
    fn agree(self, name: &str) -> Result<(), ParquetError> {
        let agrees = match (decimal(name), &self.node.data_type) {
            (
                Some((_, scale)),
                DataType::Decimal32(_, own)
                | DataType::Decimal64(_, own)
                | DataType::Decimal128(_, own),
            ) => scale == *own,
            (None, DataType::Date32) => true,
            _ => false,
        };
        if agrees { Ok(()) } else { Err(self.mismatch(name.trim_start_matches("$electrician::"))) }
    }

    fn node_is_null(self) -> bool {
        self.node.is_null(self.row)
    }

    #[cold]
    fn mismatch(self, wanted: &str) -> ParquetError {
        let Node { name, data_type, .. } = self.node;
        let message = format!("column {name} is {data_type}, but the record wants {wanted}");
        ParquetError::schema(message)
    }

    #[cold]
    fn nothing(self) -> ParquetError {
        let Self { node: Node { name, .. }, row } = self;
        let message =
            format!("column {name} is null in row {row} of the batch, and the field is no Option");
        ParquetError::record(message)
    }

    /// A timestamp in the unit of the field.
    #[inline]
    fn timestamp(self, unit: TimeUnit) -> Result<i64, ParquetError> {
        let DataType::Timestamp(own, _) = self.node.data_type else {
            return Err(self.mismatch("a timestamp"));
        };
        let Values::I64(values) = &self.node.values else {
            return Err(self.mismatch("a timestamp"));
        };
        if own == unit {
            return Ok(values[self.row]);
        }
        let (value, own, unit) = (values[self.row], per_second(own), per_second(unit));
        let scaled = if unit >= own {
            value.checked_mul(unit / own)
        } else {
            Some(value.div_euclid(own / unit))
        };
        scaled.ok_or_else(|| {
            ParquetError::record(format!(
                "column {}: {value} overflows in the unit of the field",
                self.node.name
            ))
        })
    }
}

const fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// Looks first whether the column is of the very type that is asked for.
macro_rules! exact {
    ($($method:ident => $variant:ident, $visit:ident,)*) => {
        $(
            #[inline(always)]
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParquetError> {
                match &self.node.values {
                    Values::$variant(values) if self.is_valid() => {
                        visitor.$visit(values[self.row])
                    }
                    _ => self.look(visitor),
                }
            }
        )*
    };
}

impl<'de> Deserializer<'de> for Cell<'_> {
    type Error = ParquetError;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParquetError> {
        let Self { node, row } = self;
        if node.nulls.is_some() && node.is_null(row) {
            return Err(self.nothing());
        }
        match &node.values {
            Values::Null => Err(self.nothing()),
            Values::Bool(values) => visitor.visit_bool(values.value(row)),
            Values::I8(values) => visitor.visit_i8(values[row]),
            Values::I16(values) => visitor.visit_i16(values[row]),
            Values::I32(values) => visitor.visit_i32(values[row]),
            Values::I64(values) => visitor.visit_i64(values[row]),
            Values::U8(values) => visitor.visit_u8(values[row]),
            Values::U16(values) => visitor.visit_u16(values[row]),
            Values::U32(values) => visitor.visit_u32(values[row]),
            Values::U64(values) => visitor.visit_u64(values[row]),
            Values::F32(values) => visitor.visit_f32(values[row]),
            Values::F64(values) => visitor.visit_f64(values[row]),
            Values::I128(values) => visitor.visit_i128(values[row]),
            Values::Text(values) => visitor.visit_str(values.value(row)),
            Values::LargeText(values) => visitor.visit_str(values.value(row)),
            Values::TextView(values) => visitor.visit_str(values.value(row)),
            Values::Bytes(values) => visitor.visit_bytes(values.value(row)),
            Values::LargeBytes(values) => visitor.visit_bytes(values.value(row)),
            Values::BytesView(values) => visitor.visit_bytes(values.value(row)),
            Values::FixedBytes(values) => visitor.visit_bytes(values.value(row)),
            Values::List(..) | Values::LargeList(..) | Values::FixedList(..) => {
                self.deserialize_seq(visitor)
            }
            Values::Map(..) => self.deserialize_map(visitor),
            Values::Struct(group) => visitor.visit_map(ByName::new(group, row)),
            Values::Indexed(..) => {
                let inner = self.resolve();
                if inner.is_null() { Err(self.nothing()) } else { inner.deserialize_any(visitor) }
            }
        }
    }

    exact! {
        deserialize_i8 => I8, visit_i8,
        deserialize_i16 => I16, visit_i16,
        deserialize_i32 => I32, visit_i32,
        deserialize_i64 => I64, visit_i64,
        deserialize_u8 => U8, visit_u8,
        deserialize_u16 => U16, visit_u16,
        deserialize_u32 => U32, visit_u32,
        deserialize_u64 => U64, visit_u64,
        deserialize_f32 => F32, visit_f32,
        deserialize_f64 => F64, visit_f64,
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParquetError> {
        self.deserialize_any(visitor)
    }

    #[inline(always)]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParquetError> {
        match &self.node.values {
            Values::TextView(values) if self.is_valid() => {
                visitor.visit_str(values.value(self.row))
            }
            _ => self.look(visitor),
        }
    }

    #[inline(always)]
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParquetError> {
        self.deserialize_str(visitor)
    }

    #[inline(always)]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParquetError> {
        if self.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParquetError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParquetError> {
        visitor.visit_unit()
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(
        self,
        visitor: V,
    ) -> Result<V::Value, ParquetError> {
        visitor.visit_unit()
    }

    #[inline(always)]
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParquetError> {
        if !is_named(name) {
            return visitor.visit_newtype_struct(self);
        }
        if self.node.nulls.is_some() && self.is_null() {
            return Err(self.nothing());
        }
        let unit = match name {
            MILLIS => TimeUnit::Millisecond,
            MICROS => TimeUnit::Microsecond,
            NANOS => TimeUnit::Nanosecond,
            _ => {
                self.agree(name)?;
                return visitor.visit_newtype_struct(self);
            }
        };
        let value: serde::de::value::I64Deserializer<ParquetError> =
            self.timestamp(unit)?.into_deserializer();
        visitor.visit_newtype_struct(value)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParquetError> {
        let Self { node, row } = self.resolve();
        if node.is_null(row) {
            return Err(self.nothing());
        }
        let size = |end: usize, start: usize| end.saturating_sub(start);
        match &node.values {
            Values::List(ends, item) => {
                let (start, end) = (index(ends[row].into()), index(ends[row + 1].into()));
                visitor.visit_seq(Items::new(item, start, size(end, start)))
            }
            Values::LargeList(ends, item) => {
                let (start, end) = (index(ends[row]), index(ends[row + 1]));
                visitor.visit_seq(Items::new(item, start, size(end, start)))
            }
            Values::FixedList(len, item) => visitor.visit_seq(Items::new(item, row * len, *len)),
            Values::Bytes(values) => visitor.visit_seq(Bytes::new(values.value(row))),
            Values::LargeBytes(values) => visitor.visit_seq(Bytes::new(values.value(row))),
            Values::BytesView(values) => visitor.visit_seq(Bytes::new(values.value(row))),
            Values::FixedBytes(values) => visitor.visit_seq(Bytes::new(values.value(row))),
            _ => Err(self.mismatch("a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ParquetError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ParquetError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParquetError> {
        let Self { node, row } = self.resolve();
        if node.is_null(row) {
            return Err(self.nothing());
        }
        match &node.values {
            Values::Map(ends, entry) => {
                let (start, end) = (index(ends[row].into()), index(ends[row + 1].into()));
                visitor.visit_map(Entries::new(entry, start, end))
            }
            // A record with `flatten` is read as a map.
            Values::Struct(group) => visitor.visit_map(ByName::new(group, row)),
            _ => Err(self.mismatch("a map")),
        }
    }

    #[inline(always)]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParquetError> {
        let Self { node, row } = self;
        if node.nulls.is_some() && node.is_null(row) {
            return Err(self.nothing());
        }
        let Values::Struct(group) = &node.values else {
            return Err(self.mismatch("a struct"));
        };
        let Some(nodes) = group.order(fields) else {
            return visitor.visit_map(ByName::new(group, row));
        };
        let mut left = nodes.len();
        let record = visitor.visit_seq(InOrder::new(nodes, row, &mut left));
        if left > 0 && record.is_ok() {
            // It has fewer fields than names: some are aliases, and columns went to the wrong ones.
            return Err(ParquetError::schema("the record has aliases"));
        }
        record
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParquetError> {
        let Self { node, row } = self.resolve();
        if node.is_null(row) {
            return Err(self.nothing());
        }
        let name = match &node.values {
            Values::Text(values) => values.value(row),
            Values::LargeText(values) => values.value(row),
            Values::TextView(values) => values.value(row),
            _ => return Err(self.mismatch("the name of a variant, which is text")),
        };
        visitor.visit_enum(name.into_deserializer())
    }

    forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf identifier
    }
}

fn index(end: i64) -> usize {
    usize::try_from(end).unwrap_or(0)
}
