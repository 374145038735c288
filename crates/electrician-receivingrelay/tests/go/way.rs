//! How items become payloads: encoding, compression, encryption, and how they are acknowledged.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use electrician_relay::codec::compress::{BrotliQuality, Compression, GzipLevel, ZstdLevel};
use electrician_relay::codec::seal::{KeyRing, SealKey};
use electrician_relay::session::Acks;
use electrician_relay::{Encoding, EnvelopeReader, EnvelopeWriter};

use crate::feedback::{AsStruct, Feedback, as_gob};

/// A key as peers know it: the Go library takes text of 32 bytes as it stands.
pub(crate) const KEY: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Gob,
    Proto,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) format: Format,
    pub(crate) compression: Option<Compression>,
    pub(crate) is_sealed: bool,
    pub(crate) acks: Acks,
}

// === impl Way ===

impl Way {
    pub(crate) const fn new(format: Format) -> Self {
        Self { format, compression: None, is_sealed: false, acks: Acks::PerMessage }
    }

    /// Every compression, plain and sealed.
    pub(crate) fn all(format: Format) -> impl Iterator<Item = Self> {
        let compressions = [
            None,
            Some(Compression::Gzip(GzipLevel::DEFAULT)),
            Some(Compression::Snappy),
            Some(Compression::Zstd(ZstdLevel::DEFAULT)),
            Some(Compression::Brotli(BrotliQuality::FAST)),
            Some(Compression::Lz4),
        ];
        let plain = compressions
            .into_iter()
            .map(move |compression| Self { compression, ..Self::new(format) });
        plain.flat_map(|way| [way, Self { is_sealed: true, ..way }])
    }

    pub(crate) const fn with_acks(self, acks: Acks) -> Self {
        Self { acks, ..self }
    }

    /// What tells a program in Go.
    pub(crate) fn args(&self) -> Vec<String> {
        let mut args = vec![format!("-format={}", self.format)];
        let compression = match self.compression {
            Some(Compression::Gzip(_)) => 1,
            Some(Compression::Snappy) => 2,
            Some(Compression::Zstd(_)) => 3,
            Some(Compression::Brotli(_)) => 4,
            Some(Compression::Lz4) => 5,
            _ => 0,
        };
        args.push(format!("-compression={compression}"));
        if self.is_sealed {
            let mut key = "-key=".to_owned();
            for byte in KEY {
                write!(key, "{byte:02x}").expect("text takes what is written");
            }
            args.push(key);
        }
        args.extend(match self.acks {
            Acks::PerMessage => vec!["-acks=1".to_owned()],
            Acks::Batch(every) => vec!["-acks=2".to_owned(), format!("-every={every}")],
            Acks::None => vec!["-acks=3".to_owned()],
        });
        args
    }

    pub(crate) fn writer(&self) -> EnvelopeWriter<Feedback> {
        let mut writer = match self.format {
            Format::Json => EnvelopeWriter::json(),
            Format::Gob => EnvelopeWriter::new(Encoding::Gob, as_gob()),
            Format::Proto => EnvelopeWriter::new(Encoding::Proto, AsStruct)
                .with_payload_type("google.protobuf.Struct"),
        };
        if let Some(compression) = self.compression {
            writer = writer.with_compression(compression);
        }
        if self.is_sealed { writer.with_keys(keys(KEY)) } else { writer }
    }

    pub(crate) fn reader(&self) -> EnvelopeReader<Feedback> {
        let reader = match self.format {
            Format::Json => EnvelopeReader::json(),
            Format::Gob => EnvelopeReader::new(Encoding::Gob, as_gob()),
            Format::Proto => EnvelopeReader::new(Encoding::Proto, AsStruct)
                .with_payload_type("google.protobuf.Struct"),
        };
        if self.is_sealed { reader.with_keys(keys(KEY)) } else { reader }
    }
}

pub(crate) fn keys(key: &[u8]) -> Arc<KeyRing> {
    Arc::new(SealKey::from_bytes(key).expect("a key has 16, 24 or 32 bytes").into())
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "json",
            Self::Gob => "gob",
            Self::Proto => "proto",
        })
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.format)?;
        if let Some(compression) = self.compression {
            write!(f, ", {}", compression.name())?;
        }
        f.write_str(if self.is_sealed { ", aes-gcm" } else { "" })
    }
}
