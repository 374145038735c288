//! The codec crate, from outside.

#![allow(clippy::unwrap_used, reason = "a test that panics has said what it had to say")]

#[cfg(all(
    feature = "brotli",
    feature = "gzip",
    feature = "lz4",
    feature = "snappy",
    feature = "zstd"
))]
mod compress;
#[cfg(all(feature = "aes-gcm", feature = "zstd"))]
mod envelope;
#[cfg(feature = "aes-gcm")]
mod seal;
