//! JSON, of two kinds.

use std::collections::BTreeMap;

use electrician_codec::{
    Decode, Encode, FramedDecoder, GoJson, Json, JsonArray, JsonValues, Lines, Rfc3339,
    format_rfc3339, parse_rfc3339,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::records::Trade;
use crate::{LIMITS, memory, streams};

/// All that JSON of Go does otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Go {
    #[serde(rename = "ID", default)]
    id: u64,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    sent: Option<Rfc3339>,
    #[serde(default, with = "serde_bytes")]
    body: Vec<u8>,
    #[serde(default)]
    level: f64,
    #[serde(default)]
    rates: BTreeMap<i32, f32>,
    #[serde(default)]
    inner: Option<Box<Go>>,
    #[serde(default)]
    side: Side,
    #[serde(default)]
    letter: char,
    #[serde(default)]
    pair: (i8, u128),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Side {
    #[default]
    Buy,
    Sell(u8),
    Both {
        left: i64,
        right: (),
    },
}

/// Values alone, in a row, in an array, in lines.
pub fn json(bytes: &[u8]) {
    memory::within(8 << 20, || {
        streams::any_cut::<Value, _>(bytes, || {
            FramedDecoder::with_limits(Json, JsonValues::new(), LIMITS)
        });
        streams::any_cut::<Value, _>(bytes, || {
            FramedDecoder::with_limits(Json, JsonArray::new(), LIMITS)
        });
        let small = LIMITS.with_record_bytes(5);
        streams::any_cut::<Value, _>(bytes, || {
            FramedDecoder::with_limits(Json, JsonValues::new(), small)
        });
        streams::any_cut::<Value, _>(bytes, || {
            FramedDecoder::with_limits(Json, JsonArray::new(), small)
        });
        streams::any_cut::<Trade, _>(bytes, || {
            FramedDecoder::with_limits(Json, Lines::new().without_blank(), LIMITS)
        });
        if let Ok(value) = Json.decode(bytes, &LIMITS) {
            let value: Value = value;
            assert_eq!(written(&mut Json, &value), value);
            // An array is its elements, with commas between.
            if let Value::Array(items) = value {
                let mut decoder = FramedDecoder::with_limits(Json, JsonArray::new(), LIMITS);
                let said: Vec<Result<Value, String>> = streams::read_any_cut(bytes, &mut decoder);
                assert_eq!(said.into_iter().collect::<Result<Vec<_>, _>>().unwrap(), items);
            }
        }
    });
}

/// The same values as JSON without Go, and types that read otherwise.
pub fn json_go(bytes: &[u8]) {
    memory::within(8 << 20, || {
        streams::any_cut::<Go, _>(bytes, || {
            FramedDecoder::with_limits(GoJson, JsonValues::new(), LIMITS)
        });
        if let Ok(value) = GoJson.decode(bytes, &LIMITS) {
            let value: Value = value;
            assert_eq!(Json.decode(bytes, &LIMITS).ok().as_ref(), Some(&value));
            // A whole float loses its point, so the values may differ.
            let mut text = Vec::new();
            GoJson.encode(&value, &mut text).expect("what was read is written");
            let mut again = Vec::new();
            GoJson.encode(&written(&mut GoJson, &value), &mut again).expect("and once more");
            assert_eq!(text, again);
        }
        if let Ok(value) = GoJson.decode(bytes, &LIMITS) {
            let mut value: Go = value;
            value.inner = None;
            // A zone can lead out of the years that are written.
            value.sent = value.sent.filter(|time| format_rfc3339(time.0).is_ok());
            assert_eq!(written(&mut GoJson, &value), value);
        }
    });
}

/// A time is written as it was read.
pub fn rfc3339(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    memory::within(1 << 16, || {
        let Ok(time) = parse_rfc3339(text) else { return };
        let Ok(shown) = format_rfc3339(time) else { return };
        assert_eq!(parse_rfc3339(&shown).unwrap(), time, "{shown}");
    });
}

fn written<T, F: Encode<T> + Decode<T>>(format: &mut F, value: &T) -> T {
    let mut bytes = Vec::new();
    format.encode(value, &mut bytes).expect("what was read is written");
    let limits = LIMITS.with_record_bytes(1 << 20).with_decoded_bytes(4 << 20);
    format.decode(&bytes, &limits).expect("what was written is read")
}
