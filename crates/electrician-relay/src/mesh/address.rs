//! Where a payload is published.

use prost::Message;

use super::filter::check_name;
use crate::proto::{ErrorInfo, FanoutMode, RoutingOptions};
use crate::wire::{Fields, Value};
use crate::{RawPayload, StreamDefaults, Text};

/// Where a payload is published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    channel: Text,
    topic: Text,
    is_echoed: bool,
}

/// A payload that cannot be published as it asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unpublished {
    /// As those of HTTP.
    pub code: i32,
    /// Why.
    pub message: Text,
}

/// The field of metadata that is the routing.
const ROUTING: u32 = 20;

/// The largest routing, bytes: names of channels are short.
const MOST_ROUTING: usize = 4 << 10;

// === impl Address ===

impl Address {
    /// That of `payload`: what it says, or else its stream.
    pub fn of(
        payload: &RawPayload,
        defaults: &StreamDefaults,
        default_channel: &Text,
    ) -> Result<Self, Unpublished> {
        let own = payload.channel_text();
        let channel = if own.is_empty() { default_channel.clone() } else { own };
        check_name("the channel", &channel)?;
        let mut address = Self { channel, ..Self::default() };
        if payload.has_metadata() {
            if let Some(routing) = routing_of(payload)? {
                address.heed(&routing)?;
            }
        } else if let Some(routing) = &defaults.metadata().routing {
            address.heed(routing)?;
        }
        Ok(address)
    }

    fn heed(&mut self, routing: &RoutingOptions) -> Result<(), Unpublished> {
        let is_known = matches!(
            FanoutMode::try_from(routing.fanout),
            Ok(FanoutMode::FanoutUnspecified | FanoutMode::FanoutPubsub)
        );
        // To pass over these would give the payload to those who are not meant.
        let is_narrower = !routing.session_ids.is_empty()
            || !routing.principals.is_empty()
            || !routing.group_ids.is_empty()
            || routing.spatial.is_some();
        if !is_known || is_narrower {
            let message = "payloads go to channels and topics alone: no other fan-out, sessions, \
                           principals, groups or regions";
            return Err(Unpublished { code: 501, message: Text::from_static(message) });
        }
        check_name("the topic", &routing.topic)?;
        self.topic = Text::from(routing.topic.as_str());
        self.is_echoed = routing.echo_to_sender;
        Ok(())
    }

    /// The channel; empty if there is none.
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// The topic; empty if there is none.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Whether who published it gets it, too, if it has a subscription.
    pub const fn is_echoed(&self) -> bool {
        self.is_echoed
    }

    /// Whether it has no channel and no topic, so that nobody can have subscribed to it.
    pub fn is_nowhere(&self) -> bool {
        self.channel.is_empty() && self.topic.is_empty()
    }
}

/// The routing in the metadata of a payload; nothing else of them is decoded.
fn routing_of(payload: &RawPayload) -> Result<Option<RoutingOptions>, Unpublished> {
    let wrong = |message: String| Unpublished { code: 400, message: message.into() };
    let mut routing = None;
    for part in payload.metadata_parts() {
        for field in Fields::new(part) {
            let field = field.map_err(|error| wrong(error.to_string()))?;
            let (ROUTING, Value::Bytes(place)) = (field.number, field.value) else { continue };
            let length = place.len();
            if length > MOST_ROUTING {
                let what =
                    format!("the routing has {length} bytes, at most {MOST_ROUTING} are taken");
                return Err(wrong(what));
            }
            let merged = routing.get_or_insert_with(RoutingOptions::default).merge(&part[place]);
            merged.map_err(|error| wrong(error.to_string()))?;
        }
    }
    Ok(routing)
}

// === impl Unpublished ===

impl From<ErrorInfo> for Unpublished {
    fn from(error: ErrorInfo) -> Self {
        Self { code: error.code, message: error.message.into() }
    }
}
