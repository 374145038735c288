//! The conduit: a typed chain of stages with one lifecycle.

use std::fmt;
use std::sync::Arc;

use electrician_types::{Clock, Metadata, Result};
use electrician_wire::engine::{Feed, Feeder, Launch, Segment, Start};
use electrician_wire::{Component, IntoSegment, Running, RuntimeClock, StartError};

use crate::builder::ConduitBuilder;

/// A chain of stages: what one gives, the next one takes, or it does not compile. Inert until it is
/// started.
///
/// The chain has one lifecycle: it starts whole or not at all, and stops front to back, each stage
/// ending when those before it have ended and its queue is empty.
pub struct Conduit<In, Out> {
    pub(crate) metadata: Metadata,
    pub(crate) chain: Arc<Chained<In, Out>>,
    pub(crate) output_capacity: usize,
    pub(crate) clock: Option<Arc<dyn Clock>>,
}

/// A segment with the sources that feed its head.
pub(crate) struct Chained<In, Out> {
    pub(crate) segment: Arc<dyn Segment<In, Out>>,
    pub(crate) sources: Vec<Arc<dyn Feed<In>>>,
}

// === impl Conduit ===

impl<In: Send + 'static, Out: Send + 'static> Conduit<In, Out> {
    /// Begins a conduit with its first stage.
    pub fn from(stage: impl IntoSegment<In = In, Out = Out>) -> ConduitBuilder<In, Out> {
        ConduitBuilder::new(stage.into_segment())
    }

    /// What the conduit says about itself.
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Starts all stages, then the sources. Fails outside a tokio runtime, when making a worker's
    /// state panics, when a sink is still in use by another run, and when a source cannot be used
    /// again; nothing is started then, and the error gives the conduit back.
    pub fn start(self) -> Result<Running<Self>, StartError<Self>> {
        let chain = Arc::clone(&self.chain);
        let start = Start {
            clock: self.clock.clone().unwrap_or_else(|| Arc::new(RuntimeClock)),
            output_capacity: self.output_capacity,
            has_sources: !chain.sources.is_empty(),
        };
        Running::start(self, &*chain.segment, start, |launch, head| chain.feed(launch, head))
    }
}

impl<In: Send + 'static, Out: Send + 'static> Component for Conduit<In, Out> {
    type In = In;
    type Out = Out;
}

impl<In: Send + 'static, Out: Send + 'static> IntoSegment for Conduit<In, Out> {
    type In = In;
    type Out = Out;

    fn into_segment(self) -> Arc<dyn Segment<In, Out>> {
        self.chain
    }
}

impl<In, Out> fmt::Debug for Conduit<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Vec::new();
        self.chain.segment.names(&mut names);
        f.debug_struct("Conduit")
            .field("name", &self.metadata.name)
            .field("stages", &names)
            .field("sources", &self.chain.sources.len())
            .finish_non_exhaustive()
    }
}

// === impl Chained ===

impl<In, Out> Chained<In, Out> {
    fn feed(&self, launch: &mut Launch, head: &Feeder<In>) -> Result<()> {
        self.sources.iter().try_for_each(|source| source.feed(launch, head.clone()))
    }
}

// As a part of another conduit: its sources feed its own head, in the middle of the whole.
impl<In, Out> Segment<In, Out> for Chained<In, Out> {
    fn launch(&self, launch: &mut Launch, downstream: Feeder<Out>) -> Result<Feeder<In>> {
        let head = self.segment.launch(launch, downstream)?;
        if !self.sources.is_empty() {
            launch.mark_entry(&head);
            launch.mark_handoff(&head);
            self.feed(launch, &head)?;
        }
        Ok(head)
    }

    fn problems(&self, into: &mut Vec<String>) {
        self.segment.problems(into);
        for source in &self.sources {
            source.problems(into);
        }
    }

    fn names(&self, into: &mut Vec<Arc<str>>) {
        self.segment.names(into);
    }
}
