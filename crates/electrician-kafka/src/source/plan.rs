//! What a source is to do, once that is known to make sense.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use electrician_types::{BoxError, Event, Field, Observer};
use rdkafka::ClientConfig;

use crate::Record;
use crate::exactly_once::Link;
use crate::source::lane::Policy;
use crate::source::{KafkaSourceHandle, Start};
use crate::tokens::Tokens;

pub(crate) type Decode<T> = dyn Fn(&Record<'_>) -> Result<T, BoxError> + Send + Sync;

pub(crate) struct Plan<T> {
    pub(crate) name: Arc<str>,
    /// Where the brokers are, for messages.
    pub(crate) brokers: String,
    /// For the consumer; complete.
    pub(crate) consumer: ClientConfig,
    /// For the producer of dead letters.
    pub(crate) producer: ClientConfig,
    /// For both.
    pub(crate) tokens: Tokens,
    pub(crate) choice: Choice,
    /// Whether there is a group to commit to.
    pub(crate) commits: bool,
    pub(crate) start: Start,
    pub(crate) starts: Vec<(String, i32, Start)>,
    pub(crate) decode: Box<Decode<T>>,
    pub(crate) policy: Policy,
    pub(crate) window: usize,
    pub(crate) buffer: usize,
    pub(crate) drain_time: Duration,
    pub(crate) startup_time: Duration,
    pub(crate) dead_letters: Option<String>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) stats: KafkaSourceHandle,
    /// To the sink, when it is one of a pair.
    pub(crate) link: Option<Arc<Link>>,
}

/// What is read.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    /// Partitions that the group shares out.
    Topics(Vec<String>),
    /// The same, of all topics whose names match.
    Pattern(String),
    /// These.
    Partitions(Vec<(String, Vec<i32>)>),
}

// === impl Plan ===

impl<T> Plan<T> {
    /// How much room in a window that was full is enough to go on.
    pub(crate) fn resumed_at(&self) -> usize {
        (self.window / 4).max(1)
    }

    /// Tells the observer, if there is one.
    pub(crate) fn tell(
        &self,
        kind: &'static str,
        error: Option<&electrician_types::Error>,
        fields: &[(&'static str, Field<'_>)],
    ) {
        if let Some(observer) = &self.observer {
            let event = Event::Edge { component: &self.name, kind, error, fields };
            // The law of observers: a panic ends nothing.
            drop(catch_unwind(AssertUnwindSafe(|| observer.observe(&event))));
        }
    }
}

impl<T> fmt::Debug for Plan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("name", &self.name)
            .field("brokers", &self.brokers)
            .field("choice", &self.choice)
            .finish_non_exhaustive()
    }
}
