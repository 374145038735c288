//! What metadata says about the bytes of a payload.

use std::sync::Arc;

use crate::RawPayload;
use crate::proto::{CompressionAlgorithm, EncryptionSuite, MessageMetadata, StreamOpen};
use crate::wire::{Fields, Value, WireError};

/// How the bytes of a payload became what they are, as its metadata says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) content: Content,
    /// The number of an [`EncryptionSuite`], [`NONE`](Self::NONE) if it is not encrypted.
    pub(crate) suite: i32,
    /// The number of a [`CompressionAlgorithm`], [`NONE`](Self::NONE) if it is not compressed.
    pub(crate) compression: i32,
}

/// What a content type tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Content {
    #[default]
    Unsaid,
    Json,
    Other,
}

/// What the opening of a stream says of payloads that carry no metadata of their own.
///
/// A payload's metadata replaces it as a whole: there is no merging field by field, so that a payload
/// with metadata must say again how it is compressed and encrypted. Clones share it.
#[derive(Clone, Debug)]
pub struct StreamDefaults {
    metadata: Arc<MessageMetadata>,
    shape: Shape,
}

// === impl Shape ===

impl Shape {
    pub(crate) const NONE: i32 = 0;

    const PLAIN: Self =
        Self { content: Content::Unsaid, suite: Self::NONE, compression: Self::NONE };

    fn of(metadata: &MessageMetadata) -> Self {
        let security = metadata.security.unwrap_or_default();
        let performance = metadata.performance.unwrap_or_default();
        Self {
            content: Content::of(metadata.content_type.as_bytes()),
            suite: if security.enabled { security.suite } else { Self::NONE },
            compression: if performance.use_compression {
                performance.compression_algorithm
            } else {
                Self::NONE
            },
        }
    }

    /// That of a payload's own metadata, without an allocation.
    fn of_payload(payload: &RawPayload) -> Result<Self, WireError> {
        let mut content = Content::Unsaid;
        // The switch and the number of performance, and of security.
        let (mut performance, mut security) = ((false, 0), (false, 0));
        for part in payload.metadata_parts() {
            for field in Fields::new(part) {
                let field = field?;
                let Value::Bytes(place) = field.value else { continue };
                match field.number {
                    2 => content = Content::of(&part[place]),
                    4 => switch(&part[place], &mut performance)?,
                    7 => switch(&part[place], &mut security)?,
                    _ => {}
                }
            }
        }
        let number = |(is_on, number)| if is_on { number } else { Self::NONE };
        Ok(Self { content, suite: number(security), compression: number(performance) })
    }

    /// What counts for `payload`: its metadata if it has any, otherwise the defaults as a whole.
    pub(crate) fn effective(
        payload: &RawPayload,
        defaults: &StreamDefaults,
    ) -> Result<Self, WireError> {
        if payload.has_metadata() { Self::of_payload(payload) } else { Ok(defaults.shape) }
    }

    pub(crate) const fn is_sealed(self) -> bool {
        self.suite == EncryptionSuite::EncryptionAesGcm as i32
    }

    pub(crate) const fn is_compressed(self) -> bool {
        self.compression != CompressionAlgorithm::CompressNone as i32
    }
}

/// Field 1, a switch, and field 2, a number: both messages have them.
fn switch(bytes: &[u8], into: &mut (bool, i32)) -> Result<(), WireError> {
    for field in Fields::new(bytes) {
        let field = field?;
        match (field.number, field.value) {
            (1, Value::Varint(is_on)) => into.0 = is_on != 0,
            #[expect(clippy::cast_possible_truncation, reason = "enumerations are 32 bits")]
            (2, Value::Varint(number)) => into.1 = number as i32,
            _ => {}
        }
    }
    Ok(())
}

// === impl Content ===

impl Content {
    /// JSON is `application/json`, or what ends in `+json`; with parameters behind it is not, as
    /// peers have it.
    fn of(content_type: &[u8]) -> Self {
        let content_type = content_type.trim_ascii();
        let ends_with = |end: &[u8]| {
            let start = content_type.len().checked_sub(end.len());
            start.is_some_and(|start| content_type[start..].eq_ignore_ascii_case(end))
        };
        if content_type.is_empty() {
            Self::Unsaid
        } else if content_type.eq_ignore_ascii_case(b"application/json") || ends_with(b"+json") {
            Self::Json
        } else {
            Self::Other
        }
    }
}

// === impl StreamDefaults ===

impl StreamDefaults {
    /// Those that `metadata` says.
    pub fn new(metadata: MessageMetadata) -> Self {
        Self { shape: Shape::of(&metadata), metadata: Arc::new(metadata) }
    }

    /// Those of an opening.
    pub fn of(open: &StreamOpen) -> Self {
        open.defaults.clone().map_or_else(Self::default, Self::new)
    }

    /// What was said.
    pub fn metadata(&self) -> &MessageMetadata {
        &self.metadata
    }
}

impl Default for StreamDefaults {
    /// Those of a stream without an opening: nothing was said.
    fn default() -> Self {
        Self { metadata: Arc::default(), shape: Shape::PLAIN }
    }
}

#[cfg(test)]
mod tests;
