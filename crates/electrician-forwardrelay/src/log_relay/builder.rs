//! Building the sink.

use std::fmt;
use std::time::Duration;

use electrician_logger::SCHEMA;
use electrician_relay::session::Acks;
use electrician_relay::{EnvelopeWriter, RawPayload};
use electrician_types::ConfigError;

use super::LogRelay;
use super::stamp::Stamps;
use crate::{ForwardRelay, ForwardRelayBuilder};

/// How many lines are under way at most: those of a queue of 1 MiB, as they usually are.
const WINDOW: usize = 8192;

/// A sink in the making. [`LogRelay::builder`] begins one, [`build`](Self::build) ends it.
///
/// It must be told whether connections are encrypted; everything else has a default.
#[must_use = "a builder does nothing until it is built"]
pub struct LogRelayBuilder {
    relay: ForwardRelayBuilder<RawPayload>,
    schema: String,
    patience: Duration,
}

// === impl LogRelayBuilder ===

impl LogRelayBuilder {
    pub(super) fn new(target: String) -> Self {
        let relay = ForwardRelay::builder()
            .with_target(target)
            .passing_through()
            // So that it is known of each line, also where a receiver holds back acknowledgements.
            .with_acks(Acks::PerMessage)
            .with_window(WINDOW)
            .with_retries(64, Duration::from_millis(250));
        Self { relay, schema: SCHEMA.to_owned(), patience: Duration::from_secs(30) }
    }

    /// Configures the relay that sends: more targets, encryption, tokens, headers.
    pub fn with_relay(
        mut self,
        configure: impl FnOnce(ForwardRelayBuilder<RawPayload>) -> ForwardRelayBuilder<RawPayload>,
    ) -> Self {
        self.relay = configure(self.relay);
        self
    }

    /// The schema of the lines, as the logger has it. Default: `electrician.log.v1`.
    pub fn with_schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// How long nothing may be acknowledged before the lines under way count as lost. Default: 30 s.
    ///
    /// New lines wait in the queue of the logger meanwhile.
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The sink, or everything that is wrong with it.
    pub fn build(self) -> Result<LogRelay, ConfigError> {
        let mut problems = Vec::new();
        if self.patience.is_zero() {
            problems.push("log relay: a patience of 0; it must be longer".to_owned());
        }
        if self.schema.is_empty() {
            problems.push("log relay: no schema; say the one that the logger has".to_owned());
        }
        let relay = self.relay.build();
        if let Err(error) = &relay {
            problems.extend(error.problems().iter().cloned());
        }
        ConfigError::check(problems)?;
        let writer = EnvelopeWriter::<[u8]>::bytes()
            .with_content_type("application/json")
            .with_payload_type(&self.schema)
            .with_header("source", "electrician-logger")
            .with_header("log_schema", self.schema)
            .with_metadata_in_each();
        Ok(LogRelay {
            relay: relay?,
            writer,
            stamps: Stamps::new(),
            patience: self.patience,
            runtime: None,
            is_open: false,
        })
    }
}

impl fmt::Debug for LogRelayBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogRelayBuilder")
            .field("relay", &self.relay)
            .field("schema", &self.schema)
            .field("patience", &self.patience)
            .finish()
    }
}
