//! The conduit: a typed chain of stages with one lifecycle.

use std::fmt;
use std::sync::Arc;

use electrician_types::{Metadata, Observer, Result};
use electrician_wire::engine::{Feed, Feeder, Guards, Launch, Segment, Start};
use electrician_wire::{Component, Running, RuntimeClock, StartError};

use crate::builder::ConduitBuilder;
use crate::clocks::Clocks;
use crate::into_conduit::IntoConduit;

/// A chain of stages: what one gives, the next one takes, or it does not compile. Inert until it is
/// started.
///
/// The chain has one lifecycle: it starts whole or not at all, and stops front to back, each stage
/// ending when those before it have ended and its queue is empty.
pub struct Conduit<In, Out> {
    pub(crate) metadata: Metadata,
    pub(crate) chain: Arc<Chained<In, Out>>,
    pub(crate) output_capacity: usize,
    pub(crate) clocks: Arc<Clocks>,
}

/// A conduit that is no part of another: its sources come when everything else is there.
struct Whole<'a, In, Out>(&'a Chained<In, Out>);

/// A segment with the sources that feed its head.
pub(crate) struct Chained<In, Out> {
    pub(crate) segment: Arc<dyn Segment<In, Out>>,
    pub(crate) sources: Vec<Arc<dyn Feed<In>>>,
    /// Asked before the head works, unless it has guards of its own.
    pub(crate) guards: Guards<In>,
    /// Watches what has no observer of its own.
    pub(crate) observer: Option<Arc<dyn Observer>>,
    /// The name of the first stage, by which problems call it.
    pub(crate) head: Arc<str>,
    /// Whether other conduits feed the head, too.
    pub(crate) has_sides: bool,
}

// === impl Conduit ===

impl<In: Send + 'static, Out: Send + 'static> Conduit<In, Out> {
    /// Begins a conduit with its first stage, or goes on building one that was built.
    pub fn from(stage: impl IntoConduit<In = In, Out = Out>) -> ConduitBuilder<In, Out> {
        stage.into_conduit()
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
            clock: self.clocks.clock().cloned().unwrap_or_else(|| Arc::new(RuntimeClock)),
            output_capacity: self.output_capacity,
            has_sources: !chain.sources.is_empty(),
            told: chain
                .observer
                .as_ref()
                .map(|observer| (Arc::clone(&self.metadata.name), Arc::clone(observer))),
        };
        let with_head = |launch: &mut Launch, head: &Feeder<In>| {
            chain.observed(launch, |launch| chain.enter(launch, head))
        };
        Running::start(self, &Whole(&chain), start, with_head)
    }
}

impl<In: Send + 'static, Out: Send + 'static> Component for Conduit<In, Out> {
    type In = In;
    type Out = Out;
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
    pub(crate) fn new(segment: Arc<dyn Segment<In, Out>>) -> Self {
        let mut names = Vec::new();
        segment.names(&mut names);
        let head = names.into_iter().next().unwrap_or_default();
        let (sources, guards) = (Vec::new(), Guards::new());
        Self { segment, sources, guards, observer: None, head, has_sides: false }
    }

    /// Has the observer, if there is one, watch what `prepare` launches.
    fn observed<R>(&self, launch: &mut Launch, prepare: impl FnOnce(&mut Launch) -> R) -> R {
        let Some(observer) = &self.observer else {
            return prepare(launch);
        };
        let outer = launch.replace_observer(Some(Arc::clone(observer)));
        let prepared = prepare(launch);
        launch.replace_observer(outer);
        prepared
    }

    /// Puts the guards before the head, then the sources.
    fn enter(&self, launch: &mut Launch, head: &Feeder<In>) -> Result<()> {
        head.guard(self.guards.clone());
        self.sources.iter().try_for_each(|source| source.feed(launch, head.clone()))
    }
}

// As a part of another conduit: its sources feed its own head, in the middle of the whole.
impl<In, Out> Segment<In, Out> for Chained<In, Out> {
    fn launch(&self, launch: &mut Launch, downstream: Feeder<Out>) -> Result<Feeder<In>> {
        self.observed(launch, |launch| {
            let head = self.segment.launch(launch, downstream)?;
            if !self.sources.is_empty() {
                launch.mark_entry(&head);
                launch.mark_handoff(&head);
            }
            self.enter(launch, &head)?;
            Ok(head)
        })
    }

    fn problems(&self, into: &mut Vec<String>) {
        self.segment.problems(into);
        for source in &self.sources {
            source.problems(into);
        }
        let own = |text: String| format!("the conduit that begins with {:?}: {text}", self.head);
        into.extend(self.guards.problems().into_iter().map(own));
        if !self.guards.is_empty() && !self.segment.asks_guards() {
            let text = "its head asks no guard: put the guards on a stage that does";
            into.push(own(text.into()));
        }
    }

    fn names(&self, into: &mut Vec<Arc<str>>) {
        self.segment.names(into);
    }

    fn asks_guards(&self) -> bool {
        self.segment.asks_guards()
    }
}

// === impl Whole ===

impl<In, Out> Segment<In, Out> for Whole<'_, In, Out> {
    fn launch(&self, launch: &mut Launch, downstream: Feeder<Out>) -> Result<Feeder<In>> {
        self.0.observed(launch, |launch| self.0.segment.launch(launch, downstream))
    }

    fn problems(&self, into: &mut Vec<String>) {
        self.0.problems(into);
    }

    fn names(&self, into: &mut Vec<Arc<str>>) {
        self.0.names(into);
    }
}
