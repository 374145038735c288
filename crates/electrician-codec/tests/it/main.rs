//! The crate as its users see it.

mod allocations;
mod bytes;
mod chunks;
#[cfg(all(
    feature = "brotli",
    feature = "gzip",
    feature = "lz4",
    feature = "snappy",
    feature = "zstd"
))]
mod compress;
mod csv;
#[cfg(all(feature = "aes-gcm", feature = "zstd"))]
mod envelope;
mod frames;
mod go;
mod gob;
mod html;
mod json;
mod protobuf;
mod readers;
mod samples;
#[cfg(feature = "aes-gcm")]
mod seal;
mod support;
mod wave;
mod xml;
