//! The fuzz targets of `electrician-codec`, one function each; the programs in `fuzz_targets` only
//! call them. `cargo xtask fuzz` runs them.
//!
//! Each target says more than "it does not panic": how input is cut must change nothing, what was
//! read must be written and read again, and memory must follow what has arrived.

mod compress;
mod csv;
mod gob;
mod html;
mod json;
mod memory;
mod prefixes;
mod protobuf;
mod records;
#[cfg(feature = "seal")]
mod seal;
mod streams;
mod wave;
mod xml;

use electrician_codec::Limits;

pub use compress::{brotli, compressed, gzip, lz4, snappy, zstd};
pub use csv::csv;
pub use gob::{Written, gob_stream, gob_typed, gob_value, gob_written};
pub use html::html;
pub use json::{json, json_go, rfc3339};
pub use prefixes::{lines, prefixes};
pub use protobuf::protobuf;
pub use records::{Records, records};
#[cfg(feature = "seal")]
pub use seal::{envelope, keys, seal};
pub use wave::{haar, wave};
pub use xml::xml;

/// What one input may cost. All of it is small, so that a claim is noticed.
const LIMITS: Limits = Limits::DEFAULT
    .with_record_bytes(64 << 10)
    .with_decoded_bytes(256 << 10)
    .with_ratio(64)
    .with_depth(32);
