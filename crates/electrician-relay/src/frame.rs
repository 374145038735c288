//! What a sender says on a stream, as it is on the wire.

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use prost::encoding::encoded_len_varint;

use crate::RawPayload;
use crate::proto::{StreamClose, StreamOpen};
use crate::wire::{Fields, Value, WireError, put_length};

/// A [`RelayEnvelope`](crate::proto::RelayEnvelope) whose payload stays as it is on the wire.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Frame {
    /// Begins a stream, or says anew what was said at its begin.
    Open(Box<StreamOpen>),
    /// A payload.
    Payload(RawPayload),
    /// Ends a stream.
    Close(StreamClose),
    /// Nothing, or something that only newer peers know. It is passed over.
    Other,
}

/// A frame that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// It has more bytes than are taken.
    #[error("the frame has {bytes} bytes, at most {limit} are taken")]
    TooLarge {
        /// How many it has, or claims to have.
        bytes: usize,
        /// How many are taken.
        limit: usize,
    },
    /// It is no message.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The message in it is none.
    #[error("no message of the contract: {0}")]
    Decode(#[from] prost::DecodeError),
    /// It holds several messages, and only one of them could count.
    #[error("a frame holds one message, this one holds several")]
    Several,
}

// === impl FrameError ===

impl FrameError {
    /// The code for an acknowledgement: 413 if it is too large, 400 otherwise.
    pub const fn code(&self) -> i32 {
        match self {
            Self::TooLarge { .. } => 413,
            _ => 400,
        }
    }
}

impl From<FrameError> for electrician_types::Error {
    fn from(error: FrameError) -> Self {
        let kind = match error {
            FrameError::TooLarge { .. } => electrician_types::ErrorKind::TooLarge,
            _ => electrician_types::ErrorKind::Malformed,
        };
        Self::new(kind, "reading a frame").with_source(error)
    }
}

// === impl Frame ===

impl Frame {
    const OPEN: u32 = 1;
    const PAYLOAD: u32 = 2;
    const CLOSE: u32 = 3;

    /// The largest frame that is taken where nothing else is said: 4 MiB, as gRPC has it.
    pub const MAX_BYTES: usize = 4 << 20;

    /// The largest opening, bytes. What is repeated in one becomes much larger when it is decoded, so
    /// its size is what bounds the memory.
    pub const MAX_OPEN_BYTES: usize = 64 << 10;

    /// The frame that `bytes` are, if they are at most `limit`. A payload shares them.
    pub fn parse(bytes: &Bytes, limit: usize) -> Result<Self, FrameError> {
        if bytes.len() > limit {
            return Err(FrameError::TooLarge { bytes: bytes.len(), limit });
        }
        let mut found = None;
        for field in Fields::new(bytes) {
            let field = field?;
            if !(Self::OPEN..=Self::CLOSE).contains(&field.number) {
                continue;
            }
            let Value::Bytes(place) = field.value else {
                return Err(WireError::new("a field of another type", field.start).into());
            };
            if found.replace((field.number, place)).is_some() {
                return Err(FrameError::Several);
            }
        }
        Ok(match found {
            None => Self::Other,
            Some((Self::OPEN, place)) => {
                let (bytes_of_it, limit) = (place.len(), Self::MAX_OPEN_BYTES);
                if bytes_of_it > limit {
                    return Err(FrameError::TooLarge { bytes: bytes_of_it, limit });
                }
                Self::Open(Box::new(StreamOpen::decode(bytes.slice(place))?))
            }
            Some((Self::PAYLOAD, place)) => Self::Payload(RawPayload::parse(bytes.slice(place))?),
            Some((_, place)) => Self::Close(StreamClose::decode(bytes.slice(place))?),
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
        let Some((field, inner)) = self.inner_len() else {
            return;
        };
        put_length(field, inner, into);
        match self {
            Self::Open(open) => open.encode_raw(into),
            Self::Payload(payload) => payload.encode(into),
            Self::Close(close) => close.encode_raw(into),
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
        match self {
            Self::Open(open) => Some((Self::OPEN, open.encoded_len())),
            Self::Payload(payload) => Some((Self::PAYLOAD, payload.encoded_len())),
            Self::Close(close) => Some((Self::CLOSE, close.encoded_len())),
            Self::Other => None,
        }
    }
}
