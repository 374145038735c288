//! Framings that take any bytes.

use electrician_codec::{ByteOrder, Bytes, FramedDecoder, LengthPrefix, Lines, Text, VarintPrefix};

use crate::{LIMITS, memory, streams};

/// Lines, against a simple reading of them.
pub fn lines(bytes: &[u8]) {
    memory::within(1 << 20, || {
        let mut decoder = FramedDecoder::with_limits(Bytes, Lines::new(), LIMITS);
        let said: Vec<Result<Vec<u8>, String>> = streams::read_any_cut(bytes, &mut decoder);
        let mut expected: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
        if expected.last().is_some_and(|last| last.is_empty()) {
            expected.pop();
        }
        assert_eq!(said.len(), expected.len());
        for (said, expected) in said.iter().zip(expected) {
            let expected = expected.strip_suffix(b"\r").unwrap_or(expected);
            assert_eq!(said.as_deref().expect("lines have no errors"), expected);
        }
        let small = LIMITS.with_record_bytes(5);
        streams::any_cut::<Vec<u8>, _>(bytes, || {
            FramedDecoder::with_limits(Bytes, Lines::new().without_blank(), small)
        });
        streams::any_cut::<String, _>(bytes, || {
            FramedDecoder::with_limits(Text, Lines::new(), LIMITS)
        });
    });
}

/// Lengths of four bytes, and varints.
pub fn prefixes(bytes: &[u8]) {
    memory::within(1 << 20, || {
        for limits in [LIMITS, LIMITS.with_record_bytes(5)] {
            let framing = LengthPrefix::new();
            streams::any_cut::<Vec<u8>, _>(bytes, || {
                FramedDecoder::with_limits(Bytes, framing, limits)
            });
            let framing = framing.with_order(ByteOrder::LittleEndian).refusing_empty();
            streams::any_cut::<Vec<u8>, _>(bytes, || {
                FramedDecoder::with_limits(Bytes, framing, limits)
            });
            streams::any_cut::<Vec<u8>, _>(bytes, || {
                FramedDecoder::with_limits(Bytes, VarintPrefix::new(), limits)
            });
        }
    });
}
