//! Building a client.

use std::fmt;
use std::time::Duration;

use electrician_relay::RawPayload;
use electrician_relay::proto::MessageMetadata;
use electrician_relay::session::Acks;
use electrician_types::ConfigError;

use super::MeshClient;
use crate::sink::Plan;
use crate::{ForwardRelay, ForwardRelayBuilder};

/// The largest inbox, for it is allocated as it fills.
const MOST: usize = 1 << 20;

/// A client in the making. [`MeshClient::builder`] begins one, [`build`](Self::build) ends it.
///
/// It must be told whether connections are encrypted; everything else has a default.
#[must_use = "a builder does nothing until it is built"]
pub struct MeshClientBuilder {
    relay: ForwardRelayBuilder<RawPayload>,
    defaults: MessageMetadata,
    inbox: usize,
    subscriptions: usize,
}

// === impl MeshClientBuilder ===

impl MeshClientBuilder {
    pub(super) fn new(target: String) -> Self {
        let relay = ForwardRelay::builder()
            .with_target(target)
            .passing_through()
            .with_acks(Acks::Batch(64))
            .with_retries(64, Duration::from_millis(100));
        let defaults = MessageMetadata::default();
        Self { relay, defaults, inbox: 1024, subscriptions: 64 }
    }

    /// Configures connections and what is held of what is published: encryption, tokens, headers, more
    /// targets to fail over to, windows, retries. Routing, keys and deadlines of a relay do not apply.
    pub fn with_relay(
        mut self,
        configure: impl FnOnce(ForwardRelayBuilder<RawPayload>) -> ForwardRelayBuilder<RawPayload>,
    ) -> Self {
        self.relay = configure(self.relay);
        self
    }

    /// What counts for payloads without metadata, such as those of an
    /// [`EnvelopeWriter`](electrician_relay::EnvelopeWriter):
    /// [`EnvelopeWriter::metadata`](electrician_relay::EnvelopeWriter::metadata). Default: nothing.
    pub fn with_defaults(mut self, defaults: MessageMetadata) -> Self {
        self.defaults = defaults;
        self
    }

    /// How many payloads may wait in the inbox. Default: 1,024.
    pub const fn with_inbox(mut self, payloads: usize) -> Self {
        self.inbox = payloads;
        self
    }

    /// How many subscriptions a peer may have. Default: 64, which is what a mesh allows unless told.
    pub const fn with_max_subscriptions(mut self, subscriptions: usize) -> Self {
        self.subscriptions = subscriptions;
        self
    }

    /// The client, or everything that is wrong with it.
    pub fn build(self) -> Result<MeshClient, ConfigError> {
        let mut problems = Vec::new();
        if !(1..=MOST).contains(&self.inbox) {
            let inbox = self.inbox;
            problems.push(format!("mesh client: an inbox of {inbox} payloads; it has 1 to {MOST}"));
        }
        let relay = self.relay.build();
        if let Err(error) = &relay {
            problems.extend(error.problems().iter().cloned());
        }
        ConfigError::check(problems)?;
        let Plan { targets, dialing, sessions, backoff, max_message_bytes, .. } = relay?.plan;
        Ok(MeshClient {
            targets: targets.into_iter().flatten().collect(),
            dialing,
            sessions: sessions.with_defaults(self.defaults),
            backoff,
            max_message_bytes,
            inbox: self.inbox,
            subscriptions: self.subscriptions,
        })
    }
}

impl fmt::Debug for MeshClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MeshClientBuilder")
            .field("relay", &self.relay)
            .field("inbox", &self.inbox)
            .field("subscriptions", &self.subscriptions)
            .finish_non_exhaustive()
    }
}
