//! How an exchange is configured.

use std::time::Duration;

use electrician_types::ConfigError;

use super::Exchange;
use crate::mesh::outbox::Most;

/// Configures an [`Exchange`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ExchangeBuilder {
    pub(super) members: usize,
    pub(super) per_member: usize,
    pub(super) subscriptions: usize,
    pub(super) outbox: Most,
    pub(super) pause: Duration,
    pub(super) patience: Duration,
}

/// The most payloads that wait for one peer.
const MOST: usize = 1 << 20;

/// Pauses are told in milliseconds, with 32 bits.
const LONGEST: Duration = Duration::from_hours(24);

// === impl ExchangeBuilder ===

impl Default for ExchangeBuilder {
    fn default() -> Self {
        Self {
            members: 256,
            per_member: 64,
            subscriptions: 16_384,
            outbox: Most { payloads: 1024, bytes: 8 << 20 },
            pause: Duration::from_millis(50),
            patience: Duration::from_secs(10),
        }
    }
}

impl ExchangeBuilder {
    /// How many peers there are at once. Default 256.
    pub const fn with_members(mut self, members: usize) -> Self {
        self.members = members;
        self
    }

    /// How many subscriptions a peer may have, and all peers together. Default 64 and 16,384.
    pub const fn with_subscriptions(mut self, each: usize, all: usize) -> Self {
        self.per_member = each;
        self.subscriptions = all;
        self
    }

    /// How many payloads may wait for a peer, and how many bytes of them. Default 1,024 and 8 MiB. One
    /// that is larger has room when nothing else waits.
    pub const fn with_outbox(mut self, payloads: usize, bytes: usize) -> Self {
        self.outbox = Most { payloads, bytes };
        self
    }

    /// For how long a publisher is asked to pause when a subscriber is slow. Default 50 ms.
    pub const fn with_pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// How long a subscriber for which publishers wait may take nothing, before it is ended. Default
    /// 10 s.
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The exchange, or all that is wrong with its configuration.
    pub fn build(&self) -> Result<Exchange, ConfigError> {
        let mut problems = Vec::new();
        let mut check = |is_right: bool, problem: String| {
            if !is_right {
                problems.push(format!("mesh: {problem}"));
            }
        };
        let Self { members, per_member, subscriptions, outbox, pause, patience } = self;
        check(*members > 0, "no peers; give 1 at least".to_owned());
        check(
            (1..=*subscriptions).contains(per_member),
            format!(
                "{per_member} subscriptions each and {subscriptions} in all; give 1 at least, and \
                 no fewer in all"
            ),
        );
        check(
            (1..=MOST).contains(&outbox.payloads) && outbox.bytes > 0,
            format!(
                "{} payloads and {} bytes wait for a peer; give 1 to {MOST}, and 1 at least",
                outbox.payloads, outbox.bytes
            ),
        );
        check(
            (Duration::from_millis(1)..=LONGEST).contains(pause) && !patience.is_zero(),
            format!(
                "a pause of {pause:?} and a patience of {patience:?}; give 1 ms to a day, and more than 0"
            ),
        );
        ConfigError::check(problems)?;
        Ok(Exchange::new(self.clone()))
    }
}
