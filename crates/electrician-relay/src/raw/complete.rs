//! Payloads that leave their stream.

use bytes::BytesMut;
use prost::Message;

use super::{RawPayload, number};
use crate::StreamDefaults;
use crate::wire::{put_bytes, put_length};

// === impl RawPayload ===

impl RawPayload {
    /// The payload with what its stream said of it, for it leaves that stream: the metadata if it has
    /// none of its own, and the channel.
    ///
    /// # Panics
    ///
    /// If it then has 4 GiB or more.
    pub fn completed(self, defaults: &StreamDefaults, channel: &str) -> Self {
        let metadata = defaults.metadata();
        let metadata_len = if self.has_metadata() { 0 } else { metadata.encoded_len() };
        let channel = if self.channel().is_empty() { channel } else { "" };
        if metadata_len == 0 && channel.is_empty() {
            return self;
        }
        let length = self.encoded_len() + metadata_len + channel.len() + 2 * super::NUMBER;
        let mut bytes = BytesMut::with_capacity(length);
        self.encode(&mut bytes);
        if metadata_len > 0 {
            put_length(number::METADATA, metadata_len, &mut bytes);
            metadata.encode_raw(&mut bytes);
        }
        if !channel.is_empty() {
            put_bytes(number::CHANNEL, channel.as_bytes(), &mut bytes);
        }
        Self::parse(bytes.freeze()).expect("a payload with fields more is one, of less than 4 GiB")
    }
}
