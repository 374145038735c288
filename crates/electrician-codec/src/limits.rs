//! How much a decoder takes from strangers.

use crate::CodecError;

/// The bounds of everything that comes from outside. A decoder that meets more refuses with
/// [`TooLarge`](crate::CodecErrorKind::TooLarge) before it allocates for it: memory follows what has
/// arrived, never what a length claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most bytes of one record in its encoded form. Default 16 MiB.
    pub record_bytes: usize,
    /// The most bytes that one record is decompressed or decoded to. Default 64 MiB.
    pub decoded_bytes: usize,
    /// How many decompressed bytes one compressed byte may become, once 64 KiB have come out.
    /// Default 1,024.
    pub ratio: u32,
    /// How deep values may nest. Default 128.
    pub depth: usize,
}

// === impl Limits ===

impl Limits {
    /// The defaults.
    pub const DEFAULT: Self =
        Self { record_bytes: 16 << 20, decoded_bytes: 64 << 20, ratio: 1024, depth: 128 };

    /// At most `bytes` of one encoded record.
    pub const fn with_record_bytes(mut self, bytes: usize) -> Self {
        self.record_bytes = bytes;
        self
    }

    /// At most `bytes` of one decoded record.
    pub const fn with_decoded_bytes(mut self, bytes: usize) -> Self {
        self.decoded_bytes = bytes;
        self
    }

    /// At most `ratio` decompressed bytes for one compressed.
    pub const fn with_ratio(mut self, ratio: u32) -> Self {
        self.ratio = ratio;
        self
    }

    /// At most `depth` values within each other.
    pub const fn with_depth(mut self, depth: usize) -> Self {
        self.depth = depth;
        self
    }

    /// Refuses `bytes` of an encoded record if they are too many.
    #[cfg(feature = "protobuf")]
    pub(crate) fn check_record(
        &self,
        format: &'static str,
        bytes: usize,
    ) -> Result<(), CodecError> {
        if bytes <= self.record_bytes {
            return Ok(());
        }
        let limit = format_args!("{} bytes", self.record_bytes);
        Err(CodecError::too_large(format, format_args!("a record of {bytes} bytes"), limit))
    }

    /// Refuses `bytes` of a decoded record if they are too many.
    pub(crate) fn check_decoded(
        &self,
        format: &'static str,
        bytes: usize,
    ) -> Result<(), CodecError> {
        if bytes <= self.decoded_bytes {
            return Ok(());
        }
        let limit = format_args!("{} decoded bytes", self.decoded_bytes);
        Err(CodecError::too_large(format, format_args!("{bytes} bytes"), limit))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
