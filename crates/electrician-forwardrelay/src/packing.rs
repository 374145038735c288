//! Items become payloads.

use std::time::{Duration, SystemTime};

use electrician_relay::proto::MessageMetadata;
use electrician_relay::{About, EnvelopeWriter, RawPayload};
use electrician_types::{Result, TraceContext};

/// Appends a text that belongs to an item.
pub(crate) type AppendTo<T> = dyn Fn(&T, &mut String) + Send;

/// How items become payloads.
pub(crate) struct Packing<T> {
    pub(crate) writing: Writing<T>,
    pub(crate) dedupe_key: Option<Box<AppendTo<T>>>,
    pub(crate) ordering_key: Option<Box<AppendTo<T>>>,
    pub(crate) channel: Option<Box<AppendTo<T>>>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) texts: Texts,
}

pub(crate) enum Writing<T> {
    /// By a writer.
    Envelope(Box<EnvelopeWriter<T>>),
    /// They are payloads.
    Passing(fn(&T) -> RawPayload),
}

/// Used again and again.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    dedupe_key: String,
    ordering_key: String,
    channel: String,
}

// === impl Packing ===

impl<T> Packing<T> {
    /// What the opening of a stream says of payloads.
    pub(crate) fn defaults(&self) -> MessageMetadata {
        match &self.writing {
            Writing::Envelope(writer) => writer.metadata(),
            Writing::Passing(_) => MessageMetadata::default(),
        }
    }

    pub(crate) fn pack(&mut self, value: &T, trace: Option<TraceContext>) -> Result<RawPayload> {
        let writer = match &mut self.writing {
            Writing::Envelope(writer) => writer,
            Writing::Passing(payload) => return Ok(payload(value)),
        };
        let Texts { dedupe_key, ordering_key, channel } = &mut self.texts;
        write(self.dedupe_key.as_deref(), value, dedupe_key);
        write(self.ordering_key.as_deref(), value, ordering_key);
        write(self.channel.as_deref(), value, channel);
        let expires_at = self.deadline.and_then(|deadline| SystemTime::now().checked_add(deadline));
        let about =
            About { dedupe_key, ordering_key, channel, expires_at, trace, ..About::default() };
        Ok(writer.write(value, &about)?)
    }
}

fn write<T>(append: Option<&AppendTo<T>>, value: &T, text: &mut String) {
    text.clear();
    if let Some(append) = append {
        append(value, text);
    }
}
