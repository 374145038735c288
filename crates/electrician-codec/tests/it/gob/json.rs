//! Values as the generator prints them.

use electrician_codec::gob::Value;
use serde_json::{Map, Value as Json, json};

/// `value` as the generator's `dump` would have it.
pub(super) fn dump(value: &Value) -> Json {
    match value {
        Value::Nil => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(value),
        Value::Uint(value) => json!(value),
        Value::Float(value) => float(*value),
        Value::Complex(value) => json!([float(value.re), float(value.im)]),
        Value::Bytes(bytes) | Value::Blob { bytes, .. } => json!(bytes),
        Value::String(text) => json!(text),
        Value::List(items) => Json::Array(items.iter().map(dump).collect()),
        Value::Map(entries) => map(entries),
        Value::Struct { fields, .. } => {
            Json::Object(fields.iter().map(|(name, value)| (name.clone(), dump(value))).collect())
        }
        Value::Interface { name, value } => json!({ "$": name, "value": dump(value) }),
        _ => unreachable!("there is nothing else"),
    }
}

fn map(entries: &[(Value, Value)]) -> Json {
    let texts: Option<Map<String, Json>> = entries
        .iter()
        .map(|(key, value)| match key {
            Value::String(key) => Some((key.clone(), dump(value))),
            _ => None,
        })
        .collect();
    texts.map_or_else(
        || {
            Json::Array(
                entries.iter().map(|(key, value)| json!([dump(key), dump(value)])).collect(),
            )
        },
        Json::Object,
    )
}

fn float(value: f64) -> Json {
    json!(match value {
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        value if value.is_nan() => "NaN".to_owned(),
        value => format!("{value:e}"),
    })
}

/// Without what Go does not tell apart: in objects, whatever is zero or empty is left out. Lists of
/// pairs, which stand for maps, are sorted.
pub(super) fn plain(json: &Json) -> Json {
    match json {
        Json::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), plain(value)));
            Json::Object(fields.filter(|(_, value)| !is_zero(value)).collect())
        }
        Json::Array(items) => {
            let mut items: Vec<Json> = items.iter().map(plain).collect();
            let is_pair = |item: &Json| item.as_array().is_some_and(|pair| pair.len() == 2);
            if items.iter().all(is_pair) {
                items.sort_by_key(Json::to_string);
            }
            Json::Array(items)
        }
        Json::Number(number) => {
            number.as_f64().filter(|_| number.is_f64()).map_or_else(|| json.clone(), float)
        }
        other => other.clone(),
    }
}

fn is_zero(json: &Json) -> bool {
    match json {
        Json::Null | Json::Bool(false) => true,
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::String(text) => text.is_empty() || text == "0e0" || text == "-0e0",
        Json::Array(items) => items.iter().all(is_zero),
        Json::Object(fields) => fields.is_empty(),
        Json::Bool(true) => false,
    }
}

/// That both are the same but for what Go does not tell apart.
#[track_caller]
pub(super) fn assert_same(name: &str, found: &Json, expected: &Json) {
    let (found, expected) = (plain(found).to_string(), plain(expected).to_string());
    let differs = found.bytes().zip(expected.bytes()).position(|(one, other)| one != other);
    let from = differs.unwrap_or_default().saturating_sub(60);
    let part = |text: &str| text.chars().skip(from).take(200).collect::<String>();
    assert!(found == expected, "{name}: {}\n  is not: {}", part(&found), part(&expected));
}
