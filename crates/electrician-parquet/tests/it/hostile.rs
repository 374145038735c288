//! Files of strangers: cut off, with bits flipped, with claims that are not true.

use std::panic;

use bytes::Bytes;
use electrician_parquet::{
    Compression, FileLimits, IpcCompression, IpcFormat, IpcOptions, IpcReader, ParquetErrorKind,
    ParquetReader, ReadOptions, WriteOptions,
};
use serde::{Deserialize, Serialize};

use crate::every::{Every, every};
use crate::ipc::encoded;
use crate::support::written;

const COMPRESSIONS: [Compression; 6] = [
    Compression::None,
    Compression::Snappy,
    Compression::Gzip(6),
    Compression::Lz4Raw,
    Compression::Zstd(3),
    Compression::Brotli(4),
];

/// Reads to the end or to the first error of the file, and never panics.
fn drain(bytes: Vec<u8>) {
    let result = panic::catch_unwind(|| {
        let options = ReadOptions::new().with_limits(
            FileLimits::DEFAULT
                .with_page_bytes(1 << 20)
                .with_row_group_bytes(8 << 20)
                .with_list_values(1 << 16),
        );
        let Ok(reader) = ParquetReader::<Every>::from_bytes_with(bytes, &options) else {
            return;
        };
        // Rows that are no records may be many, but not more than a file of this size can have.
        reader.take(1 << 20).for_each(drop);
    });
    assert!(result.is_ok(), "it panicked");
}

#[test]
fn what_is_cut_off_is_an_error() {
    let records: Vec<Every> = (0..40).map(every).collect();
    for compression in COMPRESSIONS {
        let bytes = written(&records, &WriteOptions::new().with_compression(compression));
        for len in (0..bytes.len()).step_by(17) {
            let cut = ParquetReader::<Every>::from_bytes(bytes[..len].to_vec());
            assert!(cut.is_err(), "{len} bytes are no file");
        }
        // Cut out of the middle: the footer is whole, and wrong.
        for start in (4..bytes.len() - 8).step_by(101) {
            let mut bytes = bytes.clone();
            bytes.drain(start..(start + 50).min(bytes.len() - 8));
            drain(bytes);
        }
    }
}

#[test]
fn flipped_bits_do_not_panic() {
    let hook = panic::take_hook();
    // Decoders panic within; that is what is caught.
    panic::set_hook(Box::new(|_| {}));
    let records: Vec<Every> = (0..40).map(every).collect();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let outcome = panic::catch_unwind(move || {
        for compression in COMPRESSIONS {
            for has_dictionary in [true, false] {
                let options = WriteOptions::new()
                    .with_compression(compression)
                    .with_dictionary(has_dictionary)
                    .with_row_group_rows(25);
                let bytes = written(&records, &options);
                for _ in 0..60 {
                    let mut bytes = bytes.clone();
                    for _ in 0..3 {
                        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        let bit = usize::try_from(random >> 20).unwrap() % (bytes.len() * 8);
                        bytes[bit / 8] ^= 1 << (bit % 8);
                    }
                    drain(bytes);
                }
            }
        }
    });
    panic::set_hook(hook);
    outcome.unwrap();
}

