//! A record with a field of every type.

use std::collections::BTreeMap;

use electrician_parquet::{Bytes, Date, Decimal, TimestampMicros, TimestampMillis, TimestampNanos};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Every {
    pub(crate) flag: bool,
    pub(crate) i8: i8,
    pub(crate) i16: i16,
    pub(crate) i32: i32,
    pub(crate) i64: i64,
    pub(crate) u8: u8,
    pub(crate) u16: u16,
    pub(crate) u32: u32,
    pub(crate) u64: u64,
    pub(crate) f32: f32,
    pub(crate) f64: f64,
    #[serde(rename = "letter")]
    pub(crate) char: char,
    pub(crate) text: String,
    pub(crate) bytes: Bytes,
    pub(crate) kind: Kind,
    pub(crate) date: Date,
    pub(crate) millis: TimestampMillis,
    pub(crate) micros: TimestampMicros,
    pub(crate) nanos: TimestampNanos,
    pub(crate) price: Decimal<9, 2>,
    pub(crate) large: Decimal<38, 4>,
    pub(crate) maybe: Option<i64>,
    pub(crate) maybe_text: Option<String>,
    pub(crate) place: Place,
    pub(crate) maybe_place: Option<Place>,
    pub(crate) numbers: Vec<i32>,
    pub(crate) texts: Vec<Option<String>>,
    pub(crate) places: Vec<Place>,
    pub(crate) nested: Vec<Vec<u16>>,
    pub(crate) maybe_list: Option<Vec<f64>>,
    pub(crate) pair: [i16; 2],
    pub(crate) by_name: BTreeMap<String, Option<i32>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Small,
    Large,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) city: String,
    pub(crate) height: Option<i32>,
    pub(crate) tags: Vec<String>,
}

/// The record of this number: the first ones are extremes, the others mixed.
pub(crate) fn every(number: i64) -> Every {
    let small = i8::try_from(number % 100).unwrap_or(0);
    let unsigned = small.unsigned_abs();
    let has = number % 3 != 0;
    let place = |salt: i64| Place {
        city: format!("city {}", (number + salt) % 7),
        height: (salt + number).rem_euclid(2).eq(&0).then_some(i32::from(small)),
        tags: (0..(number + salt).rem_euclid(3)).map(|tag| format!("tag {tag}")).collect(),
    };
    let extreme = match number {
        0 => Some((i64::MIN, u64::MIN, f64::NEG_INFINITY)),
        1 => Some((i64::MAX, u64::MAX, f64::INFINITY)),
        _ => None,
    };
    let (i64, u64, f64) =
        extreme.unwrap_or((number * 1_000_003, number.unsigned_abs() << 20, number as f64 / 8.0));
    Every {
        flag: has,
        i8: if number == 0 { i8::MIN } else { small },
        i16: if number == 0 { i16::MIN } else { i16::from(small) * 3 },
        i32: if number == 0 { i32::MIN } else { i32::from(small) * 100_003 },
        i64,
        u8: if number == 1 { u8::MAX } else { unsigned },
        u16: if number == 1 { u16::MAX } else { u16::from(unsigned) * 5 },
        u32: if number == 1 { u32::MAX } else { u32::from(unsigned) * 70_001 },
        u64,
        f32: f32::from(small) / 4.0,
        f64,
        char: if has { 'ß' } else { '🦀' },
        text: if number == 1 { String::new() } else { format!("text {}", number % 11) },
        bytes: Bytes(vec![unsigned, 0, 255]),
        kind: if has { Kind::Small } else { Kind::Large },
        date: Date(11_323 + i32::from(small)),
        millis: TimestampMillis(978_307_260_123 + number),
        micros: TimestampMicros(978_307_260_123_456 - number),
        nanos: TimestampNanos(978_307_260_123_456_789 + number),
        price: Decimal(i128::from(number) - 50),
        large: Decimal(if number == 0 { -(10_i128.pow(38) - 1) } else { i128::from(number) << 64 }),
        maybe: has.then_some(number),
        maybe_text: has.then(|| format!("perhaps {number}")),
        place: place(0),
        maybe_place: has.then(|| place(1)),
        numbers: (0..i32::from(small.rem_euclid(4))).collect(),
        texts: (0..number.rem_euclid(3)).map(|text| (text > 0).then(|| text.to_string())).collect(),
        places: (0..number.rem_euclid(2)).map(place).collect(),
        nested: (0..u16::from(unsigned) % 3).map(|outer| (0..outer).collect()).collect(),
        maybe_list: has.then(|| vec![0.5; usize::from(unsigned) % 3]),
        pair: [i16::from(small), -1],
        by_name: (0..i32::from(unsigned) % 3)
            .map(|key| (format!("k{key}"), (key > 0).then_some(key)))
            .collect(),
    }
}
