//! Items become payloads.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::Write;
#[cfg(feature = "aes-gcm")]
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::{BufMut, BytesMut};
use electrician_codec::Encode;
#[cfg(any(
    feature = "brotli",
    feature = "gzip",
    feature = "lz4",
    feature = "snappy",
    feature = "zstd"
))]
use electrician_codec::compress::Compression;
#[cfg(feature = "aes-gcm")]
use electrician_codec::seal::KeyRing;
use electrician_types::TraceContext;
use prost::Message;
use prost_types::Timestamp;

use super::EnvelopeError;
use super::packing::Packing;
use crate::proto::{MessageMetadata, VersionInfo};
use crate::raw::number;
use crate::wire::{put_bytes, put_length, put_number};
use crate::{Encoding, Frame, RawPayload};

/// Payloads are written into pieces of memory of this size, or larger if one needs more.
const CHUNK: usize = 16 << 10;

/// What is left of a frame for what stands around a payload: tags, lengths, its number.
const AROUND: usize = 32;

/// The header in which a trace travels.
const TRACEPARENT: &str = "traceparent";

/// Writes items of type `T` into payloads: encode, compress, encrypt.
///
/// What peers need to read them is in [`metadata`](Self::metadata), which goes into the opening of a
/// stream; payloads carry none of their own, unless [`with_metadata_in_each`](Self::with_metadata_in_each)
/// says so or an item has a trace.
///
/// Contexts and buffers are kept from item to item. A payload's bytes are the one thing it takes from
/// the allocator, and small ones share a piece of 16 KiB.
pub struct EnvelopeWriter<T: ?Sized> {
    encoder: Box<dyn Encode<T> + Send>,
    encoding: Encoding,
    content_type: Option<String>,
    payload_type: String,
    headers: BTreeMap<String, String>,
    is_in_each: bool,
    most: usize,
    packing: Packing,
    /// The metadata as it is on the wire; made when it is first needed.
    metadata: Option<Vec<u8>>,
    plain: Vec<u8>,
    /// All of a payload but the value.
    head: Vec<u8>,
    chunk: BytesMut,
    /// Ids are of this writer alone.
    prefix: u64,
    count: u64,
}

/// What is said of one payload. Each part may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About<'a> {
    /// Its name. Otherwise it gets one of its own.
    pub id: Option<&'a str>,
    /// What tells the receiver that it was sent before, also by another process: the topic,
    /// partition and offset that it came from, for example.
    pub dedupe_key: &'a str,
    /// Payloads of the same key keep their order.
    pub ordering_key: &'a str,
    /// Where it is published.
    pub channel: &'a str,
    /// When it was made. Otherwise it is now.
    pub timestamp: Option<SystemTime>,
    /// From when on nobody wants it any more.
    pub expires_at: Option<SystemTime>,
    /// The trace that it belongs to: `traceparent` among its headers, and its trace id.
    pub trace: Option<TraceContext>,
}

// === impl EnvelopeWriter ===

impl<T: ?Sized> EnvelopeWriter<T> {
    /// Which writes `encoding`, as `encoder` does.
    pub fn new(encoding: Encoding, encoder: impl Encode<T> + Send + 'static) -> Self {
        Self {
            encoder: Box::new(encoder),
            encoding,
            content_type: None,
            payload_type: String::new(),
            headers: BTreeMap::new(),
            is_in_each: false,
            most: Frame::MAX_BYTES - AROUND,
            packing: Packing::default(),
            metadata: None,
            plain: Vec::new(),
            head: Vec::new(),
            chunk: BytesMut::with_capacity(CHUNK),
            prefix: RandomState::new().build_hasher().finish(),
            count: 0,
        }
    }

    /// Which writes JSON, by serde.
    #[cfg(feature = "json")]
    pub fn json() -> Self
    where
        T: serde::Serialize,
    {
        Self::new(Encoding::Json, electrician_codec::Json)
    }

    /// Which writes JSON as Go does.
    #[cfg(feature = "json-go")]
    pub fn json_go() -> Self
    where
        T: serde::Serialize,
    {
        Self::new(Encoding::Json, electrician_codec::GoJson)
    }

    /// Which writes gob, with fields by their exact names. [`new`](Self::new) takes a
    /// [`Gob`](electrician_codec::gob::Gob) with other names.
    #[cfg(feature = "gob")]
    pub fn gob() -> Self
    where
        T: serde::Serialize,
    {
        Self::new(Encoding::Gob, electrician_codec::gob::Gob::new())
    }

    /// Which writes messages.
    pub fn protobuf() -> Self
    where
        T: Message + Sized,
    {
        Self::new(Encoding::Proto, electrician_codec::Protobuf)
    }

    /// Which writes bytes as they stand.
    pub fn bytes() -> Self
    where
        T: AsRef<[u8]>,
    {
        Self::new(Encoding::Bytes, electrician_codec::Bytes)
    }

    /// Whose payloads say that they are of the type `name`: for a message, its full name.
    #[must_use]
    pub fn with_payload_type(mut self, name: impl Into<String>) -> Self {
        self.payload_type = name.into();
        self
    }

