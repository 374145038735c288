//! How much comes out at most.

use super::*;

#[test]
fn exactly_as_much_as_is_allowed_comes_out() {
    for compression in ALL {
        for length in [1, 1000, 70_000] {
            let plain = mixed(length);
            let bytes = compressed(compression, &plain);
            let limits = Limits::DEFAULT.with_decoded_bytes(length);
            assert_eq!(within(compression, &bytes, &limits).unwrap(), plain, "{compression:?}");
            let limits = Limits::DEFAULT.with_decoded_bytes(length - 1);
            let error = refusal(compression, &bytes, &limits);
            assert_eq!(error.kind(), CodecErrorKind::TooLarge, "{compression:?}: {error}");
        }
    }
}

#[test]
fn the_ratio_is_kept_once_64_kib_have_come_out() {
    for compression in ALL {
        let limits = Limits::DEFAULT.with_ratio(10);
        let small = compressed(compression, &vec![0; 64 * 1024]);
        within(compression, &small, &limits).unwrap();
        let large = compressed(compression, &vec![0; 300 * 1024]);
        let error = refusal(compression, &large, &limits);
        assert_eq!(error.kind(), CodecErrorKind::TooLarge, "{compression:?}: {error}");
        let honest = compressed(compression, &mixed(300 * 1024));
        within(compression, &honest, &limits).unwrap();
    }
}

#[test]
fn too_many_bytes_are_refused_unread() {
    let bytes = compressed(ZSTD, &mixed(1000));
    let limits = Limits::DEFAULT.with_record_bytes(bytes.len() - 1);
    assert_eq!(refusal(ZSTD, &bytes, &limits).kind(), CodecErrorKind::TooLarge);
    within(ZSTD, &bytes, &limits.with_record_bytes(bytes.len())).unwrap();
}

#[test]
fn limits_change_from_record_to_record_and_not_those_of_streams() {
    for compression in ALL {
        let bytes = compressed(compression, &mixed(50_000));
        let small = Limits::DEFAULT.with_decoded_bytes(10_000);
        let mut decompressor = Decompressor::new(compression).with_limits(small);
        let mut plain = Vec::new();
        for _ in 0..2 {
            decompressor.decompress(&bytes, &Limits::DEFAULT, &mut plain).unwrap();
            decompressor.decompress(&bytes, &small, &mut plain).unwrap_err();
            let mut chunk = &bytes[..];
            let mut out = Vec::new();
            let pushed = loop {
                match decompressor.push(&mut chunk, &mut out) {
                    Ok(electrician_codec::compress::Progress::More) => {}
                    other => break other,
                }
            };
            assert_eq!(pushed.unwrap_err().kind(), CodecErrorKind::TooLarge, "{compression:?}");
            decompressor.restart();
        }
    }
}

#[test]
fn a_claimed_size_is_refused_before_anything_comes_out() {
    // A zstd frame of one segment that claims a petabyte, and a window of 2 GiB.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0b1110_0000];
    frame.extend((1_u64 << 50).to_le_bytes());
    frame.extend([1, 0, 0]);
    assert_eq!(kind(ZSTD, &frame), CodecErrorKind::TooLarge);
    let window = [0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 1, 0, 0];
    assert_eq!(kind(ZSTD, &window), CodecErrorKind::TooLarge);
}

/// What follows the claim is no block: that must not be said of a part of the chunks.
#[test]
fn a_claimed_size_is_refused_however_it_is_cut() {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0b1110_0000];
    frame.extend((1_u64 << 50).to_le_bytes());
    frame.extend([0xff; 5]);
    for size in 1..=frame.len() {
        let mut decompressor = Decompressor::new(ZSTD);
        let mut chunks = frame.chunks(size);
        let error =
            chunks.find_map(|mut chunk| decompressor.push(&mut chunk, &mut Vec::new()).err());
        assert_eq!(error.unwrap().kind(), CodecErrorKind::TooLarge, "in chunks of {size}");
    }
}

