//! A payload as it is on the wire.

mod complete;

use std::fmt;
use std::ops::Range;
use std::str;
use std::time::{Duration, SystemTime};

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use prost::encoding::{encode_varint, encoded_len_varint};

use crate::Text;
use crate::proto::{MessageMetadata, WrappedPayload};
use crate::wire::{Field, Fields, Value, WireError};

/// A place within a payload. Payloads have less than 4 GiB, so that a window of them stays small.
#[derive(Clone, Copy)]
struct Span {
    from: u32,
    to: u32,
}

/// Numbers of the fields that are looked at.
pub(crate) mod number {
    pub(crate) const ID: u32 = 1;
    pub(crate) const TIMESTAMP: u32 = 2;
    pub(crate) const PAYLOAD: u32 = 3;
    pub(crate) const METADATA: u32 = 4;
    pub(crate) const SEQ: u32 = 6;
    pub(crate) const ENCODING: u32 = 7;
    pub(crate) const TYPE: u32 = 8;
    pub(crate) const CHANNEL: u32 = 21;
    pub(crate) const ORDERING_KEY: u32 = 22;
    pub(crate) const EXPIRES_AT: u32 = 23;
    pub(crate) const DEDUPE_KEY: u32 = 25;
}

/// A [`WrappedPayload`] as it is on the wire, with all of its fields, known or not.
///
/// It is parsed once, without an allocation: what routes and acknowledges a payload is at hand, the
/// rest stays bytes. So a payload can be passed on without being decoded, and nothing that a newer
/// peer said is lost. Clones share the bytes.
///
/// [`with_seq`](Self::with_seq) gives it another number, at its end, where readers of protobuf find
/// the one that counts. Nothing else of it can change.
#[derive(Clone)]
pub struct RawPayload {
    bytes: Bytes,
    /// How many of the bytes are kept when it gets another number.
    kept: usize,
    /// The number is not in the bytes.
    is_renumbered: bool,
    seq: u64,
    encoding: i32,
    id: Span,
    payload: Span,
    payload_type: Span,
    channel: Span,
    ordering_key: Span,
    dedupe_key: Span,
    expires_at: Span,
    /// The last of the metadata, and whether it is all.
    metadata: Option<Span>,
    is_metadata_whole: bool,
}

/// The most bytes of a number: its tag, and ten bytes.
const NUMBER: usize = 11;

// === impl Span ===

impl Span {
    const NONE: Self = Self { from: 0, to: 0 };

    fn new(place: &Range<usize>) -> Self {
        let at = |at| u32::try_from(at).expect("less than 4 GiB");
        Self { from: at(place.start), to: at(place.end) }
    }

    const fn range(self) -> Range<usize> {
        self.from as usize..self.to as usize
    }
}

// === impl RawPayload ===

impl RawPayload {
    /// The payload that `bytes` are. They are shared, and not copied.
    pub fn parse(bytes: Bytes) -> Result<Self, WireError> {
        if u32::try_from(bytes.len()).is_err() {
            return Err(WireError::new("4 GiB or more", 0));
        }
        let mut raw = Self {
            kept: bytes.len(),
            bytes: Bytes::new(),
            is_renumbered: false,
            seq: 0,
            encoding: 0,
            id: Span::NONE,
            payload: Span::NONE,
            payload_type: Span::NONE,
            channel: Span::NONE,
            ordering_key: Span::NONE,
            dedupe_key: Span::NONE,
            expires_at: Span::NONE,
            metadata: None,
            is_metadata_whole: true,
        };
        for field in Fields::new(&bytes) {
            raw.note(&bytes, field?)?;
        }
        raw.bytes = bytes;
        Ok(raw)
    }

    fn note(&mut self, bytes: &[u8], field: Field) -> Result<(), WireError> {
        // Only a number at the very end can be cut off.
        self.kept = bytes.len();
        let place = match (field.number, field.value) {
            (number::SEQ, Value::Varint(seq)) => {
                (self.seq, self.kept) = (seq, field.start);
                return Ok(());
            }
            (number::ENCODING, Value::Varint(encoding)) => {
                // Enumerations are 32 bits; more are cut off, as every reader does.
                #[expect(clippy::cast_possible_truncation, reason = "as the format asks for")]
                let encoding = encoding as i32;
                self.encoding = encoding;
                return Ok(());
            }
            (number::ID, Value::Bytes(text)) => (&mut self.id, text),
            (number::TYPE, Value::Bytes(text)) => (&mut self.payload_type, text),
            (number::CHANNEL, Value::Bytes(text)) => (&mut self.channel, text),
            (number::ORDERING_KEY, Value::Bytes(text)) => (&mut self.ordering_key, text),
            (number::DEDUPE_KEY, Value::Bytes(text)) => (&mut self.dedupe_key, text),
            (number::PAYLOAD, Value::Bytes(place)) => {
                self.payload = Span::new(&place);
                return Ok(());
            }
            (number::EXPIRES_AT, Value::Bytes(place)) => {
                self.expires_at = Span::new(&place);
                return Ok(());
            }
            (number::METADATA, Value::Bytes(place)) => {
                self.is_metadata_whole = self.metadata.is_none();
                self.metadata = Some(Span::new(&place));
                return Ok(());
            }
            (
                number::ID
                | number::PAYLOAD
                | number::METADATA
                | number::SEQ..=number::TYPE
                | number::CHANNEL..=number::EXPIRES_AT
                | number::DEDUPE_KEY,
                _,
            ) => return Err(WireError::new("a field of another type", field.start)),
            _ => return Ok(()),
        };
        let (to, from) = place;
        if str::from_utf8(&bytes[from.clone()]).is_err() {
            return Err(WireError::new("text that is not UTF-8", from.start));
        }
        *to = Span::new(&from);
        Ok(())
    }

