//! The bytes of records, layers, and what holds for all framings.

use electrician_codec::{
    Bytes, CodecError, CodecErrorKind, Decode, Encode, Frames, JsonValues, Layer, Layered,
    LengthPrefix, Limits, Lines, Text,
};

#[test]
fn a_record_in_one_chunk_is_not_copied() {
    let mut frames = Frames::new(Lines::new(), Limits::DEFAULT);
    let chunk = b"one\ntwo\nthr".to_vec();
    let mut input = &chunk[..];
    let one = frames.next(&mut input).unwrap().unwrap();
    assert_eq!(one, b"one");
    assert_eq!(one.as_ptr(), chunk.as_ptr());
    assert_eq!(frames.offset(), 0);
    assert_eq!(frames.next(&mut input).unwrap(), Some(&b"two"[..]));
    assert_eq!(frames.offset(), 4);
    assert_eq!(frames.next(&mut input).unwrap(), None);
    let rest = b"ee\n".to_vec();
    let mut input = &rest[..];
    assert_eq!(frames.next(&mut input).unwrap(), Some(&b"three"[..]));
    assert_eq!(frames.offset(), 8);
    assert_eq!(frames.finish().unwrap(), None);
}

#[test]
fn a_decoder_is_as_new_when_it_has_finished() {
    let mut frames = Frames::new(LengthPrefix::new(), Limits::DEFAULT);
    let mut input: &[u8] = b"\0\0\0\x05ab";
    assert_eq!(frames.next(&mut input).unwrap(), None);
    assert_eq!(frames.finish().unwrap_err().kind(), CodecErrorKind::Truncated);
    let mut input: &[u8] = b"\0\0\0\x01x";
    assert_eq!(frames.next(&mut input).unwrap(), Some(&b"x"[..]));
}

#[test]
fn the_offset_of_an_error_counts_from_the_begin_of_the_stream() {
    let mut frames = Frames::new(Lines::new(), Limits::DEFAULT.with_record_bytes(3));
    let mut input: &[u8] = b"ab\nlonger\n";
    assert_eq!(frames.next(&mut input).unwrap(), Some(&b"ab"[..]));
    let error = frames.next(&mut input).unwrap_err();
    assert_eq!(error.to_string(), "framing: a record exceeds the limit of 3 bytes at byte 3");
    assert_eq!(frames.next(&mut input).unwrap(), None);
    assert!(!frames.is_broken());
}

#[test]
fn the_offset_begins_anew_behind_a_last_record_without_end() {
    let mut frames = Frames::new(Lines::new(), Limits::DEFAULT.with_record_bytes(3));
    let mut input: &[u8] = b"ab";
    assert_eq!(frames.next(&mut input).unwrap(), None);
    assert_eq!(frames.finish().unwrap(), Some(&b"ab"[..]));
    let mut input: &[u8] = b"longer\n";
    assert_eq!(frames.next(&mut input).unwrap_err().offset(), Some(0));
}

/// What is passed over was told once, and its end is not missed.
#[test]
fn a_record_that_is_too_large_and_cut_is_one_error() {
    let mut frames = Frames::new(JsonValues::new(), Limits::DEFAULT.with_record_bytes(3));
    let mut input: &[u8] = b"[1, 2";
    assert_eq!(frames.next(&mut input).unwrap_err().kind(), CodecErrorKind::TooLarge);
    assert_eq!(frames.next(&mut input).unwrap(), None);
    assert_eq!(frames.finish().unwrap(), None);
}

/// Writes every byte twice.
struct Twice;

impl Layer for Twice {
    fn wrap(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        into.extend(plain.iter().flat_map(|byte| [*byte; 2]));
        Ok(())
    }

    fn unwrap(&mut self, wrapped: &[u8], _: &Limits, into: &mut Vec<u8>) -> Result<(), CodecError> {
        let (pairs, odd) = wrapped.as_chunks::<2>();
        if !odd.is_empty() || pairs.iter().any(|[one, other]| one != other) {
            return Err(CodecError::malformed("twice", "a byte stands alone"));
        }
        into.extend(pairs.iter().map(|[byte, _]| byte));
        Ok(())
    }
}

#[test]
fn layers_nest() {
    let mut payload = Layered::new(Layered::new(Text, Twice), Twice);
    let mut bytes = b"before".to_vec();
    payload.encode("ab", &mut bytes).unwrap();
    assert_eq!(bytes, b"beforeaaaabbbb");
    let text: String = payload.decode(&bytes[6..], &Limits::DEFAULT).unwrap();
    assert_eq!(text, "ab");
    let error = payload.decode(b"aaab", &Limits::DEFAULT).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::Malformed);
    let again: String = payload.decode(b"cccc", &Limits::DEFAULT).unwrap();
    assert_eq!(again, "c", "an error leaves nothing behind");
    let _: Vec<u8> = Layered::new(Bytes, Twice).decode(b"", &Limits::DEFAULT).unwrap();
}

#[test]
fn everything_moves_between_threads() {
    fn moves<T: Send + Sync>() {}
    moves::<Frames<Lines>>();
    moves::<electrician_codec::FramedDecoder<electrician_codec::Json, Lines>>();
    moves::<electrician_codec::FramedEncoder<electrician_codec::Xml, electrician_codec::XmlElements>>(
    );
    moves::<electrician_codec::CsvEncoder>();
    moves::<electrician_codec::CsvDecoder>();
    moves::<electrician_codec::WaveAnalyzer>();
    moves::<electrician_codec::Records<&[u8], electrician_codec::CsvDecoder, String>>();
}
