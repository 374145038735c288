use super::{Header, Wrong};

/// A page of version 1 with statistics: type 0, sizes 300 and 20, header {10 values, encodings,
/// statistics {a minimum of 2 bytes}}.
const PAGE: &[u8] = &[
    0x15, 0x00, 0x15, 0xd8, 0x04, 0x15, 0x28, 0x2c, 0x15, 0x14, 0x15, 0x00, 0x15, 0x06, 0x15, 0x06,
    0x1c, 0x58, 0x02, b'a', b'b', 0x00, 0x00, 0x00,
];

#[test]
fn the_sizes_are_found() {
    let (header, size) = Header::parse(PAGE).expect("it is one");
    assert_eq!(size, PAGE.len());
    let wanted = Header { uncompressed: 300, compressed: 20, values: 10, ..Header::default() };
    assert_eq!(header, wanted);
}

#[test]
fn what_ends_early_is_short() {
    for len in 0..PAGE.len() {
        assert_eq!(Header::parse(&PAGE[..len]), Err(Wrong::Short), "{len} bytes");
    }
}

#[test]
fn what_nests_without_end_is_refused() {
    assert_eq!(Header::parse(&[0x1c; 1000]), Err(Wrong::Malformed));
}

#[test]
fn a_text_that_claims_all_memory_is_short() {
    // Field 9, of bytes: 2^63 of them.
    let claim = [0x98, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
    assert!(matches!(Header::parse(&claim), Err(Wrong::Short | Wrong::Malformed)));
}
