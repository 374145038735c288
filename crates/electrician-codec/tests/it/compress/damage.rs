//! Bytes that were cut, changed or made up.

use proptest::prelude::*;

use electrician_codec::compress::Progress;

use super::*;

/// Formats that notice any change of their data.
const CHECKED: [Compression; 4] = [GZIP, SNAPPY, ZSTD, LZ4];

fn limits() -> Limits {
    Limits::DEFAULT.with_decoded_bytes(100_000)
}

#[test]
fn a_cut_is_seen_everywhere() {
    let plain = mixed(3000);
    for compression in ALL {
        let bytes = compressed(compression, &plain);
        for length in (1..bytes.len()).filter(|length| (compression, *length) != (SNAPPY, 10)) {
            let error = refusal(compression, &bytes[..length], &limits());
            assert_eq!(error.kind(), CodecErrorKind::Truncated, "{length}: {error}");
            assert_eq!(error.offset(), Some(length as u64), "{error}");
        }
    }
}

#[test]
fn each_flipped_bit_is_seen_or_harmless() {
    let plain = mixed(400);
    for compression in ALL {
        let bytes = compressed(compression, &plain);
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            match within(compression, &bytes, &limits()) {
                // A header has bits that change nothing: a date, a system.
                Ok(back) if CHECKED.contains(&compression) => {
                    assert!(back == plain || back.is_empty(), "{compression:?} bit {bit}");
                }
                Ok(back) => assert!(back.len() <= 100_000),
                Err(_) => {}
            }
        }
    }
}

#[test]
fn damage_is_told_from_nonsense() {
    for (compression, place) in [(GZIP, 5), (ZSTD, 1), (LZ4, 1)] {
        let mut bytes = compressed(compression, &mixed(400));
        let index = bytes.len() - place;
        bytes[index] ^= 1;
        assert_eq!(kind(compression, &bytes), CodecErrorKind::Corrupt, "{compression:?}");
    }
    let mut bytes = compressed(SNAPPY, b"short");
    bytes[14] ^= 1;
    assert_eq!(kind(SNAPPY, &bytes), CodecErrorKind::Corrupt);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_give_bytes_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for compression in ALL {
            if let Ok(plain) = within(compression, &bytes, &limits()) {
                prop_assert!(plain.len() <= 100_000);
            }
        }
    }

    #[test]
    fn anything_behind_a_good_begin_gives_bytes_or_an_error(
        begin in 0_usize..200,
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        for compression in ALL {
            let mut good = compressed(compression, &mixed(600));
            good.truncate(begin);
            good.extend(&bytes);
            if let Ok(plain) = within(compression, &good, &limits()) {
                prop_assert!(plain.len() <= 100_000);
            }
        }
    }
}

/// Where it shows depends on the buffers, so it is not said.
#[test]
fn the_error_of_a_record_does_not_depend_on_the_room_for_it() {
    let plains = [mixed(20_000), b"from plus to minus, ".repeat(1000)];
    for (compression, plain) in
        ALL.iter().flat_map(|&it| plains.iter().map(move |plain| (it, plain)))
    {
        let bytes = compressed(compression, plain);
        for place in (0..bytes.len()).step_by(bytes.len() / 50 + 1) {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x55;
            let said = [0, 1000, 19_999, 1 << 16].map(|room| {
                let mut into = Vec::with_capacity(room);
                let mut decompressor = Decompressor::new(compression);
                let done = decompressor.decompress(&damaged, &Limits::DEFAULT, &mut into);
                done.map(|()| into.len()).map_err(|error| error.to_string())
            });
            assert!(
                said.iter().all(|other| *other == said[0]),
                "{compression:?} at {place}: {said:?}"
            );
        }
    }
}

/// A frame of 448 bytes that has none, with a wrong checksum.
#[test]
fn a_zstd_frame_that_is_wrong_in_two_ways_is_one_error() {
    let head = [0x28, 0xb5, 0x2f, 0xfd, 0x64, 0xc0, 0, 1, 0, 0];
    let frame = [&head[..], b"sum?"].concat();
    for room in [0, 100, 4096] {
        let mut into = Vec::with_capacity(room);
        let done = Decompressor::new(ZSTD).decompress(&frame, &Limits::DEFAULT, &mut into);
        assert_eq!(done.unwrap_err().kind(), CodecErrorKind::Corrupt, "with {room}");
    }
}

