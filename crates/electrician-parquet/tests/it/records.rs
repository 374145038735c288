use std::cell::Cell;
use std::collections::HashMap;

use electrician_parquet::{
    Decimal, ParquetErrorKind, ParquetReader, ParquetWriter, RecordBatch, Rows, TimestampMicros,
    TimestampMillis, TimestampNanos, WriteOptions,
};
use serde::{Deserialize, Serialize};

use crate::every::{Every, every};
use crate::support::{read, written};

#[test]
fn every_type_comes_back_as_it_was() {
    let records: Vec<Every> = (0..500).map(every).collect();
    // Batches, row groups and reads that do not line up.
    let options = WriteOptions::new().with_batch_rows(64).with_row_group_rows(150);
    assert_eq!(read::<Every>(written(&records, &options)), records);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Three {
    a: i32,
    b: String,
    c: Option<f64>,
}

fn three(a: i32) -> Three {
    Three { a, b: format!("b{a}"), c: (a % 2 == 0).then_some(0.5) }
}

#[test]
fn only_the_columns_of_the_record_are_read() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Part {
        c: Option<f64>,
        a: i64,
    }

    let bytes = written(&[three(1), three(2)], &WriteOptions::new());
    let mut reader = ParquetReader::<Part>::from_bytes(bytes).unwrap();
    let batch = reader.next_batch().unwrap().unwrap();
    assert_eq!(batch.num_columns(), 2);
    let records = Rows::<Part>::new(&batch).unwrap();
    let records: Vec<Part> = records.map(Result::unwrap).collect();
    assert_eq!(records, [Part { c: None, a: 1 }, Part { c: Some(0.5), a: 2 }]);
}

#[test]
fn aliases_and_defaults_hold_when_reading() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Other {
        #[serde(alias = "a")]
        x: i32,
        #[serde(default)]
        missing: u8,
        b: String,
        absent: Option<bool>,
    }

    let read: Vec<Other> = read(written(&[three(7)], &WriteOptions::new()));
    assert_eq!(read, [Other { x: 7, missing: 0, b: "b7".into(), absent: None }]);
}

/// An alias and what it stands for, both in the file: columns must not go to the wrong fields.
#[test]
fn columns_do_not_slip_where_an_alias_is_a_column_too() {
    #[derive(Debug, Serialize, Deserialize)]
    struct Written {
        a: i32,
        b: i32,
        c: i32,
    }
    #[derive(Debug, Deserialize)]
    struct Read {
        #[serde(alias = "b")]
        a: i32,
        c: i32,
    }

    let bytes = written(&[Written { a: 1, b: 2, c: 3 }], &WriteOptions::new());
    let read = ParquetReader::<Read>::from_bytes(bytes).unwrap().next().unwrap();
    // serde has its own opinion about two values for one field.
    match read {
        Ok(Read { a, c }) => assert!((a == 1 || a == 2) && c == 3, "{a} {c}"),
        Err(error) => assert!(error.to_string().contains("duplicate field"), "{error}"),
    }
}

#[test]
fn flattened_records_are_read() {
    #[derive(Deserialize)]
    struct Flat {
        a: i32,
        #[serde(flatten)]
        rest: HashMap<String, serde_json::Value>,
    }

    let mut read =
        ParquetReader::<Flat>::from_bytes(written(&[three(2)], &WriteOptions::new())).unwrap();
    let Flat { a, rest } = read.next().unwrap().unwrap();
    assert_eq!(a, 2);
    assert_eq!(rest["b"], "b2");
    assert_eq!(rest["c"], 0.5);
}

#[test]
fn numbers_widen_and_do_not_narrow() {
    #[derive(Serialize, Deserialize)]
    struct Wide {
        a: i64,
    }
    #[derive(Debug, Deserialize)]
    struct Narrow {
        a: i8,
    }

    let bytes = written(&[Wide { a: 5 }, Wide { a: 500 }, Wide { a: 6 }], &WriteOptions::new());
    let mut reader = ParquetReader::<Narrow>::from_bytes(bytes).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().a, 5);
    let error = reader.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ParquetErrorKind::Record);
    assert!(error.to_string().contains("500"), "{error}");
    // The next row is none the worse.
    assert_eq!(reader.next().unwrap().unwrap().a, 6);
    assert!(reader.next().is_none());
}

#[test]
fn nulls_need_an_option() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its type matters")]
    struct Strict {
        c: f64,
    }

    let bytes = written(&[three(2), three(1)], &WriteOptions::new());
    let mut reader = ParquetReader::<Strict>::from_bytes(bytes).unwrap();
    assert!(reader.next().unwrap().is_ok());
    let error = reader.next().unwrap().unwrap_err();
    assert!(error.to_string().contains("column c is null in row 1"), "{error}");
}

