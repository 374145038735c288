//! Text, bytes, lines and lengths.

use electrician_codec::{
    ByteOrder, Bytes, CodecErrorKind, FramedDecoder, FramedEncoder, Framing, LengthPrefix, Limits,
    Lines, Text, VarintPrefix, Whole,
};

use crate::support::{read_all, records, write};

fn lines(text: &[u8]) -> Vec<String> {
    records(FramedDecoder::new(Text, Lines::new()), text)
}

#[test]
fn a_line_ends_with_a_line_feed_and_the_last_one_needs_none() {
    assert_eq!(lines(b"one\ntwo"), ["one", "two"]);
    assert_eq!(lines(b"one\ntwo\n"), ["one", "two"]);
    assert_eq!(lines(b""), [""; 0]);
    assert_eq!(lines(b"\n"), [""]);
    assert_eq!(lines(b"\n\n"), ["", ""]);
}

#[test]
fn one_carriage_return_before_a_line_feed_is_its_part() {
    assert_eq!(lines(b"one\r\ntwo\r\r\nthree\rfour\r\n"), ["one", "two\r", "three\rfour"]);
    assert_eq!(lines(b"one\r"), ["one"]);
}

#[test]
fn blank_lines_are_left_out_if_wanted() {
    let decoder = FramedDecoder::new(Text, Lines::new().without_blank());
    let found: Vec<String> = records(decoder, b"\n one \n \t\r\n\r\ntwo\n ");
    assert_eq!(found, [" one ", "two"]);
}

#[test]
fn a_line_may_be_long() {
    let line = "x".repeat(1 << 20);
    assert_eq!(lines(line.as_bytes()), [line]);
}

#[test]
fn a_line_that_is_too_long_is_one_error_and_the_next_one_follows() {
    let limits = Limits::DEFAULT.with_record_bytes(4);
    let decoder = FramedDecoder::with_limits(Text, Lines::new(), limits);
    let said = read_all::<String, _>(decoder, b"four\nlonger\nok\nlongest");
    let too_large = || Err(CodecErrorKind::TooLarge);
    assert_eq!(said, [Ok("four".into()), too_large(), Ok("ok".into()), too_large()]);
}

#[test]
fn a_length_may_be_as_large_as_a_record() {
    fn read<F: Framing + Clone>(framing: &F) {
        let bytes = write(FramedEncoder::new(Text, framing.clone()), &["four".to_owned()]);
        for (limit, expected) in [(4, Ok("four".to_owned())), (3, Err(CodecErrorKind::TooLarge))] {
            let limits = Limits::DEFAULT.with_record_bytes(limit);
            let decoder = FramedDecoder::with_limits(Text, framing.clone(), limits);
            assert_eq!(read_all::<String, _>(decoder, &bytes), [expected]);
        }
    }
    read(&LengthPrefix::new());
    read(&VarintPrefix::new());
}

#[test]
fn what_would_end_a_line_early_is_refused_and_leaves_nothing() {
    let mut encoder = FramedEncoder::new(Text, Lines::new());
    let mut bytes = b"before\n".to_vec();
    for wrong in ["a\nb", "a\r", "\n"] {
        let error = encoder.encode(wrong, &mut bytes).unwrap_err();
        assert_eq!(error.kind(), CodecErrorKind::Unencodable, "{wrong:?}");
    }
    encoder.encode("a\rb", &mut bytes).unwrap();
    assert_eq!(bytes, b"before\na\rb\n");
}

#[test]
fn text_is_utf8() {
    let said = read_all::<String, _>(FramedDecoder::new(Text, Lines::new()), b"a\n\xff\nb\n");
    assert_eq!(said, [Ok("a".into()), Err(CodecErrorKind::Malformed), Ok("b".into())]);
    let mut decoder = FramedDecoder::new(Text, Lines::new());
    let mut input: &[u8] = b"a\nb\xff\n";
    decoder.decode::<String>(&mut input).unwrap();
    let error = decoder.decode::<String>(&mut input).unwrap_err();
    assert_eq!(error.to_string(), "text: the bytes are not UTF-8; `Bytes` takes any at byte 3");
}

#[test]
fn lengths_are_of_four_bytes() {
    let record = b"abc".to_vec();
    let big = write(FramedEncoder::new(Bytes, LengthPrefix::new()), std::slice::from_ref(&record));
    assert_eq!(big, b"\0\0\0\x03abc");
    let framing = LengthPrefix::new().with_order(ByteOrder::LittleEndian);
    assert_eq!(write(FramedEncoder::new(Bytes, framing), &[record]), b"\x03\0\0\0abc");
    let found: Vec<Vec<u8>> = records(FramedDecoder::new(Bytes, framing), b"\x01\0\0\0x\0\0\0\0");
    assert_eq!(found, [&b"x"[..], b""]);
}