#[test]
fn a_record_that_fails_leaves_nothing() {
    let plain = mixed(20_000);
    for compression in ALL {
        let bytes = compressed(compression, &plain);
        let mut into = b"kept".to_vec();
        let mut decompressor = Decompressor::new(compression);
        for limits in [Limits::DEFAULT, Limits::DEFAULT.with_decoded_bytes(10_000)] {
            let cut = &bytes[..bytes.len() - 3];
            assert!(decompressor.decompress(cut, &limits, &mut into).is_err(), "{compression:?}");
            assert_eq!(into, b"kept", "{compression:?}");
        }
    }
}

#[test]
fn the_length_of_a_gzip_member_counts() {
    let mut bytes = compressed(GZIP, b"from plus to minus");
    *bytes.last_mut().unwrap() ^= 1;
    let error = refusal(GZIP, &bytes, &Limits::DEFAULT);
    assert_eq!(error.kind(), CodecErrorKind::Corrupt);
    assert!(error.to_string().contains("the length of the data"), "{error}");
}

/// A frame of 209 bytes that has none.
#[test]
fn a_zstd_frame_has_as_many_bytes_as_it_says() {
    for rest in [&b""[..], b"\x40\x01\x18"] {
        let frame = [&[0x28, 0xb5, 0x2f, 0xfd, 0x20, 209, 1, 0, 0][..], rest].concat();
        for room in [0, 100, 4096] {
            let mut into = Vec::with_capacity(room);
            let done = Decompressor::new(ZSTD).decompress(&frame, &Limits::DEFAULT, &mut into);
            assert_eq!(done.unwrap_err().kind(), CodecErrorKind::Corrupt, "with {room}");
        }
    }
}

/// A good frame and then one that needs a dictionary, and one that needs another, both with damage
/// behind the header.
#[test]
fn a_zstd_frame_that_needs_a_dictionary_says_so_before_it_is_damaged() {
    // The ratio counts at each moment, which depends on the pieces.
    let limits = Limits::DEFAULT.with_ratio(u32::MAX);
    let second = *b"\x28\xb5\x2f\xfd\x00\x3a\x0b\x09\x09\x09\x28\xb5\x2f\xfd\x25\x02\x28\xb5\x2f\xfd\x00\x1a\x0b\x09\x09\x09\x28\xb5\x2f\xfd\x25\x02\x02\x02";
    let foreign = *b"\x28\xb5\x2f\xfd\x21\x02\x09\xff\xff\xff\xff";
    for frame in [&second[..], &foreign[..]] {
        for size in [1, 16, frame.len()] {
            let mut decompressor = Decompressor::new(ZSTD).with_limits(limits);
            let mut into = Vec::new();
            let pushed = frame.chunks(size).find_map(|mut piece| {
                loop {
                    match decompressor.push(&mut piece, &mut into) {
                        Ok(Progress::More) => {}
                        Ok(_) => return None,
                        Err(error) => return Some(error.kind()),
                    }
                }
            });
            assert_eq!(pushed, Some(CodecErrorKind::Unsupported), "in pieces of {size}");
        }
        let mut into = Vec::with_capacity(4096);
        let done = Decompressor::new(ZSTD).decompress(frame, &limits, &mut into);
        assert_eq!(done.unwrap_err().kind(), CodecErrorKind::Unsupported);
    }
}

/// A block that is compressed and has no bytes, and one that is repeated and longer than a frame
/// without content may have: the decoder takes the first only in pieces, the second only at once.
#[test]
fn what_is_said_of_a_zstd_frame_does_not_depend_on_how_it_comes() {
    let empty = *b"\x28\xb5\x2f\xfd\x20\x00\x05\x00\x00";
    let repeated = *b"\x28\xb5\x2f\xfd\x20\x00\x03\x00\x00\x00";
    for (frame, outcome) in [(&empty[..], None), (&repeated[..], Some(CodecErrorKind::Corrupt))] {
        for size in 1..=frame.len() {
            let (mut decompressor, mut into) = (Decompressor::new(ZSTD), Vec::new());
            let refused = frame.chunks(size).find_map(|mut piece| {
                loop {
                    match decompressor.push(&mut piece, &mut into) {
                        Ok(Progress::More) => {}
                        Ok(_) => return None,
                        Err(error) => return Some(error.kind()),
                    }
                }
            });
            assert_eq!((refused, into.len()), (outcome, 0), "in pieces of {size}");
        }
        let mut into = Vec::with_capacity(100);
        let done = Decompressor::new(ZSTD).decompress(frame, &Limits::DEFAULT, &mut into);
        assert_eq!(done.err().map(|error| error.kind()), outcome);
    }
}

