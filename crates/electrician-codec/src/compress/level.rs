//! How hard to compress.

use electrician_types::{Error, ErrorKind};

/// A level that the format does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{format} has no level {level}: it is {least} to {most}")]
pub struct LevelError {
    format: &'static str,
    level: i64,
    least: i64,
    most: i64,
}

/// Gzip: 0 (stored) to 9. Default 6.
#[cfg(feature = "gzip")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GzipLevel(u8);

/// Zstandard: -7 (fastest) to 22. Default 3.
///
/// 20 and more need much memory, and readers refuse their windows for large input.
#[cfg(feature = "zstd")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZstdLevel(i8);

/// Brotli: 0 to 11. Default 11, which is what peers of the relay write: it takes a hundred times as
/// long as 5, so choose less for data that is not read often.
#[cfg(feature = "brotli")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BrotliQuality(u8);

// === impl LevelError ===

impl From<LevelError> for Error {
    fn from(error: LevelError) -> Self {
        Self::new(ErrorKind::Config, "compression").with_source(error)
    }
}

macro_rules! level {
    ($feature:literal, $name:ident, $number:ty, $range:expr, $default:literal, $fast:literal) => {
        #[cfg(feature = $feature)]
        impl $name {
            /// The default of the format.
            pub const DEFAULT: Self = Self($default);
            /// For data that is made faster than it can be compressed well.
            pub const FAST: Self = Self($fast);
            /// The smallest output.
            pub const BEST: Self = Self(*$range.end());

            /// The level `level`, if there is one.
            pub const fn new(level: $number) -> Result<Self, LevelError> {
                let (least, most) = (*$range.start(), *$range.end());
                if level < least || level > most {
                    let [level, least, most] = [level as i64, least as i64, most as i64];
                    return Err(LevelError { format: $feature, level, least, most });
                }
                Ok(Self(level))
            }

            /// The number.
            pub const fn level(self) -> $number {
                self.0
            }
        }

        #[cfg(feature = $feature)]
        impl Default for $name {
            fn default() -> Self {
                Self::DEFAULT
            }
        }
    };
}

level!("gzip", GzipLevel, u8, (0..=9), 6, 1);
level!("zstd", ZstdLevel, i8, (-7..=22), 3, 1);
level!("brotli", BrotliQuality, u8, (0..=11), 11, 4);
