//! A stream is the same whatever its chunks.

use electrician_codec::compress::Progress;
use proptest::prelude::*;

use super::*;

/// Compresses in chunks of these sizes, in turn; `true` flushes after the chunk.
fn in_chunks(compression: Compression, plain: &[u8], sizes: &[(usize, bool)]) -> Vec<u8> {
    let mut compressor = Compressor::new(compression);
    let (mut bytes, mut rest) = (Vec::new(), plain);
    for (size, flushes) in sizes.iter().cycle() {
        let (chunk, after) = rest.split_at((*size).min(rest.len()));
        compressor.push(chunk, &mut bytes).unwrap();
        if *flushes {
            compressor.flush(&mut bytes).unwrap();
        }
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    compressor.finish(&mut bytes).unwrap();
    bytes
}

/// Decompresses in chunks of these sizes, and takes away what has come out.
fn out_of_chunks(
    decompressor: &mut Decompressor,
    bytes: &[u8],
    sizes: &[usize],
) -> Result<Vec<u8>, CodecError> {
    let (mut plain, mut out, mut rest) = (Vec::new(), Vec::with_capacity(100), bytes);
    for size in sizes.iter().cycle() {
        let (mut chunk, after) = rest.split_at((*size).min(rest.len()));
        loop {
            let progress = decompressor.push(&mut chunk, &mut out)?;
            plain.append(&mut out);
            if progress == Progress::Hungry {
                break;
            }
        }
        assert!(chunk.is_empty());
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    decompressor.finish()?;
    Ok(plain)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_chunks_in_and_out(
        length in 0_usize..150_000,
        into in prop::collection::vec((1_usize..40_000, prop::bool::weighted(0.1)), 1..6),
        out in prop::collection::vec(1_usize..5_000, 1..6),
        is_noise in any::<bool>(),
    ) {
        let plain = if is_noise { noise(length) } else { mixed(length) };
        for compression in ALL {
            let bytes = in_chunks(compression, &plain, &into);
            prop_assert_eq!(&decompressed(compression, &bytes).unwrap(), &plain);
            let mut decompressor = Decompressor::new(compression);
            for _ in 0..2 {
                let back = out_of_chunks(&mut decompressor, &bytes, &out).unwrap();
                prop_assert_eq!(&back, &plain);
            }
        }
    }
}

#[test]
fn byte_by_byte() {
    let plain = mixed(3000);
    for compression in ALL {
        let bytes = in_chunks(compression, &plain, &[(1, false)]);
        let mut decompressor = Decompressor::new(compression);
        assert_eq!(out_of_chunks(&mut decompressor, &bytes, &[1]).unwrap(), plain);
    }
}

#[test]
fn what_was_flushed_can_be_read() {
    for compression in ALL {
        let mut compressor = Compressor::new(compression);
        let mut decompressor = Decompressor::new(compression);
        for _ in 0..3 {
            let (mut bytes, mut plain) = (Vec::new(), Vec::new());
            compressor.push(b"now", &mut bytes).unwrap();
            compressor.flush(&mut bytes).unwrap();
            let progress = decompressor.push(&mut &bytes[..], &mut plain).unwrap();
            assert_eq!(progress, Progress::Hungry, "three bytes fit");
            assert_eq!(plain, b"now", "{compression:?}");
        }
        assert_eq!(decompressor.finish().is_err(), compression != SNAPPY);
    }
}

#[test]
fn the_same_contexts_serve_stream_after_stream() {
    for compression in ALL {
        let mut compressor = Compressor::new(compression);
        let mut decompressor = Decompressor::new(compression);
        for length in [10, 100_000, 0] {
            let (plain, mut bytes) = (mixed(length), Vec::new());
            compressor.push(&plain, &mut bytes).unwrap();
            compressor.finish(&mut bytes).unwrap();
            let cut = bytes.len() / 2;
            let half = out_of_chunks(&mut decompressor, &bytes[..cut], &[1000]);
            assert_eq!(half.unwrap_err().kind(), CodecErrorKind::Truncated, "{compression:?}");
            assert_eq!(out_of_chunks(&mut decompressor, &bytes, &[1000]).unwrap(), plain);
        }
    }
}

#[test]
fn a_stream_without_end_takes_bounded_memory() {
    let limits = Limits::DEFAULT.with_decoded_bytes(usize::MAX);
    let plain = mixed(1 << 20);
    for compression in ALL {
        let mut decompressor = Decompressor::new(compression).with_limits(limits);
        let mut bytes = Vec::new();
        let mut compressor = Compressor::new(compression);
        let (mut out, mut count) = (Vec::with_capacity(16 * 1024), 0);
        for _ in 0..5 {
            bytes.clear();
            compressor.push(&plain, &mut bytes).unwrap();
            let mut chunk = &bytes[..];
            loop {
                let progress = decompressor.push(&mut chunk, &mut out).unwrap();
                count += out.len();
                out.clear();
                if progress == Progress::Hungry {
                    break;
                }
            }
        }
        assert!(out.capacity() <= 5 << 20, "{compression:?}: {} bytes", out.capacity());
        // A stream of brotli gathers up to 16 MiB before any of it is written.
        assert!(count > 0 || compression == BROTLI, "{compression:?}");
    }
}