#[test]
fn a_length_of_zero_is_refused_if_wanted() {
    let framing = LengthPrefix::new().refusing_empty();
    let said = read_all::<Vec<u8>, _>(FramedDecoder::new(Bytes, framing), b"\0\0\0\0\0\0\0\x01x");
    assert_eq!(said, [Err(CodecErrorKind::Malformed)]);
    let mut bytes = b"before".to_vec();
    let error = FramedEncoder::new(Bytes, framing).encode(&[], &mut bytes).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::Unencodable);
    assert_eq!(bytes, b"before");
}

#[test]
fn a_length_above_the_limit_breaks_the_stream_at_once() {
    let limits = Limits::DEFAULT.with_record_bytes(8);
    let mut decoder = FramedDecoder::with_limits(Bytes, LengthPrefix::new(), limits);
    let error = decoder.decode::<Vec<u8>>(&mut &b"\xff\xff\xff\xff"[..]).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::TooLarge);
    let message = "length prefix: a length of 4294967295 bytes exceeds the limit of 8 bytes";
    assert_eq!(error.to_string(), message);
    let error = decoder.decode::<Vec<u8>>(&mut &b"more"[..]).unwrap_err();
    assert!(error.to_string().contains("start a new stream"), "{error}");
    assert_eq!(decoder.finish::<Vec<u8>>().unwrap(), None);
    assert_eq!(decoder.decode(&mut &b"\0\0\0\x01x"[..]).unwrap(), Some(b"x".to_vec()));
}

#[test]
fn varints_have_seven_bits_a_byte() {
    for (len, head) in [(0, &b"\0"[..]), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02")] {
        let record = vec![7; len];
        let bytes =
            write(FramedEncoder::new(Bytes, VarintPrefix::new()), std::slice::from_ref(&record));
        assert_eq!(bytes, [head, &record].concat());
    }
    let decoder = || FramedDecoder::new(Bytes, VarintPrefix::new());
    let said = read_all::<Vec<u8>, _>(decoder(), b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02");
    assert_eq!(said, [Err(CodecErrorKind::Malformed)]);
    let said = read_all::<Vec<u8>, _>(decoder(), b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    assert_eq!(said, [Err(CodecErrorKind::TooLarge)]);
    assert_eq!(read_all::<Vec<u8>, _>(decoder(), b"\x80\0"), [Ok(vec![])]);
    assert_eq!(read_all::<Vec<u8>, _>(decoder(), b"\x80"), [Err(CodecErrorKind::Truncated)]);
}

#[test]
fn a_stream_that_ends_within_a_record_says_so() {
    for bytes in [&b"\0"[..], b"\0\0\0\x02", b"\0\0\0\x02a"] {
        let said = read_all::<Vec<u8>, _>(FramedDecoder::new(Bytes, LengthPrefix::new()), bytes);
        assert_eq!(said, [Err(CodecErrorKind::Truncated)]);
    }
}

#[test]
fn a_whole_stream_is_one_record_also_when_it_is_empty() {
    assert_eq!(records::<Vec<u8>, _>(FramedDecoder::new(Bytes, Whole::new()), b""), [b""]);
    assert_eq!(records::<Vec<u8>, _>(FramedDecoder::new(Bytes, Whole::new()), b"a\nb"), [b"a\nb"]);
    let mut encoder = FramedEncoder::new(Text, Whole::new());
    let mut bytes = Vec::new();
    encoder.encode("one", &mut bytes).unwrap();
    let error = encoder.encode("two", &mut bytes).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::Unencodable);
    assert_eq!(bytes, b"one");
}

#[test]
fn decoded_bytes_are_limited() {
    let limits = Limits::DEFAULT.with_decoded_bytes(2);
    let decoder = FramedDecoder::with_limits(Bytes, Lines::new(), limits);
    let said = read_all::<Vec<u8>, _>(decoder, b"abc\nab\n");
    assert_eq!(said, [Err(CodecErrorKind::TooLarge), Ok(b"ab".to_vec())]);
    let decoder = FramedDecoder::with_limits(Text, Lines::new(), limits);
    assert_eq!(read_all::<String, _>(decoder, b"abc\n"), [Err(CodecErrorKind::TooLarge)]);
}