#[test]
fn flipped_bits_of_ipc_do_not_panic() {
    let records: Vec<Every> = (0..40).map(every).collect();
    let mut random = 1_u64;
    for format in [IpcFormat::Stream, IpcFormat::File] {
        for compression in [IpcCompression::None, IpcCompression::Lz4, IpcCompression::Zstd] {
            let options = IpcOptions::new().with_format(format).with_compression(compression);
            let bytes = encoded(&records, &options);
            for _ in 0..100 {
                let mut bytes = bytes.clone();
                for _ in 0..3 {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let bit = usize::try_from(random >> 20).unwrap() % (bytes.len() * 8);
                    bytes[bit / 8] ^= 1 << (bit % 8);
                }
                let read = panic::catch_unwind(|| {
                    let limits = FileLimits::DEFAULT
                        .with_page_bytes(1 << 20)
                        .with_row_group_bytes(8 << 20)
                        .with_list_values(1 << 16);
                    let reader = IpcReader::<Every, _>::with_limits(&bytes[..], limits).unwrap();
                    reader.take(1 << 20).for_each(drop);
                });
                assert!(read.is_ok(), "it panicked");
            }
        }
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Text {
    text: String,
}

fn refused(bytes: impl Into<Bytes>, limits: FileLimits) -> ParquetErrorKind {
    let options = ReadOptions::new().with_limits(limits);
    match ParquetReader::<Text>::from_bytes_with(bytes, &options) {
        Err(error) => error.kind(),
        Ok(mut reader) => reader.find_map(Result::err).expect("it is refused").kind(),
    }
}

#[test]
fn each_limit_holds() {
    #[derive(Debug, Serialize, Deserialize)]
    struct List {
        list: Vec<u8>,
    }

    let texts: Vec<Text> =
        (0..2000).map(|number| Text { text: format!("{number:0>100}") }).collect();
    let bytes = written(&texts, &WriteOptions::new().with_dictionary(false));
    let limits = FileLimits::DEFAULT;
    assert_eq!(refused(bytes.clone(), limits.with_footer_bytes(10)), ParquetErrorKind::TooLarge);
    assert_eq!(refused(bytes.clone(), limits.with_page_bytes(1000)), ParquetErrorKind::TooLarge);
    assert_eq!(refused(bytes, limits.with_row_group_bytes(1000)), ParquetErrorKind::TooLarge);

    let bytes = written(&[List { list: vec![1; 1000] }], &WriteOptions::new());
    let options = ReadOptions::new().with_limits(limits.with_list_values(999));
    let mut reader = ParquetReader::<List>::from_bytes_with(bytes, &options).unwrap();
    assert_eq!(reader.next().unwrap().unwrap_err().kind(), ParquetErrorKind::TooLarge);
}

/// A page of a kilobyte that becomes more than it claims: the claim is put right by hand.
#[test]
fn a_bomb_is_refused_whether_or_not_it_tells_its_size() {
    for compression in
        [Compression::Gzip(9), Compression::Brotli(9), Compression::Zstd(3), Compression::Snappy]
    {
        let texts = [Text { text: "a".repeat(40 << 20) }];
        let options = WriteOptions::new()
            .with_compression(compression)
            .with_dictionary(false)
            .with_statistics(electrician_parquet::Statistics::None);
        let bytes = written(&texts, &options);
        let limits = FileLimits::DEFAULT.with_page_bytes(1 << 20);
        assert_eq!(refused(bytes.clone(), limits), ParquetErrorKind::TooLarge, "{compression:?}");

        // The header claims 40 MiB and 4 bytes; now it claims 4,000 and as many bytes of varint.
        let claim = varint(((40 << 20) + 4) << 1);
        let mut lie = varint(4000 << 1);
        while lie.len() < claim.len() {
            *lie.last_mut().unwrap() |= 0x80;
            lie.push(0);
        }
        let at = bytes.windows(claim.len()).position(|window| window == claim).unwrap();
        let mut bytes = bytes;
        bytes[at..at + claim.len()].copy_from_slice(&lie);
        // Two of the decoders would take what comes, so that is looked at before.
        let kind = match compression {
            Compression::Gzip(_) | Compression::Brotli(_) => ParquetErrorKind::TooLarge,
            _ => ParquetErrorKind::Malformed,
        };
        assert_eq!(refused(bytes, FileLimits::DEFAULT), kind, "{compression:?}");
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

#[test]
fn what_is_no_file_says_so() {
    use ParquetErrorKind::{Malformed, TooLarge};

    for (bytes, part, kind) in [
        (&b""[..], "it has 0 bytes", Malformed),
        (b"PAR1PAR1", "a footer of 827474256 bytes exceeds the limit", TooLarge),
        (b"no file of Parquet", "does not end with PAR1", Malformed),
        (b"\x10\0\0\0PAR1", "", Malformed),
    ] {
        let error = ParquetReader::<Text>::from_bytes(bytes.to_vec()).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(error.kind(), kind);
    }
}
