//! What a receiver says, without an allocation for each.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::str;

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;

use crate::FrameError;
use crate::proto::control_directive::Directive;
use crate::proto::{ControlDirective, FlowControlState, StreamAcknowledgment, Throttle};
use crate::wire::{Fields, Value, WireError, put_bytes, put_length, put_number};

/// Text that shares the bytes it came in.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Text(Bytes);

/// A [`StreamAcknowledgment`] whose texts share the bytes that they came in.
///
/// Fields of newer peers are passed over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ack {
    /// Whether all is well.
    pub success: bool,
    /// For people.
    pub message: Text,
    /// Headers of the acknowledgement.
    pub metadata: BTreeMap<String, String>,
    /// The stream, if it is about one.
    pub stream_id: Text,
    /// The id of the payload, if it is about one.
    pub id: Text,
    /// The number of the payload, if it is about one.
    pub seq: u64,
    /// 0 if all is well.
    pub code: i32,
    /// Whether the same payload may be taken later.
    pub retryable: bool,
    /// The last of several payloads.
    pub last_seq: u64,
    /// How many were taken.
    pub ok_count: u32,
    /// How many were not.
    pub err_count: u32,
    /// What the sender should do.
    pub directive: Option<Box<ControlDirective>>,
    /// How much is under way.
    pub flow_state: Option<FlowControlState>,
}

// === impl Text ===

impl Text {
    /// No text.
    pub const EMPTY: Self = Self(Bytes::new());

    /// A text of the program.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// The text that `bytes` are, if they are UTF-8.
    pub fn from_bytes(bytes: Bytes) -> Option<Self> {
        str::from_utf8(&bytes).is_ok().then_some(Self(bytes))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

// === impl Ack ===

impl Ack {
    /// An acknowledgement about a stream as a whole.
    pub fn of_stream(stream_id: Text, message: impl Into<Text>) -> Self {
        Self { success: true, message: message.into(), stream_id, ..Self::default() }
    }

    /// Something about a stream went wrong, for the reason that `code` stands for: those of HTTP.
    pub fn refusal(stream_id: Text, code: i32, message: impl Into<Text>) -> Self {
        Self { code, message: message.into(), stream_id, ..Self::default() }
    }

    /// With a directive to go slower.
    pub fn with_throttle(mut self, throttle: Throttle) -> Self {
        let directive = Some(Directive::Throttle(throttle));
        self.directive = Some(Box::new(ControlDirective { directive }));
        self
    }

    /// The acknowledgement that `bytes` are, if they are at most `limit`.
    pub fn parse(bytes: &Bytes, limit: usize) -> Result<Self, FrameError> {
        if bytes.len() > limit {
            return Err(FrameError::TooLarge { bytes: bytes.len(), limit });
        }
        let mut ack = Self::default();
        // What has texts or messages within is rare, and decoded as a whole.
        let mut is_rich = false;
        for field in Fields::new(bytes) {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Varint(value)) => ack.success = value != 0,
                (2, Value::Bytes(place)) => ack.message = text(bytes.slice(place), field.start)?,
                (4, Value::Bytes(place)) => ack.stream_id = text(bytes.slice(place), field.start)?,
                (5, Value::Bytes(place)) => ack.id = text(bytes.slice(place), field.start)?,
                (6, Value::Varint(value)) => ack.seq = value,
                #[expect(clippy::cast_possible_truncation, reason = "it is a number of 32 bits")]
                (7, Value::Varint(value)) => ack.code = value as i32,
                (8, Value::Varint(value)) => ack.retryable = value != 0,
                (9, Value::Varint(value)) => ack.last_seq = value,
                #[expect(clippy::cast_possible_truncation, reason = "it is a number of 32 bits")]
                (10, Value::Varint(value)) => ack.ok_count = value as u32,
                #[expect(clippy::cast_possible_truncation, reason = "it is a number of 32 bits")]
                (11, Value::Varint(value)) => ack.err_count = value as u32,
                (3 | 20 | 21, Value::Bytes(_)) => is_rich = true,
                (1..=11 | 20 | 21, _) => {
                    return Err(WireError::new("a field of another type", field.start).into());
                }
                _ => {}
            }
        }
        if is_rich {
            let message = StreamAcknowledgment::decode(bytes.clone())?;
            ack.metadata = message.metadata;
            ack.directive = message.directive.map(Box::new);
            ack.flow_state = message.flow_state;
        }
        Ok(ack)
    }