/// Fails to be serialized, or panics, in the middle of its fields.
#[derive(Serialize, Deserialize)]
struct Fragile {
    first: Vec<String>,
    #[serde(serialize_with = "fragile")]
    second: i32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn fragile<S: serde::Serializer>(value: &i32, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        13 => Err(serde::ser::Error::custom("an unlucky number")),
        14 => panic!("worse"),
        value => serializer.serialize_i32(*value),
    }
}

#[test]
fn a_record_that_fails_leaves_nothing_behind() {
    let fragile = |second: i32| Fragile { first: vec![second.to_string(); 3], second };
    let mut writer = ParquetWriter::new(Vec::new(), &WriteOptions::new()).unwrap();
    writer.write(&fragile(1)).unwrap();
    let error = writer.write(&fragile(13)).unwrap_err();
    assert_eq!(error.to_string(), "an unlucky number");
    writer.write(&fragile(2)).unwrap();
    let panic = std::panic::AssertUnwindSafe(|| writer.write(&fragile(14)));
    std::panic::catch_unwind(panic).unwrap_err();
    writer.write(&fragile(3)).unwrap();
    let (bytes, summary) = writer.finish().unwrap();
    assert_eq!(summary.rows, 3);
    let read: Vec<Fragile> = read(bytes);
    let read: Vec<_> = read.iter().map(|row| (row.second, row.first.join(" "))).collect();
    assert_eq!(read, [(1, "1 1 1".into()), (2, "2 2 2".into()), (3, "3 3 3".into())]);
}

#[test]
fn timestamps_are_read_in_the_unit_of_the_field() {
    #[derive(Serialize, Deserialize)]
    struct Micros {
        at: TimestampMicros,
    }
    #[derive(Deserialize)]
    struct Millis {
        at: TimestampMillis,
    }
    #[derive(Debug, Deserialize)]
    struct Nanos {
        at: TimestampNanos,
    }
    #[derive(Deserialize)]
    struct Raw {
        at: i64,
    }

    let bytes = written(&[Micros { at: TimestampMicros(-1_001) }], &WriteOptions::new());
    assert_eq!(read::<Millis>(bytes.clone())[0].at.0, -2);
    assert_eq!(read::<Nanos>(bytes.clone())[0].at.0, -1_001_000);
    assert_eq!(read::<Raw>(bytes)[0].at, -1_001);

    let bytes = written(&[Micros { at: TimestampMicros(i64::MAX) }], &WriteOptions::new());
    let error = ParquetReader::<Nanos>::from_bytes(bytes).unwrap().next().unwrap().unwrap_err();
    assert!(error.to_string().contains("overflows"), "{error}");
}

#[test]
fn a_decimal_of_another_scale_is_refused() {
    #[derive(Serialize, Deserialize)]
    struct Cents {
        price: Decimal<9, 2>,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its type matters")]
    struct Mills {
        price: Decimal<9, 3>,
    }

    let bytes = written(&[Cents { price: Decimal(1995) }], &WriteOptions::new());
    let error = ParquetReader::<Mills>::from_bytes(bytes).unwrap().next().unwrap().unwrap_err();
    assert!(error.to_string().contains("Decimal128(9, 2)"), "{error}");
}

#[test]
fn batches_go_in_and_out() {
    let bytes = written(&[three(1), three(2)], &WriteOptions::new());
    let options = electrician_parquet::ReadOptions::new();
    let batches = electrician_parquet::ParquetBatches::from_bytes(bytes, &options).unwrap();
    let batches: Vec<RecordBatch> = batches.map(Result::unwrap).collect();
    let mut writer = ParquetWriter::<Three, _>::new(Vec::new(), &WriteOptions::new()).unwrap();
    writer.write(&three(0)).unwrap();
    writer.write_batch(&batches[0]).unwrap();
    writer.write(&three(3)).unwrap();
    let (bytes, summary) = writer.finish().unwrap();
    assert_eq!(summary.rows, 4);
    assert_eq!(read::<Three>(bytes), [three(0), three(1), three(2), three(3)]);
}

/// Fields are not asked for more often than there are rows: no hidden second pass.
#[test]
fn each_row_is_made_once() {
    thread_local! {
        static MADE: Cell<u32> = const { Cell::new(0) };
    }

    #[derive(Serialize)]
    struct Counted {
        a: i32,
    }

    impl<'de> Deserialize<'de> for Counted {
        fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
            #[derive(Deserialize)]
            struct Inner {
                a: i32,
            }

            MADE.set(MADE.get() + 1);
            Inner::deserialize(input).map(|inner| Self { a: inner.a })
        }
    }

    let records: Vec<Counted> = (0..100).map(|a| Counted { a }).collect();
    let mut reader =
        ParquetReader::<Counted>::from_bytes(written(&records, &WriteOptions::new())).unwrap();
    MADE.set(0);
    assert_eq!(reader.by_ref().map(|record| record.unwrap().a).sum::<i32>(), 4950);
    assert_eq!(MADE.get(), 100);
}