/// A record between streams has its own limits, and those of streams stay.
#[test]
fn the_limits_of_streams_stay() {
    for compression in ALL {
        let bytes = compressed(compression, b"from plus to minus");
        let limits = Limits::DEFAULT.with_decoded_bytes(10);
        let mut decompressor = Decompressor::new(compression).with_limits(limits);
        let mut into = Vec::new();
        decompressor.decompress(&bytes, &Limits::DEFAULT, &mut into).unwrap();
        let error = decompressor.push(&mut &bytes[..], &mut into).unwrap_err();
        assert_eq!(error.kind(), CodecErrorKind::TooLarge, "{compression:?}");
    }
}

/// The decoder below does not look at the window of a frame that is there as a whole.
#[test]
fn a_window_is_refused_however_it_is_cut() {
    let head = [0x28, 0xb5, 0x2f, 0xfd, 0x80, 20 << 3 | 5, 1, 0, 0, 0];
    for block in [&[9, 0, 0, b'x'][..], &[0xff, 0xff, 0xff]] {
        let frame = [&head, block].concat();
        assert_eq!(kind(ZSTD, &frame), CodecErrorKind::TooLarge);
        for size in 1..=frame.len() {
            let mut decompressor = Decompressor::new(ZSTD);
            let mut chunks = frame.chunks(size);
            let error =
                chunks.find_map(|mut chunk| decompressor.push(&mut chunk, &mut Vec::new()).err());
            assert_eq!(error.unwrap().kind(), CodecErrorKind::TooLarge, "in chunks of {size}");
        }
    }
    // The same content in a window of 32 MiB, which is the most, and in one of a bit more.
    let window = |byte| [&head[..5], &[byte], &head[6..], &[9, 0, 0, b'x']].concat();
    assert_eq!(within(ZSTD, &window(15 << 3), &Limits::DEFAULT).unwrap(), b"x");
    assert_eq!(kind(ZSTD, &window(15 << 3 | 1)), CodecErrorKind::TooLarge);
    let small = Limits::DEFAULT.with_decoded_bytes(4096);
    assert_eq!(within(ZSTD, &window(2 << 3), &small).unwrap(), b"x");
    assert_eq!(refusal(ZSTD, &window(2 << 3 | 1), &small).kind(), CodecErrorKind::TooLarge);
}

/// The same is said of a record whatever room there is for it.
#[test]
fn the_ratio_of_a_record_is_that_of_all_of_it() {
    let plain = [vec![0; 300 * 1024], noise(60 * 1024)].concat();
    for compression in ALL {
        let bytes = compressed(compression, &plain);
        let limits = Limits::DEFAULT.with_ratio(10);
        for room in [0, 100, 70 * 1024, 1 << 20] {
            let mut into = Vec::with_capacity(room);
            let done = Decompressor::new(compression).decompress(&bytes, &limits, &mut into);
            done.unwrap_or_else(|error| panic!("{compression:?} with {room}: {error}"));
            assert!(into == plain);
        }
    }
    // Of a stream it is that of what has come so far.
    let bytes = compressed(GZIP, &plain);
    let mut stream = Decompressor::new(GZIP).with_limits(Limits::DEFAULT.with_ratio(10));
    let error = stream.push(&mut &bytes[..bytes.len() / 10], &mut Vec::with_capacity(1 << 20));
    assert_eq!(error.unwrap_err().kind(), CodecErrorKind::TooLarge);
}

/// Ten gigabytes: blocks of 128 KiB that say one byte to repeat.
#[test]
fn a_zstd_bomb_is_refused() {
    let mut bomb = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x58];
    let block: u32 = 1 << 1 | (128 * 1024) << 3;
    let [b0, b1, b2, _] = block.to_le_bytes();
    (0..80_000).for_each(|_| bomb.extend([b0, b1, b2, 0]));
    for length in [1000, bomb.len()] {
        let mut plain = Vec::new();
        let mut decompressor = Decompressor::new(ZSTD);
        let error = decompressor.decompress(&bomb[..length], &Limits::DEFAULT, &mut plain);
        assert_eq!(error.unwrap_err().kind(), CodecErrorKind::TooLarge);
    }
}