    /// Its size on the wire, bytes.
    pub fn encoded_len(&self) -> usize {
        let mut count = Count(0);
        self.put(&mut count);
        count.0
    }

    /// Appends it.
    pub fn encode(&self, into: &mut impl BufMut) {
        self.put(&mut Write(into));
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(self.encoded_len());
        self.encode(&mut bytes);
        bytes.freeze()
    }

    fn put(&self, into: &mut impl Put) {
        into.number(1, u64::from(self.success));
        into.bytes(2, &self.message.0);
        if !self.metadata.is_empty() {
            let metadata = self.metadata.clone();
            into.message(&StreamAcknowledgment { metadata, ..Default::default() });
        }
        into.bytes(4, &self.stream_id.0);
        into.bytes(5, &self.id.0);
        into.number(6, self.seq);
        #[expect(clippy::cast_sign_loss, reason = "as the format has it")]
        into.number(7, i64::from(self.code) as u64);
        into.number(8, u64::from(self.retryable));
        into.number(9, self.last_seq);
        into.number(10, u64::from(self.ok_count));
        into.number(11, u64::from(self.err_count));
        if let Some(directive) = &self.directive {
            into.nested(20, &**directive);
        }
        if let Some(flow_state) = &self.flow_state {
            into.nested(21, flow_state);
        }
    }
}

impl From<StreamAcknowledgment> for Ack {
    fn from(message: StreamAcknowledgment) -> Self {
        Self {
            success: message.success,
            message: message.message.into(),
            metadata: message.metadata,
            stream_id: message.stream_id.into(),
            id: message.id.into(),
            seq: message.seq,
            code: message.code,
            retryable: message.retryable,
            last_seq: message.last_seq,
            ok_count: message.ok_count,
            err_count: message.err_count,
            directive: message.directive.map(Box::new),
            flow_state: message.flow_state,
        }
    }
}

impl From<Ack> for StreamAcknowledgment {
    fn from(ack: Ack) -> Self {
        Self {
            success: ack.success,
            message: ack.message.to_string(),
            metadata: ack.metadata,
            stream_id: ack.stream_id.to_string(),
            id: ack.id.to_string(),
            seq: ack.seq,
            code: ack.code,
            retryable: ack.retryable,
            last_seq: ack.last_seq,
            ok_count: ack.ok_count,
            err_count: ack.err_count,
            directive: ack.directive.map(|directive| *directive),
            flow_state: ack.flow_state,
        }
    }
}

fn text(bytes: Bytes, at: usize) -> Result<Text, WireError> {
    Text::from_bytes(bytes).ok_or(WireError::new("text that is not UTF-8", at))
}

/// Writing, or counting what would be written.
trait Put {
    fn number(&mut self, field: u32, value: u64);
    fn bytes(&mut self, field: u32, bytes: &[u8]);
    fn nested(&mut self, field: u32, message: &impl Message);
    fn message(&mut self, message: &impl Message);
}

struct Write<'a, B>(&'a mut B);

struct Count(usize);

impl<B: BufMut> Put for Write<'_, B> {
    fn number(&mut self, field: u32, value: u64) {
        put_number(field, value, self.0);
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) {
        put_bytes(field, bytes, self.0);
    }

    fn nested(&mut self, field: u32, message: &impl Message) {
        put_length(field, message.encoded_len(), self.0);
        message.encode_raw(self.0);
    }

    fn message(&mut self, message: &impl Message) {
        message.encode_raw(self.0);
    }
}

impl Put for Count {
    fn number(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.0 += length(u64::from(field) << 3) + length(value);
        }
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.0 += length(u64::from(field) << 3) + length(bytes.len() as u64) + bytes.len();
        }
    }

    fn nested(&mut self, field: u32, message: &impl Message) {
        let inner = message.encoded_len();
        self.0 += length(u64::from(field) << 3) + length(inner as u64) + inner;
    }

    fn message(&mut self, message: &impl Message) {
        self.0 += message.encoded_len();
    }
}

fn length(value: u64) -> usize {
    prost::encoding::encoded_len_varint(value)
}
