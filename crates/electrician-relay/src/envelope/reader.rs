//! Payloads become items.

use std::fmt;
#[cfg(feature = "aes-gcm")]
use std::sync::Arc;

#[cfg(feature = "aes-gcm")]
use electrician_codec::seal::KeyRing;
use electrician_codec::{Decode, Limits};

use super::EnvelopeError;
use super::packing::Unpacking;
use crate::proto::PayloadEncoding;
use crate::shape::{Content, Shape};
use crate::{Encoding, RawPayload, StreamDefaults};

/// Reads items of type `T` from payloads: decrypt, decompress, decode.
///
/// Only the encodings that it was given are taken: nothing else of what a peer could say reaches a
/// decoder. A payload is, in this order, JSON if its content type says so and it is taken, unless
/// messages are taken, too; what its encoding says; and if that says nothing, the first that is taken
/// of protobuf, gob, bytes and JSON. Nothing is tried twice.
///
/// With a key only what is encrypted is taken. The metadata of a payload counts in place of the
/// stream's, as a whole.
///
/// Contexts and buffers are kept from payload to payload; what an item allocates is its own.
pub struct EnvelopeReader<T> {
    decoders: [Option<Box<dyn Decode<T> + Send>>; 4],
    payload_type: Option<String>,
    limits: Limits,
    unpacking: Unpacking,
}

/// By their order when nothing is said.
const ORDER: [Encoding; 4] = [Encoding::Proto, Encoding::Gob, Encoding::Bytes, Encoding::Json];

// === impl EnvelopeReader ===

impl<T> EnvelopeReader<T> {
    /// Which takes what is in `encoding`, as `decoder` reads it.
    pub fn new(encoding: Encoding, decoder: impl Decode<T> + Send + 'static) -> Self {
        let reader = Self {
            decoders: [const { None }; 4],
            payload_type: None,
            limits: Limits::DEFAULT,
            unpacking: Unpacking::default(),
        };
        reader.with(encoding, decoder)
    }

    /// Which takes what is in `encoding`, too.
    #[must_use]
    pub fn with(mut self, encoding: Encoding, decoder: impl Decode<T> + Send + 'static) -> Self {
        self.decoders[place(encoding)] = Some(Box::new(decoder));
        self
    }

    /// Which takes JSON, by serde.
    #[cfg(feature = "json")]
    pub fn json() -> Self
    where
        T: serde::de::DeserializeOwned,
    {
        Self::new(Encoding::Json, electrician_codec::Json)
    }

    /// Which takes JSON as Go writes it.
    #[cfg(feature = "json-go")]
    pub fn json_go() -> Self
    where
        T: serde::de::DeserializeOwned,
    {
        Self::new(Encoding::Json, electrician_codec::GoJson)
    }

    /// Which takes gob, with fields by their exact names. [`new`](Self::new) takes a
    /// [`Gob`](electrician_codec::gob::Gob) with other names.
    #[cfg(feature = "gob")]
    pub fn gob() -> Self
    where
        T: serde::de::DeserializeOwned,
    {
        Self::new(Encoding::Gob, electrician_codec::gob::Gob::new())
    }

    /// Which takes messages.
    pub fn protobuf() -> Self
    where
        T: prost::Message + Default,
    {
        Self::new(Encoding::Proto, electrician_codec::Protobuf)
    }

    /// Which takes payloads whose type is `name`, or not said. What stands before the last `/` of
    /// a type does not count.
    #[must_use]
    pub fn with_payload_type(mut self, name: impl Into<String>) -> Self {
        self.payload_type = Some(name.into());
        self
    }

    /// Which takes what is within `limits`. Default [`Limits::DEFAULT`].
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Which takes only what was encrypted with one of `keys`.
    #[cfg(feature = "aes-gcm")]
    #[must_use]
    pub fn with_keys(mut self, keys: impl Into<Arc<KeyRing>>) -> Self {
        self.unpacking.open(keys.into());
        self
    }

    /// The item in `payload`, which came on a stream of `defaults`.
    pub fn read(
        &mut self,
        payload: &RawPayload,
        defaults: &StreamDefaults,
    ) -> Result<T, EnvelopeError> {
        let shape = Shape::effective(payload, defaults)?;
        let bytes = self.unpacking.unwrap(payload.payload_bytes(), shape, &self.limits)?;
        let is_taken = |encoding| self.decoders[place(encoding)].is_some();
        let encoding = encoding(payload.encoding(), shape.content, is_taken)?;
        if let Some(expected) = &self.payload_type {
            check_type(payload.payload_type(), expected)?;
        }
        let Some(decoder) = &mut self.decoders[place(encoding)] else {
            let taken = ORDER.iter().filter(|encoding| self.decoders[place(**encoding)].is_some());
            let taken: Vec<&str> = taken.map(|encoding| encoding.name()).collect();
            return Err(EnvelopeError::Encoding { found: encoding, taken: taken.join(", ") });
        };
        Ok(decoder.decode(bytes, &self.limits)?)
    }
}

impl EnvelopeReader<Vec<u8>> {
    /// Which takes bytes as they stand.
    pub fn bytes() -> Self {
        Self::new(Encoding::Bytes, electrician_codec::Bytes)
    }
}

impl<T> fmt::Debug for EnvelopeReader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let taken = ORDER.iter().filter(|encoding| self.decoders[place(**encoding)].is_some());
        f.debug_struct("EnvelopeReader")
            .field("takes", &taken.collect::<Vec<_>>())
            .field("payload_type", &self.payload_type)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

const fn place(encoding: Encoding) -> usize {
    match encoding {
        Encoding::Proto => 0,
        Encoding::Gob => 1,
        Encoding::Bytes => 2,
        Encoding::Json => 3,
    }
}

/// What the payload is in.
fn encoding(
    number: i32,
    content: Content,
    is_taken: impl Fn(Encoding) -> bool,
) -> Result<Encoding, EnvelopeError> {
    if content == Content::Json && !is_taken(Encoding::Proto) {
        return Ok(Encoding::Json);
    }
    match PayloadEncoding::try_from(number) {
        Ok(PayloadEncoding::Gob) => Ok(Encoding::Gob),
        Ok(PayloadEncoding::Proto) => Ok(Encoding::Proto),
        Ok(PayloadEncoding::Unspecified) => {
            // A reader takes one at least.
            let first = ORDER.into_iter().find(|encoding| is_taken(*encoding));
            Ok(first.unwrap_or(Encoding::Gob))
        }
        Err(_) => Err(EnvelopeError::UnknownEncoding(number)),
    }
}

fn check_type(found: &str, expected: &str) -> Result<(), EnvelopeError> {
    let name = found.rsplit('/').next().unwrap_or_default();
    if found.is_empty() || found == expected || name == expected {
        return Ok(());
    }
    // A type comes from outside: as much of it as tells what is wrong.
    let found = found.chars().take(128).collect();
    Err(EnvelopeError::Type { found, expected: expected.to_owned() })
}
