//! JSON, its lines, arrays and streams.

use electrician_codec::{
    CodecErrorKind, Decode, Encode, FramedDecoder, FramedEncoder, Json, JsonArray, JsonValues,
    Limits, Lines, Whole,
};
use serde_json::{Value, json};

use crate::samples::{Trade, trade};
use crate::support::{read_all, records, text, write};

fn values(bytes: &str) -> Vec<Result<Value, CodecErrorKind>> {
    read_all(FramedDecoder::new(Json, JsonValues::new()), bytes)
}

fn array(bytes: &str) -> Vec<Result<Value, CodecErrorKind>> {
    read_all(FramedDecoder::new(Json, JsonArray::new()), bytes)
}

const MALFORMED: Result<Value, CodecErrorKind> = Err(CodecErrorKind::Malformed);
const TRUNCATED: Result<Value, CodecErrorKind> = Err(CodecErrorKind::Truncated);

#[test]
fn a_record_is_compact() {
    assert_eq!(text(Json, &trade(1)), r#"{"id":1,"venue":"XETR","price":12.5,"is_sell":false}"#);
}

#[test]
fn lines_and_arrays() {
    let trades = [trade(1), trade(2)];
    let lines = write(FramedEncoder::new(Json, Lines::new()), &trades);
    let (one, two) = (text(Json, &trades[0]), text(Json, &trades[1]));
    assert_eq!(lines, format!("{one}\n{two}\n").as_bytes());
    let bytes = write(FramedEncoder::new(Json, JsonArray::new()), &trades);
    assert_eq!(bytes, format!("[{one},{two}]").as_bytes());
    assert_eq!(records::<Trade, _>(FramedDecoder::new(Json, JsonArray::new()), &bytes), trades);
    let none = write(FramedEncoder::<_, JsonArray>::new(Json, JsonArray::new()), &[0_u8; 0]);
    assert_eq!(none, b"[]");
}

#[test]
fn a_record_that_cannot_be_written_leaves_no_comma() {
    let mut encoder = FramedEncoder::new(Json, JsonArray::new());
    let mut bytes = b"[".to_vec();
    encoder.encode(&1, &mut bytes).unwrap();
    let wrong = std::collections::HashMap::from([(vec![1], 2)]);
    let error = encoder.encode(&wrong, &mut bytes).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::Unencodable);
    assert_eq!(bytes, b"[1");
    encoder.encode(&2, &mut bytes).unwrap();
    assert_eq!(bytes, b"[1,2");
}

#[test]
fn an_encoder_begins_again() {
    let mut encoder = FramedEncoder::new(Json, JsonArray::new());
    for _ in 0..2 {
        let mut bytes = Vec::new();
        electrician_types::Encoder::<u8>::begin(&mut encoder, &mut bytes).unwrap();
        encoder.encode(&1, &mut bytes).unwrap();
        assert_eq!(bytes, b"[1");
    }
}

#[test]
fn values_of_every_kind_follow_each_other() {
    let found = values(" 1 -2.5e3\ttrue\nnull \"a\\\"\\\\\" {\"a\":[1,{}]}[]{}\"b\"\"c\"[\"]\"] ");
    let expected = [
        json!(1),
        json!(-2500.0),
        json!(true),
        json!(null),
        json!("a\"\\"),
        json!({"a": [1, {}]}),
        json!([]),
        json!({}),
        json!("b"),
        json!("c"),
        json!(["]"]),
    ];
    assert_eq!(found, expected.map(Ok));
    assert_eq!(values(""), []);
    assert_eq!(values(" \n "), []);
    assert_eq!(values("7"), [Ok(json!(7))], "the end ends a number");
}

#[test]
fn a_wrong_value_is_one_error_and_the_next_one_follows() {
    assert_eq!(values("1 nope 2"), [Ok(json!(1)), MALFORMED, Ok(json!(2))]);
    assert_eq!(values("[1,] {\"a\"} 3"), [MALFORMED, MALFORMED, Ok(json!(3))]);
    assert_eq!(values("1, 2"), [Ok(json!(1)), MALFORMED, Ok(json!(2))]);
    assert_eq!(values("] 2"), [MALFORMED, Ok(json!(2))]);
    assert_eq!(values("[1"), [TRUNCATED]);
    assert_eq!(values("\"a"), [TRUNCATED]);
}