    /// The payload that `message` is.
    ///
    /// # Panics
    ///
    /// If it has 4 GiB or more.
    pub fn from_message(message: &WrappedPayload) -> Self {
        let bytes = Bytes::from(message.encode_to_vec());
        Self::parse(bytes).expect("what prost writes is a message, of less than 4 GiB")
    }

    /// Decodes all of it that this version knows.
    pub fn decode(&self) -> Result<WrappedPayload, prost::DecodeError> {
        let mut message = WrappedPayload::decode(self.bytes.clone())?;
        message.seq = self.seq;
        Ok(message)
    }

    /// Its name in acknowledgements; may be empty.
    pub fn id(&self) -> &str {
        self.text(self.id)
    }

    /// [`id`](Self::id), sharing the bytes.
    pub(crate) fn id_text(&self) -> Text {
        Text::from_bytes(self.bytes.slice(self.id.range())).unwrap_or_default()
    }

    /// Its number within the stream, from 1 on; 0 if it has none.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// The value: serialized, then compressed, then encrypted. It shares the bytes.
    pub fn payload(&self) -> Bytes {
        self.bytes.slice(self.payload.range())
    }

    /// [`payload`](Self::payload), borrowed.
    pub fn payload_bytes(&self) -> &[u8] {
        &self.bytes[self.payload.range()]
    }

    /// The number of its [`PayloadEncoding`](crate::proto::PayloadEncoding), which may be unknown.
    pub const fn encoding(&self) -> i32 {
        self.encoding
    }

    /// The type of the value; may be empty.
    pub fn payload_type(&self) -> &str {
        self.text(self.payload_type)
    }

    /// Where it was published; may be empty.
    pub fn channel(&self) -> &str {
        self.text(self.channel)
    }

    /// [`channel`](Self::channel), sharing the bytes.
    pub(crate) fn channel_text(&self) -> Text {
        Text::from_bytes(self.bytes.slice(self.channel.range())).unwrap_or_default()
    }

    /// Payloads of the same key keep their order; may be empty.
    pub fn ordering_key(&self) -> &str {
        self.text(self.ordering_key)
    }

    /// What tells that it was sent before; may be empty.
    pub fn dedupe_key(&self) -> &str {
        self.text(self.dedupe_key)
    }

    /// From when on nobody wants it any more. `None` also if it is no moment.
    pub fn expires_at(&self) -> Option<SystemTime> {
        let bytes = &self.bytes[self.expires_at.range()];
        if bytes.is_empty() {
            return None;
        }
        let moment = prost_types::Timestamp::decode(bytes).ok()?;
        let (seconds, nanos) = (u64::try_from(moment.seconds).ok()?, moment.nanos);
        let nanos = u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
        SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanos))
    }

    /// Whether it has metadata, which then counts in place of the stream's defaults.
    pub const fn has_metadata(&self) -> bool {
        self.metadata.is_some()
    }

    /// Decodes its metadata, if it has any.
    pub fn metadata(&self) -> Option<Result<MessageMetadata, prost::DecodeError>> {
        self.metadata?;
        let mut metadata = MessageMetadata::default();
        let merged = self.metadata_parts().try_for_each(|part| metadata.merge(part));
        Some(merged.map(|()| metadata))
    }

    /// The bytes of its metadata: one part, but for peers that split it.
    pub(crate) fn metadata_parts(&self) -> impl Iterator<Item = &[u8]> {
        let last =
            self.metadata.iter().filter(|_| self.is_metadata_whole).map(|place| place.range());
        let all = (!self.is_metadata_whole).then(|| Fields::new(&self.bytes));
        let all = all.into_iter().flatten().filter_map(|field| match field.ok()? {
            Field { number: number::METADATA, value: Value::Bytes(place), .. } => Some(place),
            _ => None,
        });
        last.chain(all).map(|place| &self.bytes[place])
    }

    /// The same payload with another number. A hop that passes payloads on numbers them itself.
    pub const fn with_seq(mut self, seq: u64) -> Self {
        self.seq = seq;
        self.is_renumbered = true;
        self
    }

    /// Its size on the wire, bytes.
    pub fn encoded_len(&self) -> usize {
        if !self.is_renumbered {
            return self.bytes.len();
        }
        self.kept + 1 + encoded_len_varint(self.seq)
    }

    /// Its size with any number, at most, bytes.
    pub(crate) const fn weight(&self) -> usize {
        self.kept + NUMBER
    }

    /// Appends it.
    pub fn encode(&self, into: &mut impl BufMut) {
        if !self.is_renumbered {
            into.put_slice(&self.bytes);
            return;
        }
        into.put_slice(&self.bytes[..self.kept]);
        // Also if it is 0: there may be another one before.
        encode_varint(u64::from(number::SEQ) << 3, into);
        encode_varint(self.seq, into);
    }

    /// Its bytes, which are shared unless it has another number.
    pub fn to_bytes(&self) -> Bytes {
        if !self.is_renumbered {
            return self.bytes.clone();
        }
        let mut bytes = BytesMut::with_capacity(self.encoded_len());
        self.encode(&mut bytes);
        bytes.freeze()
    }

    fn text(&self, place: Span) -> &str {
        str::from_utf8(&self.bytes[place.range()]).unwrap_or_default()
    }
}

impl fmt::Debug for RawPayload {
    /// What it is, without the value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawPayload")
            .field("id", &self.id())
            .field("seq", &self.seq)
            .field("encoding", &self.encoding)
            .field("payload_type", &self.payload_type())
            .field("dedupe_key", &self.dedupe_key())
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}
