//! Values of Go.

use std::collections::BTreeMap;
use std::fmt::Debug;

use arbitrary::{Arbitrary, Unstructured};
use electrician_codec::gob::{
    Complex, GoTime, Gob, GobDecoder, GobEncoder, Interface, Names, Schema, Value,
};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::{LIMITS, memory, streams};

/// What the decoded bytes of a record may take in memory, with what the decoder keeps.
const MOST: usize = 8 << 20;

/// Everything that is written and read the same.
#[derive(Arbitrary, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Written {
    bool: bool,
    int: i64,
    int8: i8,
    int32: i32,
    uint: u64,
    uint16: u16,
    float32: f32,
    float64: f64,
    rune: char,
    text: String,
    data: Vec<u8>,
    ints: Vec<i64>,
    texts: Vec<String>,
    inner: Inner,
    inners: Vec<Inner>,
    counts: BTreeMap<String, i64>,
    names: BTreeMap<i64, String>,
    array: [i16; 3],
    #[arbitrary(with = complex)]
    complex: Complex,
    #[arbitrary(with = instant)]
    instant: GoTime,
}

#[derive(Arbitrary, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inner {
    name: String,
    count: i64,
    flags: BTreeMap<bool, u8>,
}

/// What Go wrote, as types that take only a part of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "it is shown")]
struct Nested {
    #[serde(default)]
    inner: Option<Inner>,
    pointer: Option<Box<Inner>>,
    refs: Option<Vec<Option<Inner>>>,
    rows: Vec<Vec<i64>>,
    deep: BTreeMap<String, BTreeMap<String, f32>>,
    next: Option<Box<Nested>>,
    children: Vec<Nested>,
    shape: Option<Shape>,
    shapes: Vec<Shape>,
    any: Option<Interface<Value>>,
    at: Option<GoTime>,
    bytes: Option<[u8; 4]>,
    zeros: [i64; 5],
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "it is shown")]
enum Shape {
    Circle(Circle),
    #[serde(rename = "*main.Square")]
    Square(Box<Nested>),
    Unit,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[expect(dead_code, reason = "it is shown")]
struct Circle {
    radius: f64,
}

/// A value of any type: by a fresh reader, by one that knows the types, by one that passes it over.
pub fn gob_value(bytes: &[u8]) {
    memory::within(MOST, || {
        let mut gob = Gob::new().with_names(Names::Snake);
        let first: Result<Value, _> = gob.read(bytes, &LIMITS);
        let again: Result<Value, _> = gob.read(bytes, &LIMITS);
        assert_eq!(format!("{first:?}"), format!("{again:?}"));
        if let Ok(value) = &first {
            let ignored: Result<IgnoredAny, _> = Gob::new().read(bytes, &LIMITS);
            ignored.expect("what is read can be passed over");
            let _ = serde_json::to_vec(value);
        }
        let json: Result<serde_json::Value, _> = gob.read(bytes, &LIMITS);
        drop(json);
    });
}

/// Values of Rust types, some of which are written again.
pub fn gob_typed(bytes: &[u8]) {
    memory::within(MOST, || {
        for names in [Names::Exact, Names::Snake] {
            let mut gob = Gob::new().with_names(names);
            let first = format!("{:?}", gob.read::<Nested>(bytes, &LIMITS));
            let again = format!("{:?}", gob.read::<Nested>(bytes, &LIMITS));
            assert_eq!(first, again);
            drop(gob.read::<Shape>(bytes, &LIMITS));
            drop(gob.read::<Interface<Option<Shape>>>(bytes, &LIMITS));
            let value: Result<Written, _> = gob.read(bytes, &LIMITS);
            if let Ok(value) = value {
                come_back(&value);
            }
            again_if_written::<Vec<String>>(&mut gob, bytes);
            again_if_written::<BTreeMap<String, Vec<u8>>>(&mut gob, bytes);
            again_if_written::<Complex>(&mut gob, bytes);
            again_if_written::<GoTime>(&mut gob, bytes);
            again_if_written::<f32>(&mut gob, bytes);
            again_if_written::<char>(&mut gob, bytes);
            again_if_written::<i16>(&mut gob, bytes);
            again_if_written::<(u8, u8)>(&mut gob, bytes);
        }
    });
}

fn again_if_written<T: DeserializeOwned + Serialize + Debug>(gob: &mut Gob, bytes: &[u8]) {
    let Ok(value) = gob.read::<T>(bytes, &LIMITS) else { return };
    let mut written = Vec::new();
    // An empty list has no type.
    if gob.write(&value, &mut written).is_err() {
        return;
    }
    let back: T = gob.read(&written, &LIMITS).expect("what was written is read");
    assert_eq!(format!("{back:?}"), format!("{value:?}"));
}

/// A stream of values of any type, and of one that they are not.
pub fn gob_stream(bytes: &[u8]) {
    memory::within(MOST, || {
        streams::any_cut::<Value, _>(bytes, || GobDecoder::with_limits(Gob::new(), LIMITS));
        streams::any_cut::<Nested, _>(bytes, || {
            let gob = Gob::new().with_names(Names::Snake).with_types(8);
            GobDecoder::with_limits(gob, LIMITS.with_record_bytes(2 << 10))
        });
    });
}

/// Values that the fuzzer makes: what is written is read.
pub fn gob_written(values: Vec<Written>) {
    values.iter().for_each(come_back);
    let values: Vec<Written> = values.into_iter().filter(is_equal).collect();
    for schema in [None, Schema::of(&sample()).ok()] {
        let gob = || {
            let gob = Gob::new().with_names(Names::Snake);
            schema.clone().map_or(gob.clone(), |schema| gob.with_schema(schema))
        };
        streams::round_trip(&values, GobEncoder::new(gob()), GobDecoder::new(gob()));
    }
}

fn come_back(value: &Written) {
    let mut written = Vec::new();
    let mut gob = Gob::new();
    gob.write(value, &mut written).expect("it is written");
    let back: Written =
        gob.read(&written, &electrician_codec::Limits::DEFAULT).expect("it is read");
    assert_eq!(format!("{back:?}"), format!("{value:?}"));
}

/// Whether it is itself: a number that is none is not.
#[expect(clippy::eq_op, reason = "that is the question")]
fn is_equal(value: &Written) -> bool {
    value == value
}

/// A value that shows all types.
fn sample() -> Written {
    let inner = Inner { flags: [(true, 1)].into(), ..Inner::default() };
    Written {
        data: vec![1],
        ints: vec![1],
        texts: vec!["a".into()],
        inner: inner.clone(),
        inners: vec![inner],
        counts: [("a".into(), 1)].into(),
        names: [(1, "a".into())].into(),
        ..Written::default()
    }
}

fn complex(from: &mut Unstructured<'_>) -> arbitrary::Result<Complex> {
    Ok(Complex { re: from.arbitrary()?, im: from.arbitrary()? })
}

fn instant(from: &mut Unstructured<'_>) -> arbitrary::Result<GoTime> {
    let time = GoTime::from_unix(from.arbitrary()?, from.int_in_range(0..=999_999_999)?);
    Ok(time.unwrap_or(GoTime::ZERO))
}