#[test]
fn an_array_gives_its_values() {
    let found = array(" [ 1 , [2,3],{\"a\":\"]\"} ,\"x\",null] ");
    let expected = [json!(1), json!([2, 3]), json!({"a": "]"}), json!("x"), json!(null)];
    assert_eq!(found, expected.map(Ok));
    assert_eq!(array("[]"), []);
    assert_eq!(array("[nope,1]"), [MALFORMED, Ok(json!(1))], "its place is clear");
}

#[test]
fn an_array_is_whole_and_alone() {
    for (bytes, values) in
        [("", 0), (" ", 0), ("[", 0), ("[1", 0), ("[1,", 1), ("[1 ", 1), ("[[1]", 1)]
    {
        let said = array(bytes);
        assert_eq!(said.len(), values + 1, "{bytes}");
        assert_eq!(said.last(), Some(&TRUNCATED), "{bytes}");
    }
    for (bytes, values) in [
        ("{}", 0),
        ("[,", 0),
        ("[1,]", 1),
        ("[1 2]", 1),
        ("[] 1", 0),
        ("[1]]", 1),
        ("[}", 0),
        ("[1}", 1),
    ] {
        let said = array(bytes);
        assert_eq!(said.len(), values + 1, "{bytes}: {said:?}");
        assert_eq!(said.last(), Some(&MALFORMED), "{bytes}");
    }
    let mut decoder = FramedDecoder::new(Json, JsonArray::new());
    let error = decoder.decode::<Value>(&mut &b"[,"[..]).unwrap_err();
    let message = "json array: ',' stands where a value or `]` belongs at byte 1";
    assert_eq!(error.to_string(), message);
}

#[test]
fn an_error_says_where() {
    let mut decoder = FramedDecoder::new(Json, Lines::new());
    let mut input: &[u8] = b"{\"a\":1}\n{\"a\":x}\n";
    decoder.decode::<Value>(&mut input).unwrap();
    let error = decoder.decode::<Value>(&mut input).unwrap_err();
    assert_eq!(error.offset(), Some(8 + 5));
    let error = Decode::<Value>::decode(&mut Json, b"[1,\n 2,\n x]", &Limits::DEFAULT).unwrap_err();
    assert_eq!(error.offset(), Some(9), "{error}");
    let error = Decode::<Value>::decode(&mut Json, b"1 2", &Limits::DEFAULT).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::Malformed);
    let error = Decode::<Value>::decode(&mut Json, b"", &Limits::DEFAULT).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::Truncated);
}

#[test]
fn values_nest_as_deep_as_allowed() {
    let limits = Limits::DEFAULT.with_depth(3);
    let read = |text: &str| Decode::<Value>::decode(&mut Json, text.as_bytes(), &limits);
    assert!(read("[[[\"[[\\\"[[\"]],{\"a\":[]}]").is_ok());
    assert_eq!(read("[[[[]]]]").unwrap_err().kind(), CodecErrorKind::TooLarge);
    assert_eq!(read("[\"\\\\\",[[[]]]]").unwrap_err().kind(), CodecErrorKind::TooLarge);
    let deep = "[".repeat(1 << 20);
    for limits in [Limits::DEFAULT, Limits::DEFAULT.with_depth(usize::MAX)] {
        assert!(Decode::<Value>::decode(&mut Json, deep.as_bytes(), &limits).is_err());
    }
}

#[test]
fn a_document_is_a_whole_stream() {
    let found: Vec<Value> = records(FramedDecoder::new(Json, Whole::new()), "{\"a\":\n1}\n");
    assert_eq!(found, [json!({"a": 1})]);
}

#[test]
fn a_text_of_any_size_encodes() {
    let mut bytes = Vec::new();
    Json.encode("ü", &mut bytes).unwrap();
    assert_eq!(bytes, "\"ü\"".as_bytes());
}
