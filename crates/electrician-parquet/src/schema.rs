//! Columns of a type.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use serde::de::DeserializeOwned;

use crate::ParquetError;
use crate::trace::{Shape, shape};

/// The columns of `T`, which is a struct: one for each field, by the name that serde gives it.
///
/// | field | column |
/// |---|---|
/// | `bool`, `i8`…`i64`, `u8`…`u64`, `f32`, `f64` | the same |
/// | `String`, `char`, an enum whose variants hold nothing | text |
/// | [`Bytes`](crate::Bytes), whatever serde takes for bytes | bytes |
/// | [`Date`](crate::Date), [`TimestampMicros`](crate::TimestampMicros) and its like, [`Decimal`](crate::Decimal) | date, timestamp in UTC, decimal |
/// | `Option` | the column of what is inside, with nulls |
/// | a struct | a group |
/// | `Vec`, an array | a list |
/// | `HashMap`, `BTreeMap` | a map |
///
/// A newtype is what it wraps. An alias (`#[serde(alias)]`) would be a column more, so a type that
/// has some is written with a schema that says its columns.
///
/// # Errors
///
/// [`Schema`](crate::ParquetErrorKind::Schema) for a type without columns known beforehand:
/// `flatten`, an enum that holds values, 128 bits, a type that contains itself. Of an enum and of a
/// tuple it is only seen when a record is written.
pub fn schema_of<T: DeserializeOwned>() -> Result<SchemaRef, ParquetError> {
    Ok(Arc::new(Schema::new(fields(&root::<T>()?))))
}

/// The fields of a record.
pub(crate) fn root<T: DeserializeOwned>() -> Result<Vec<(&'static str, Shape)>, ParquetError> {
    match shape::<T>()? {
        Shape::Struct(fields) => Ok(fields),
        other => {
            let (data_type, _) = column(&other);
            let message = format!("the record is no struct with named fields, but {data_type}");
            Err(ParquetError::schema(message))
        }
    }
}

fn fields(fields: &[(&'static str, Shape)]) -> Fields {
    let field = |(name, shape): &(&'static str, Shape)| {
        let (data_type, is_nullable) = column(shape);
        Field::new(*name, data_type, is_nullable)
    };
    fields.iter().map(field).collect()
}

/// The type of a column, and whether it has nulls.
fn column(shape: &Shape) -> (DataType, bool) {
    let named = |name: &str, shape: &Shape| {
        let (data_type, is_nullable) = column(shape);
        Field::new(name, data_type, is_nullable)
    };
    match shape {
        Shape::Leaf(data_type) => (data_type.clone(), false),
        Shape::Optional(inner) => (column(inner).0, true),
        Shape::Struct(inner) => (DataType::Struct(fields(inner)), false),
        Shape::List(item) => (DataType::List(Arc::new(named("element", item))), false),
        Shape::Map(key, value) => {
            let entries = Fields::from(vec![named("key", key), named("value", value)]);
            let entries = Field::new("key_value", DataType::Struct(entries), false);
            (DataType::Map(Arc::new(entries), false), false)
        }
    }
}
