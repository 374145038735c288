//! Many values in one stream, in pieces of any size.

use electrician_codec::gob::{Gob, GobDecoder, GobEncoder, Value};
use electrician_codec::{CodecErrorKind, Limits, Records};
use electrician_types::{Decoder, Encoder};

use super::types::{Feedback, Inner, Tree};
use super::{json, manifest, vector};

fn tree(name: &str, children: Vec<Tree>) -> Tree {
    Tree { name: name.into(), children, ..Tree::default() }
}

#[test]
fn how_a_stream_is_cut_changes_nothing() {
    for (name, expected) in manifest() {
        let bytes = vector(&name);
        for size in [1, 2, 3, 7, 64, 1000, bytes.len()] {
            let mut decoder = GobDecoder::new(Gob::new());
            let mut found = Vec::new();
            for mut chunk in bytes.chunks(size) {
                while let Some(value) = decoder.read::<Value>(&mut chunk).unwrap() {
                    found.push(value);
                }
                assert!(chunk.is_empty(), "{name} in pieces of {size}");
            }
            decoder.finish().unwrap();
            assert_eq!(found.len(), expected.len(), "{name} in pieces of {size}");
            for (found, expected) in found.iter().zip(&expected) {
                json::assert_same(&name, &json::dump(found), expected);
            }
        }
    }
}

/// `[]any{[]int{1}, nil, nil, …}`, where the type `[]int` is new: its definition ends a message, and
/// most of the forty elements come in the next one.
#[test]
fn a_list_may_go_on_in_a_message_that_has_not_arrived() {
    let message = |body: &[&[u8]]| {
        let body = body.concat();
        [&[u8::try_from(body.len()).unwrap()], &body[..]].concat()
    };
    let any = message(&[&[0xff, 0x81, 2, 1, 2, 0xff, 0x82, 0, 1, 16, 0, 0]]);
    let begin = [0xff, 0x82, 0, 40, 1, b'x'];
    let ints = [0xff, 0x83, 2, 1, 2, 0xff, 0x84, 0, 1, 4, 0, 0];
    let first = message(&[&begin, &ints]);
    let rest = message(&[&[0xff, 0x84, 3, 0, 1, 2], &[0; 39]]);
    let bytes = [any, first, rest].concat();
    for size in [bytes.len(), 1, 3, 7] {
        let mut decoder = GobDecoder::new(Gob::new());
        let mut found = Vec::new();
        for mut chunk in bytes.chunks(size) {
            found.extend(decoder.read::<Value>(&mut chunk).unwrap());
        }
        let [Value::List(items)] = &found[..] else { panic!("{found:?}") };
        assert_eq!((items.len(), &items[39]), (40, &Value::Nil), "in pieces of {size}");
    }
}

#[test]
fn a_message_that_would_be_too_large_is_refused_at_once() {
    // 998 bytes behind a length of three are one more than there may be.
    let bytes = [0xfe, 0x03, 0xe6, 3, 4, 0];
    for size in [1, 2, bytes.len()] {
        let limits = Limits::DEFAULT.with_record_bytes(1000);
        let mut decoder = GobDecoder::with_limits(Gob::new(), limits);
        let mut chunks = bytes.chunks(size);
        let error = chunks.find_map(|mut chunk| decoder.read::<Value>(&mut chunk).err());
        assert_eq!(error.unwrap().kind(), CodecErrorKind::TooLarge, "in pieces of {size}");
        assert!(decoder.is_broken());
    }
}

#[test]
fn what_follows_a_value_stays() {
    let bytes = vector("stream");
    let mut input = bytes.as_slice();
    let mut decoder = GobDecoder::new(Gob::new());
    decoder.read::<Value>(&mut input).unwrap().unwrap();
    let left = input.len();
    decoder.read::<Value>(&mut input).unwrap().unwrap();
    assert!(input.len() < left && !input.is_empty());
}

#[test]
fn a_value_of_another_type_is_an_error_and_the_next_one_follows() {
    for size in [1, 10, 10_000] {
        let bytes = vector("stream");
        let mut decoder = GobDecoder::new(Gob::new());
        let (mut found, mut wrong) = (Vec::new(), Vec::new());
        for mut chunk in bytes.chunks(size) {
            loop {
                match decoder.read::<Inner>(&mut chunk) {
                    Ok(Some(inner)) => found.push(inner.count),
                    Ok(None) => break,
                    Err(error) => {
                        assert!(!decoder.is_broken(), "{error}");
                        wrong.push(error.offset().unwrap());
                    }
                }
            }
        }
        decoder.finish().unwrap();
        // Two feedbacks, a number, a crate, a text, a crate.
        assert_eq!((found, wrong.len()), (vec![1, 2], 6));
        assert!(wrong.is_sorted(), "{wrong:?}");
    }
}

