//! What goes over the wire, in three encodings.

use std::collections::BTreeMap;

use electrician_relay::codec::gob::{Gob, Names};
use electrician_relay::codec::{CodecError, Decode, Encode, Limits, Protobuf};
use electrician_relay::prost_types::value::Kind;
use electrician_relay::prost_types::{ListValue, Struct, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Feedback {
    customer_id: String,
    content: String,
    score: f64,
    votes: i64,
    is_negative: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
}

/// A `google.protobuf.Struct`, which every language has.
#[derive(Debug)]
pub(crate) struct AsStruct;

/// As gob has it, by the names of Go.
pub(crate) fn as_gob() -> Gob {
    Gob::new().with_names(Names::Snake)
}

/// Different ones, with all that a format may stumble over.
pub(crate) fn some(count: u32) -> Vec<Feedback> {
    (0..count).map(Feedback::new).collect()
}

/// Those of [`some`] came, in order.
#[track_caller]
pub(crate) fn assert_some(found: &[Feedback], count: u32) {
    let ids: Vec<&str> = found.iter().map(|item| item.customer_id.as_str()).collect();
    assert_eq!(found.len(), count as usize, "{ids:?}");
    for (found, expected) in found.iter().zip(some(count)) {
        assert_eq!(*found, expected, "{ids:?}");
    }
}

// === impl Feedback ===

impl Feedback {
    fn new(n: u32) -> Self {
        let tags = ["copper", "tin", "<&>\u{2028} ⚡"].map(str::to_owned);
        let labels = [("line", n.to_string()), ("", String::new())];
        Self {
            customer_id: format!("c-{n}"),
            content: "the wire <hums> & glows; ".repeat(n as usize % 40),
            score: f64::from(n) / 8.0,
            votes: 3 - i64::from(n),
            is_negative: n.is_multiple_of(3),
            tags: tags.into_iter().take(n as usize % 4).collect(),
            labels: labels
                .into_iter()
                .take(n as usize % 3)
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }
    }
}

// === impl AsStruct ===

impl Encode<Feedback> for AsStruct {
    fn encode(&mut self, record: &Feedback, into: &mut Vec<u8>) -> Result<(), CodecError> {
        let json = serde_json::to_value(record).expect("it is plain");
        let Some(Kind::StructValue(message)) = value(json).kind else {
            unreachable!("it has fields")
        };
        Protobuf.encode(&message, into)
    }
}

impl Decode<Feedback> for AsStruct {
    fn decode(&mut self, bytes: &[u8], limits: &Limits) -> Result<Feedback, CodecError> {
        let message: Struct = Protobuf.decode(bytes, limits)?;
        let json = json(Value { kind: Some(Kind::StructValue(message)) });
        serde_json::from_value(json)
            .map_err(|error| CodecError::malformed("a feedback", error.to_string()))
    }
}

fn value(json: Json) -> Value {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(bool) => Kind::BoolValue(bool),
        Json::Number(number) => Kind::NumberValue(number.as_f64().expect("no big numbers")),
        Json::String(text) => Kind::StringValue(text),
        Json::Array(values) => {
            Kind::ListValue(ListValue { values: values.into_iter().map(value).collect() })
        }
        Json::Object(fields) => Kind::StructValue(Struct {
            fields: fields.into_iter().map(|(name, json)| (name, value(json))).collect(),
        }),
    };
    Value { kind: Some(kind) }
}

fn json(value: Value) -> Json {
    match value.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::BoolValue(bool)) => Json::Bool(bool),
        // A message has no other numbers than these, so one of them may be a whole one.
        #[expect(clippy::cast_possible_truncation, reason = "whole, and small")]
        Some(Kind::NumberValue(number)) if number.fract() == 0.0 => Json::from(number as i64),
        Some(Kind::NumberValue(number)) => Json::from(number),
        Some(Kind::StringValue(text)) => Json::String(text),
        Some(Kind::ListValue(list)) => list.values.into_iter().map(json).collect(),
        Some(Kind::StructValue(message)) => {
            message.fields.into_iter().map(|(name, value)| (name, json(value))).collect()
        }
    }
}
