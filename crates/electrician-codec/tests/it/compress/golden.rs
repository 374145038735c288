//! What Go's standard library, and the libraries that Go peers use, have written.

use std::fs;
use std::path::PathBuf;

use super::*;

fn golden(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/compress/golden");
    fs::read(folder.join(name)).unwrap()
}

const FORMATS: [(&str, Compression); 7] = [
    ("gzip", GZIP),
    ("snappy", SNAPPY),
    ("snappy-golang", SNAPPY),
    ("zstd", ZSTD),
    ("zstd-all", ZSTD),
    ("brotli", BROTLI),
    ("lz4", LZ4),
];

#[test]
fn golden_vectors_are_read() {
    for name in ["empty", "one", "text", "noise"] {
        let plain = golden(&format!("{name}.plain"));
        for (format, compression) in FORMATS {
            let bytes = golden(&format!("{name}.{format}"));
            assert_eq!(decompressed(compression, &bytes).unwrap(), plain, "{name}.{format}");
        }
    }
}

#[test]
fn golden_vectors_in_a_row_are_read() {
    for (format, compression) in FORMATS {
        if !matches!(format, "gzip" | "snappy" | "zstd" | "lz4") {
            continue;
        }
        let bytes = golden(&format!("two.{format}"));
        assert_eq!(decompressed(compression, &bytes).unwrap(), b"first, second", "{format}");
    }
}

#[test]
fn other_forms_are_read() {
    let plain = golden("text.plain");
    for (name, compression) in [("named.gzip", GZIP), ("checked.lz4", LZ4)] {
        assert_eq!(decompressed(compression, &golden(name)).unwrap(), plain, "{name}");
    }
}

#[test]
fn golden_vectors_cut_anywhere_are_refused() {
    for (format, compression) in FORMATS {
        let bytes = golden(&format!("text.{format}"));
        for length in 1..bytes.len() {
            // The cut behind a chunk of snappy cannot be seen.
            match decompressed(compression, &bytes[..length]) {
                Ok(plain) => assert_eq!((format.starts_with("snappy"), plain.len()), (true, 0)),
                Err(error) => {
                    assert_eq!(error.kind(), CodecErrorKind::Truncated, "{format}: {error}");
                }
            }
        }
    }
}

/// Ten billion zeros.
#[test]
fn a_golden_bomb_is_refused() {
    let bomb = golden("bomb.brotli");
    let error = refusal(BROTLI, &bomb, &Limits::DEFAULT);
    assert_eq!(error.kind(), CodecErrorKind::TooLarge);
}