/// What frames before it have become counts when a frame says how long it is.
#[test]
fn a_zstd_frame_that_says_it_is_too_long_is_refused_behind_others_too() {
    let frame = compressed(ZSTD, &mixed(6_000));
    let two = [&frame[..], &frame[..]].concat();
    let limits = Limits::DEFAULT.with_decoded_bytes(10_000);
    // Enough of the second to be read, and not enough to be refused for what has come out of it.
    for length in [frame.len() + 18, two.len()] {
        let error = refusal(ZSTD, &two[..length], &limits);
        assert_eq!(error.kind(), CodecErrorKind::TooLarge, "{length} of {} bytes", two.len());
    }
}

/// What comes out whole, and in pieces of `size`.
fn both_ways(frame: &[u8], size: usize, room: usize) -> [Result<usize, CodecErrorKind>; 2] {
    let limits = Limits::DEFAULT.with_ratio(u32::MAX);
    let mut into = Vec::with_capacity(room);
    let whole = Decompressor::new(ZSTD).decompress(frame, &limits, &mut into);
    let whole = whole.map(|()| into.len()).map_err(|error| error.kind());
    let (mut decompressor, mut into) = (Decompressor::new(ZSTD).with_limits(limits), Vec::new());
    let mut push = || -> Result<(), CodecError> {
        for mut piece in frame.chunks(size) {
            while decompressor.push(&mut piece, &mut into)? == Progress::More {}
        }
        decompressor.finish()
    };
    let pieces = push().map_err(|error| error.kind());
    [whole, pieces.map(|()| into.len())]
}

/// One block of `size` bytes as they are, in a frame with the header `head` behind its magic number.
fn stored(head: &[u8], size: u32) -> Vec<u8> {
    let block = (size << 3 | 1).to_le_bytes();
    [&[0x28, 0xb5, 0x2f, 0xfd][..], head, &block[..3], &vec![7; size as usize]].concat()
}

/// The decoder takes them at once, and refuses them in pieces.
#[test]
fn a_zstd_block_that_is_too_long_is_refused_however_it_comes() {
    // A window of 1 KiB, and a block of 2,000 bytes; 128 KiB are the most, and there is one more.
    let windowed =
        |size: u32| stored(&[&[0x40, 0][..], &(size - 256).to_le_bytes()[..2]].concat(), size);
    let single = |size: u32| stored(&[&[0xa0][..], &size.to_le_bytes()].concat(), size);
    for (frame, outcome) in [
        (windowed(1024), Ok(1024)),
        (windowed(2000), Err(CodecErrorKind::Corrupt)),
        (single(131_072), Ok(131_072)),
        (single(131_073), Err(CodecErrorKind::Corrupt)),
    ] {
        for (size, room) in [(1, 0), (1000, 4096), (frame.len(), 200_000)] {
            assert_eq!(both_ways(&frame, size, room), [outcome; 2], "{size}, {room}");
        }
    }
}

/// A context keeps buffers that fitted a larger frame. A frame that goes on beyond what it says does
/// not get further with them.
#[test]
fn what_a_zstd_context_read_before_changes_nothing() {
    let wrong = *b"\x28\xb5\x2f\xfd\xa4\x01\x00\x02\x00\x54\x00\x00\x10\x61\x61\x01\x00\xfb\xff\x39\xc0\x02\x09\x01\x00\x61\xc0\x12\xec\xcd\x7a";
    let limits = Limits::DEFAULT.with_ratio(u32::MAX);
    let large = compressed(ZSTD, &mixed(400_000));
    for large in [None, Some(large)] {
        for size in [1, 5, wrong.len()] {
            let mut decompressor = Decompressor::new(ZSTD).with_limits(limits);
            let mut into = Vec::with_capacity(500_000);
            let mut push = |bytes: &[u8]| -> Result<(), CodecError> {
                for mut piece in bytes.chunks(size) {
                    while decompressor.push(&mut piece, &mut into)? == Progress::More {}
                }
                decompressor.finish()
            };
            if let Some(large) = &large {
                push(large).unwrap();
            }
            let kind = push(&wrong).map_err(|error| error.kind());
            assert_eq!(kind, Err(CodecErrorKind::Corrupt), "in pieces of {size}");
        }
    }
}