    /// Whose payloads have another content type than that of the encoding.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self.metadata = None;
        self
    }

    /// Whose payloads have this header, too. Peers compare names in lower case.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(name.to_ascii_lowercase(), value.into());
        self.metadata = None;
        self
    }

    /// Whose payloads are compressed.
    #[cfg(any(
        feature = "brotli",
        feature = "gzip",
        feature = "lz4",
        feature = "snappy",
        feature = "zstd"
    ))]
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.packing.compress(compression);
        self.metadata = None;
        self
    }

    /// Whose payloads are encrypted.
    #[cfg(feature = "aes-gcm")]
    #[must_use]
    pub fn with_keys(mut self, keys: impl Into<Arc<KeyRing>>) -> Self {
        self.packing.seal(keys.into());
        self.metadata = None;
        self
    }

    /// Whose payloads carry their metadata each, for ways that have no opening.
    #[must_use]
    pub const fn with_metadata_in_each(mut self) -> Self {
        self.is_in_each = true;
        self
    }

    /// Whose payloads have at most so many bytes on the wire. Default 4 MiB less 32 bytes, which is
    /// what gRPC takes: a larger one would end its stream, again and again.
    #[must_use]
    pub const fn with_max_bytes(mut self, bytes: usize) -> Self {
        self.most = bytes;
        self
    }

    /// What the opening of a stream says of the payloads.
    pub fn metadata(&self) -> MessageMetadata {
        let content_type = self.content_type.as_deref();
        MessageMetadata {
            headers: self.headers.clone(),
            content_type: content_type.unwrap_or(self.encoding.content_type()).to_owned(),
            version: Some(VersionInfo { major: 1, minor: 0 }),
            performance: self.packing.performance(),
            security: self.packing.security(),
            ..MessageMetadata::default()
        }
    }

    /// The payload of `value`.
    pub fn write(&mut self, value: &T, about: &About<'_>) -> Result<RawPayload, EnvelopeError> {
        self.plain.clear();
        self.encoder.encode(value, &mut self.plain)?;
        self.write_head(about);
        let value = self.packing.wrap(&self.plain)?;

        // A tag of one byte, a length of at most ten.
        let bytes = self.head.len() + 11 + value.len();
        if bytes > self.most {
            return Err(EnvelopeError::TooLarge { bytes, limit: self.most });
        }
        self.chunk.reserve(bytes);
        self.chunk.put_slice(&self.head);
        put_bytes(number::PAYLOAD, value, &mut self.chunk);
        Ok(RawPayload::parse(self.chunk.split().freeze())?)
    }

    fn write_head(&mut self, about: &About<'_>) {
        let has_metadata = self.is_in_each || about.trace.is_some();
        if has_metadata && self.metadata.is_none() {
            self.metadata = Some(self.metadata().encode_to_vec());
        }
        let head = &mut self.head;
        head.clear();
        if let Some(id) = about.id {
            put_bytes(number::ID, id.as_bytes(), head);
        } else {
            self.count += 1;
            let mut digits = [0; 40];
            let mut left = &mut digits[..];
            let written = write!(left, "{:016x}-{}", self.prefix, self.count);
            written.expect("two numbers have less than 40 digits");
            let length = 40 - left.len();
            put_bytes(number::ID, &digits[..length], head);
        }
        put_moment(number::TIMESTAMP, about.timestamp.unwrap_or_else(SystemTime::now), head);
        if let Some(metadata) = self.metadata.as_ref().filter(|_| has_metadata) {
            put_metadata(metadata, about.trace, head);
        }
        put_number(number::ENCODING, self.encoding.wire() as u64, head);
        put_bytes(number::TYPE, self.payload_type.as_bytes(), head);
        put_bytes(number::CHANNEL, about.channel.as_bytes(), head);
        put_bytes(number::ORDERING_KEY, about.ordering_key.as_bytes(), head);
        if let Some(expires_at) = about.expires_at {
            put_moment(number::EXPIRES_AT, expires_at, head);
        }
        put_bytes(number::DEDUPE_KEY, about.dedupe_key.as_bytes(), head);
    }
}

impl<T: ?Sized> fmt::Debug for EnvelopeWriter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvelopeWriter")
            .field("encoding", &self.encoding)
            .field("payload_type", &self.payload_type)
            .field("performance", &self.packing.performance())
            .field("security", &self.packing.security())
            .finish_non_exhaustive()
    }
}

/// A moment, rounded down to what the format has; before 1970 it is 1970.
fn put_moment(field: u32, moment: SystemTime, into: &mut Vec<u8>) {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    let nanos = i32::try_from(since.subsec_nanos()).expect("less than a second");
    let moment = Timestamp { seconds, nanos };
    put_length(field, moment.encoded_len(), into);
    moment.encode_raw(into);
}

/// The metadata, with what is said of the trace behind it: fields of a message may come in any order.
fn put_metadata(metadata: &[u8], trace: Option<TraceContext>, into: &mut Vec<u8>) {
    let Some(trace) = trace else {
        put_length(number::METADATA, metadata.len(), into);
        into.extend_from_slice(metadata);
        return;
    };
    // `traceparent` has 55 characters, the trace id in it stands from 3 to 35.
    let mut text = [0; 55];
    write!(&mut text[..], "{trace}").expect("a traceparent has 55 characters");
    // Each tag and length here is one byte.
    let entry = 2 + TRACEPARENT.len() + 2 + text.len();
    let trace_id = &text[3..35];
    put_length(number::METADATA, metadata.len() + 2 + entry + 2 + trace_id.len(), into);
    into.extend_from_slice(metadata);
    put_length(1, entry, into);
    put_bytes(1, TRACEPARENT.as_bytes(), into);
    put_bytes(2, &text, into);
    put_bytes(5, trace_id, into);
}
