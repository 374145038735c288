//! Round trips, and what each format allows around a payload.

use super::*;

#[test]
fn every_size_survives() {
    for compression in ALL {
        for length in [0, 1, 2, 100, 65_535, 65_536, 65_537, 300_000] {
            for plain in [mixed(length), noise(length), vec![0; length.min(60_000)]] {
                let bytes = compressed(compression, &plain);
                assert_eq!(decompressed(compression, &bytes).unwrap(), plain, "{compression:?}");
            }
        }
    }
}

#[test]
fn more_than_a_block_of_lz4_survives() {
    for plain in [mixed(9_000_000), noise(4_194_305)] {
        assert_eq!(decompressed(LZ4, &compressed(LZ4, &plain)).unwrap(), plain);
    }
}

#[test]
fn contexts_can_be_used_again_also_after_an_error() {
    for compression in ALL {
        let mut compressor = Compressor::new(compression);
        let mut decompressor = Decompressor::new(compression);
        for length in [1000, 10, 0, 70_000] {
            let (plain, mut bytes, mut back) = (mixed(length), vec![1, 2], vec![3]);
            // A stream that is given up.
            compressor.push(b"never mind", &mut Vec::new()).unwrap();
            compressor.compress(&plain, &mut bytes).unwrap();
            assert_eq!(bytes[..2], [1, 2]);
            let error = decompressor.decompress(&[0xa7; 64], &Limits::DEFAULT, &mut back);
            error.expect_err("it is not of the format");
            assert_eq!(back, [3], "{compression:?}: an error leaves it as it was");
            decompressor.push(&mut &bytes[2..=bytes.len().div_ceil(2)], &mut Vec::new()).unwrap();
            decompressor.decompress(&bytes[2..], &Limits::DEFAULT, &mut back).unwrap();
            assert_eq!(back[..1], [3]);
            assert_eq!(back[1..], plain, "{compression:?}");
        }
    }
}

#[test]
fn several_in_a_row_are_one_where_the_format_says_so() {
    for compression in [GZIP, SNAPPY, ZSTD, LZ4] {
        let mut bytes = compressed(compression, b"first, ");
        bytes.extend(compressed(compression, b""));
        bytes.extend(compressed(compression, b"second"));
        assert_eq!(decompressed(compression, &bytes).unwrap(), b"first, second", "{compression:?}");
    }
    let mut bytes = compressed(BROTLI, b"first");
    bytes.extend(compressed(BROTLI, b"second"));
    assert_eq!(kind(BROTLI, &bytes), CodecErrorKind::Malformed);
}

#[test]
fn what_follows_the_end_is_refused() {
    for compression in ALL {
        for garbage in [&b"garbage!"[..], &[0; 8], &[0]] {
            let mut bytes = compressed(compression, &mixed(500));
            bytes.extend(garbage);
            let error = refusal(compression, &bytes, &Limits::DEFAULT);
            let kinds =
                [CodecErrorKind::Malformed, CodecErrorKind::Truncated, CodecErrorKind::Unsupported];
            assert!(kinds.contains(&error.kind()), "{error}");
        }
    }
    let mut bytes = compressed(GZIP, b"x");
    bytes.push(0);
    let error = refusal(GZIP, &bytes, &Limits::DEFAULT);
    let message = "gzip: bytes follow the last member, which begin no other at byte 21";
    assert_eq!(error.to_string(), message);
}

#[test]
fn no_bytes_at_all() {
    assert_eq!(decompressed(SNAPPY, &[]).unwrap(), b"");
    assert_eq!(decompressed(ZSTD, &[]).unwrap(), b"");
    for compression in [GZIP, BROTLI, LZ4] {
        assert_eq!(kind(compression, &[]), CodecErrorKind::Truncated, "{compression:?}");
    }
}

#[test]
fn skippable_parts_are_skipped() {
    let skippable = [&[0x5c, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    for compression in [ZSTD, LZ4] {
        let frame = compressed(compression, b"plain");
        let bytes = [&skippable[..], &frame, &skippable].concat();
        assert_eq!(decompressed(compression, &bytes).unwrap(), b"plain", "{compression:?}");
        assert_eq!(decompressed(compression, &skippable).unwrap(), b"");
    }
    let stream = compressed(SNAPPY, b"plain");
    let padding = [0xfe, 2, 0, 0, 9, 9];
    let bytes = [&stream[..], &padding, &[0x80, 1, 0, 0, 7], &stream].concat();
    assert_eq!(decompressed(SNAPPY, &bytes).unwrap(), b"plainplain");
}

#[test]
fn the_framings_are_the_agreed_ones() {
    let plain = mixed(100_000);
    assert_eq!(compressed(GZIP, &plain)[..4], [0x1f, 0x8b, 8, 0]);
    assert_eq!(compressed(SNAPPY, &plain)[..10], *b"\xff\x06\x00\x00sNaPpY");
    let zstd = compressed(ZSTD, &plain);
    assert_eq!(zstd[..4], [0x28, 0xb5, 0x2f, 0xfd]);
    assert_eq!(zstd[4] & 0b100, 0b100, "the checksum is on");
    let lz4 = compressed(LZ4, &plain);
    assert_eq!(lz4[..6], [0x04, 0x22, 0x4d, 0x18, 0b0110_0100, 7 << 4]);
}

#[test]
fn they_make_it_smaller() {
    let plain = mixed(100_000);
    for compression in ALL {
        assert!(compressed(compression, &plain).len() < 80_000, "{compression:?}");
        let noise = noise(100_000);
        assert!(
            compressed(compression, &noise).len() < 100_100,
            "{compression:?}: stored as it is"
        );
    }
}

#[test]
fn unsupported_forms_are_named() {
    // A frame of lz4 that needs a dictionary, with its right checksum.
    let mut frame = vec![0x04, 0x22, 0x4d, 0x18, 0b0110_0001, 7 << 4, 1, 2, 3, 4, 0x6c];
    let error = (0..=255).find_map(|sum| {
        frame[10] = sum;
        let error = refusal(LZ4, &frame, &Limits::DEFAULT);
        (error.kind() != CodecErrorKind::Corrupt).then_some(error)
    });
    assert_eq!(error.unwrap().kind(), CodecErrorKind::Unsupported);
    let legacy = [0x02, 0x21, 0x4c, 0x18, 1, 0, 0, 0, 0];
    assert_eq!(kind(LZ4, &legacy), CodecErrorKind::Malformed);
    let method = [0x1f, 0x8b, 7, 0];
    assert_eq!(kind(GZIP, &method), CodecErrorKind::Unsupported);
    assert_eq!(
        kind(SNAPPY, b"\xff\x06\x00\x00sNaPpY\x02\x01\x00\x00x"),
        CodecErrorKind::Unsupported
    );
}

#[test]
fn contexts_move_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Compressor>();
    check::<Decompressor>();
    check::<electrician_codec::compress::Compressed>();
}