#[test]
fn what_is_no_gob_loses_the_place() {
    let mut bytes = vector("feedback");
    let end = bytes.len();
    bytes.extend([3, 0xff, 0, 0]);
    bytes.extend(vector("top_int"));
    let mut decoder = GobDecoder::new(Gob::new());
    let mut input = bytes.as_slice();
    decoder.read::<Value>(&mut input).unwrap().unwrap();
    let error = decoder.read::<Value>(&mut input).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::Malformed);
    assert!(error.offset().unwrap() > end as u64 && decoder.is_broken());
    decoder.read::<Value>(&mut input).unwrap_err();

    decoder.finish().unwrap();
    assert!(!decoder.is_broken());
    let number = vector("top_int");
    assert_eq!(decoder.read::<i64>(&mut number.as_slice()).unwrap(), Some(-17));
}

#[test]
fn a_stream_that_ends_within_a_value_is_cut() {
    let bytes = vector("stream");
    let mut decoder = GobDecoder::new(Gob::new());
    let mut input = &bytes[..bytes.len() - 1];
    while decoder.read::<Value>(&mut input).unwrap().is_some() {}
    let error = decoder.finish().unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::Truncated);
    assert_eq!(error.offset(), Some(bytes.len() as u64 - 1));
}

#[test]
fn a_message_that_claims_too_much_is_refused_at_once() {
    let limits = Limits::DEFAULT.with_record_bytes(1000);
    for size in [1, 100] {
        let mut decoder = GobDecoder::with_limits(Gob::new(), limits);
        // 1001 bytes.
        let mut claims = [0xfe_u8, 0x03, 0xe9].chunks(size);
        let error = claims.find_map(|mut chunk| decoder.read::<Value>(&mut chunk).err()).unwrap();
        assert_eq!(error.kind(), CodecErrorKind::TooLarge);
    }
}

#[test]
fn the_contracts_hold() {
    let trees = [tree("a", vec![]), tree("b", vec![tree("c", vec![])]), tree("d", vec![])];
    let mut encoder = GobEncoder::new(Gob::new());
    let mut bytes = Vec::new();
    Encoder::<Tree>::begin(&mut encoder, &mut bytes).unwrap();
    for tree in &trees {
        encoder.encode(tree, &mut bytes).unwrap();
    }
    Encoder::<Tree>::end(&mut encoder, &mut bytes).unwrap();

    let records = Records::<_, _, Tree>::new(bytes.as_slice(), GobDecoder::new(Gob::new()));
    let found: Vec<Tree> = records.map(Result::unwrap).collect();
    assert_eq!(found, trees);

    let mut decoder = GobDecoder::new(Gob::new());
    assert_eq!(Decoder::<Tree>::finish(&mut decoder).unwrap(), None);
}

#[test]
fn types_are_sent_once() {
    let mut encoder = GobEncoder::new(Gob::new());
    let mut sizes = Vec::new();
    for name in ["a", "b", "c"] {
        let mut bytes = Vec::new();
        encoder.write(&tree(name, vec![tree("in", vec![])]), &mut bytes).unwrap();
        sizes.push(bytes.len());
    }
    assert!(sizes[0] > 2 * sizes[1] && sizes[1] == sizes[2], "{sizes:?}");
    encoder.reset();
    let mut bytes = Vec::new();
    encoder.write(&tree("a", vec![tree("in", vec![])]), &mut bytes).unwrap();
    assert_eq!(bytes.len(), sizes[0]);
}

#[test]
fn a_value_that_cannot_be_written_leaves_the_stream_whole() {
    let mut encoder = GobEncoder::new(Gob::new());
    let mut bytes = Vec::new();
    encoder.write(&tree("a", vec![]), &mut bytes).unwrap();
    let end = bytes.len();
    encoder.write(&vec![Some(1), None], &mut bytes).unwrap_err();
    assert_eq!(bytes.len(), end);
    encoder.write("text", &mut bytes).unwrap();
    encoder.write(&tree("b", vec![]), &mut bytes).unwrap();

    let mut decoder = GobDecoder::new(Gob::new());
    let mut input = bytes.as_slice();
    assert_eq!(decoder.read(&mut input).unwrap(), Some(tree("a", vec![])));
    assert_eq!(decoder.read(&mut input).unwrap(), Some("text".to_owned()));
    assert_eq!(decoder.read(&mut input).unwrap(), Some(tree("b", vec![])));
}

#[test]
fn a_feedback_needs_its_input() {
    // A type that borrows is read from a payload, where the input stays.
    let bytes = vector("feedback");
    let mut gob = Gob::new().with_names(electrician_codec::gob::Names::Snake);
    let feedback: Feedback<'_> = gob.read(&bytes, &Limits::DEFAULT).unwrap();
    assert_eq!(feedback.category, "praise");
}
