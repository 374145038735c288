use std::collections::HashMap;
use std::num::NonZeroU8;
use std::sync::Arc;

use electrician_parquet::arrow_schema::{DataType, Field, Schema, TimeUnit};
use electrician_parquet::{Decimal, ParquetErrorKind, ParquetWriter, WriteOptions, schema_of};
use serde::{Deserialize, Serialize};

use crate::every::Every;
use crate::support::read;

fn problem<T: serde::de::DeserializeOwned>() -> String {
    let error = schema_of::<T>().unwrap_err();
    assert_eq!(error.kind(), ParquetErrorKind::Schema);
    error.to_string()
}

#[test]
fn columns_are_named_by_the_fields() {
    let schema = schema_of::<Every>().unwrap();
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(&names[..4], ["flag", "i8", "i16", "i32"]);
    assert!(names.contains(&"letter") && !names.contains(&"char"));
    let field = |name: &str| schema.field_with_name(name).unwrap();
    assert!(field("maybe").is_nullable() && !field("flag").is_nullable());
    assert_eq!(*field("price").data_type(), DataType::Decimal128(9, 2));
    let micros = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    assert_eq!(*field("micros").data_type(), micros);
}

/// A type that refuses made-up values still has columns.
#[test]
fn no_value_is_made_to_find_the_columns() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its type matters")]
    struct Strict {
        never_zero: NonZeroU8,
        #[serde(deserialize_with = "even")]
        even: u32,
        after: Vec<NonZeroU8>,
    }

    fn even<'de, D: serde::Deserializer<'de>>(input: D) -> Result<u32, D::Error> {
        let value = u32::deserialize(input)?;
        assert!(value % 2 == 0, "no value comes here");
        Ok(value)
    }

    let schema = schema_of::<Strict>().unwrap();
    let types: Vec<String> =
        schema.fields().iter().map(|field| field.data_type().to_string()).collect();
    assert_eq!(types[..2], ["UInt8", "UInt32"]);
    assert!(types[2].starts_with("List"), "{types:?}");
}

#[test]
fn what_has_no_columns_says_why() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its type matters")]
    struct Node {
        next: Option<Box<Self>>,
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its type matters")]
    struct Any {
        any: serde_json::Value,
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its type matters")]
    struct Huge {
        inner: Inner,
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its type matters")]
    struct Inner {
        huge: u128,
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only its type matters")]
    struct Wrong {
        price: Decimal<40, 2>,
    }

    assert!(problem::<Node>().contains("contains itself"), "{}", problem::<Node>());
    assert!(problem::<Any>().starts_with("column any has no columns: it takes any type"));
    assert!(problem::<Huge>().starts_with("column inner.huge has no columns: no column has"));
    assert!(problem::<Wrong>().contains("1 to 38 digits"));
    assert_eq!(problem::<i32>(), "the record is no struct with named fields, but Int32");
    assert!(problem::<HashMap<String, i32>>().contains("not known before there is a value"));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Shaped {
    shape: Shape,
    pair: (i32, String),
}

#[test]
fn what_only_a_value_shows_is_an_error_of_that_record() {
    let mut writer = ParquetWriter::new(Vec::new(), &WriteOptions::new()).unwrap();
    let circle = Shaped { shape: Shape::Circle(1.0), pair: (1, String::new()) };
    let error = writer.write(&circle).unwrap_err();
    assert_eq!(error.kind(), ParquetErrorKind::Record);
    assert!(error.to_string().contains("the variant Circle, which holds a value"), "{error}");
    let pair = Shaped { shape: Shape::Point, pair: (1, String::new()) };
    let error = writer.write(&pair).unwrap_err();
    assert!(error.to_string().contains("is Int32, but the record has text"), "{error}");
    assert_eq!(writer.rows(), 0);
}

#[test]
fn a_schema_says_what_numbers_mean_and_what_is_missing() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Raw {
        #[serde(skip_serializing_if = "Option::is_none")]
        b: Option<String>,
        at: i64,
        small: i64,
    }

    let schema = Arc::new(Schema::new(vec![
        Field::new("small", DataType::Int8, false),
        Field::new("at", DataType::Timestamp(TimeUnit::Second, None), false),
        Field::new("b", DataType::Utf8, true),
    ]));
    let options = WriteOptions::new().with_schema(schema.clone());
    let mut writer = ParquetWriter::<Raw, _>::new(Vec::new(), &options).unwrap();
    let raw = |b: Option<&str>, small| Raw { b: b.map(str::to_owned), at: 60, small };
    writer.write(&raw(Some("x"), 5)).unwrap();
    writer.write(&raw(None, -5)).unwrap();
    let error = writer.write(&raw(None, 128)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "column small is Int8, but the record has 128, which does not fit"
    );
    let (bytes, _) = writer.finish().unwrap();
    assert_eq!(read::<Raw>(bytes), [raw(Some("x"), 5), raw(None, -5)]);

    let narrow = Arc::new(Schema::new(vec![Field::new("at", DataType::Int64, false)]));
    let mut writer =
        ParquetWriter::<Raw, _>::with_schema(Vec::new(), narrow, &WriteOptions::new()).unwrap();
    let error = writer.write(&raw(None, 1)).unwrap_err();
    assert_eq!(error.to_string(), "the record has a field small, the columns are at");
}
