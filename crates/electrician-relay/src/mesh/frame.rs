//! What is said on a mesh, as it is on the wire.

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use prost::encoding::encoded_len_varint;

use crate::proto::{
    ClockSyncRequest, ClockSyncResponse, StreamClose, StreamOpen, SubscribeRequest,
    SubscribeResponse, UnsubscribeRequest, UnsubscribeResponse,
};
use crate::wire::{Fields, Value, WireError, put_length};
use crate::{Ack, Frame, FrameError, RawPayload};

/// A [`MeshFrame`](crate::proto::MeshFrame) whose payload stays as it is on the wire.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MeshFrame {
    /// Begins a stream, or says anew what was said at its begin.
    Open(Box<StreamOpen>),
    /// A payload: published, or for a subscriber.
    Payload(RawPayload),
    /// About payloads, or the stream.
    Ack(Ack),
    /// Ends a stream.
    Close(StreamClose),
    /// Asks for payloads.
    Subscribe(SubscribeRequest),
    /// What became of that.
    Subscribed(SubscribeResponse),
    /// Wants no more of them.
    Unsubscribe(UnsubscribeRequest),
    /// What became of that.
    Unsubscribed(UnsubscribeResponse),
    /// Asks what time it is.
    ClockSync(ClockSyncRequest),
    /// What time it is.
    ClockSynced(ClockSyncResponse),
    /// Nothing, or something that only newer peers know. It is passed over.
    Other,
}

/// Numbers of the fields.
mod number {
    pub(super) const OPEN: u32 = 1;
    pub(super) const PAYLOAD: u32 = 2;
    pub(super) const ACK: u32 = 3;
    pub(super) const CLOSE: u32 = 4;
    pub(super) const SUBSCRIBE: u32 = 5;
    pub(super) const SUBSCRIBED: u32 = 6;
    pub(super) const UNSUBSCRIBE: u32 = 7;
    pub(super) const UNSUBSCRIBED: u32 = 8;
    pub(super) const CLOCK_SYNC: u32 = 9;
    pub(super) const CLOCK_SYNCED: u32 = 10;
}

// === impl MeshFrame ===

impl MeshFrame {
    /// The largest frame that is no payload, bytes. What is repeated in it becomes much larger when it
    /// is decoded, so its size is what bounds the memory.
    pub const MAX_CONTROL_BYTES: usize = Frame::MAX_OPEN_BYTES;

    /// The frame that `bytes` are, if they are at most `limit`. A payload shares them.
    pub fn parse(bytes: &Bytes, limit: usize) -> Result<Self, FrameError> {
        if bytes.len() > limit {
            return Err(FrameError::TooLarge { bytes: bytes.len(), limit });
        }
        let mut found = None;
        for field in Fields::new(bytes) {
            let field = field?;
            if !(number::OPEN..=number::CLOCK_SYNCED).contains(&field.number) {
                continue;
            }
            let Value::Bytes(place) = field.value else {
                return Err(WireError::new("a field of another type", field.start).into());
            };
            if found.replace((field.number, place)).is_some() {
                return Err(FrameError::Several);
            }
        }
        let Some((field, place)) = found else { return Ok(Self::Other) };
        let inner = bytes.slice(place);
        if field == number::PAYLOAD {
            return Ok(Self::Payload(RawPayload::parse(inner)?));
        }
        let limit = Self::MAX_CONTROL_BYTES;
        if inner.len() > limit {
            return Err(FrameError::TooLarge { bytes: inner.len(), limit });
        }
        Ok(match field {
            number::OPEN => Self::Open(Box::new(StreamOpen::decode(inner)?)),
            number::ACK => Self::Ack(Ack::parse(&inner, limit)?),
            number::CLOSE => Self::Close(StreamClose::decode(inner)?),
            number::SUBSCRIBE => Self::Subscribe(SubscribeRequest::decode(inner)?),
            number::SUBSCRIBED => Self::Subscribed(SubscribeResponse::decode(inner)?),
            number::UNSUBSCRIBE => Self::Unsubscribe(UnsubscribeRequest::decode(inner)?),
            number::UNSUBSCRIBED => Self::Unsubscribed(UnsubscribeResponse::decode(inner)?),
            number::CLOCK_SYNC => Self::ClockSync(ClockSyncRequest::decode(inner)?),
            _ => Self::ClockSynced(ClockSyncResponse::decode(inner)?),
        })
    }

    /// Its size on the wire, bytes.
    pub fn encoded_len(&self) -> usize {
        match self.inner_len() {
            Some((_, inner)) => 1 + encoded_len_varint(inner as u64) + inner,
            None => 0,
        }
    }

    /// Appends it.
    pub fn encode(&self, into: &mut impl BufMut) {
        let Some((field, inner)) = self.inner_len() else { return };
        put_length(field, inner, into);
        match self {
            Self::Open(open) => open.encode_raw(into),
            Self::Payload(payload) => payload.encode(into),
            Self::Ack(ack) => ack.encode(into),
            Self::Close(close) => close.encode_raw(into),
            Self::Subscribe(request) => request.encode_raw(into),
            Self::Subscribed(response) => response.encode_raw(into),
            Self::Unsubscribe(request) => request.encode_raw(into),
            Self::Unsubscribed(response) => response.encode_raw(into),
            Self::ClockSync(request) => request.encode_raw(into),
            Self::ClockSynced(response) => response.encode_raw(into),
            Self::Other => {}
        }
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> Bytes {
        let mut bytes = BytesMut::with_capacity(self.encoded_len());
        self.encode(&mut bytes);
        bytes.freeze()
    }

    fn inner_len(&self) -> Option<(u32, usize)> {
        Some(match self {
            Self::Open(open) => (number::OPEN, open.encoded_len()),
            Self::Payload(payload) => (number::PAYLOAD, payload.encoded_len()),
            Self::Ack(ack) => (number::ACK, ack.encoded_len()),
            Self::Close(close) => (number::CLOSE, close.encoded_len()),
            Self::Subscribe(request) => (number::SUBSCRIBE, request.encoded_len()),
            Self::Subscribed(response) => (number::SUBSCRIBED, response.encoded_len()),
            Self::Unsubscribe(request) => (number::UNSUBSCRIBE, request.encoded_len()),
            Self::Unsubscribed(response) => (number::UNSUBSCRIBED, response.encoded_len()),
            Self::ClockSync(request) => (number::CLOCK_SYNC, request.encoded_len()),
            Self::ClockSynced(response) => (number::CLOCK_SYNCED, response.encoded_len()),
            Self::Other => return None,
        })
    }
}

impl From<Frame> for MeshFrame {
    fn from(frame: Frame) -> Self {
        match frame {
            Frame::Open(open) => Self::Open(open),
            Frame::Payload(payload) => Self::Payload(payload),
            Frame::Close(close) => Self::Close(close),
            Frame::Other => Self::Other,
        }
    }
}
