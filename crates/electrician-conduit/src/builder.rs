//! Building a conduit, stage by stage.

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use electrician_types::{Clock, ComponentKind, ConfigError, Metadata, Sink};
use electrician_wire::IntoSegment;
use electrician_wire::engine::{Feed, MAX_CAPACITY, Segment};

use crate::chain::{Chain, FedBy};
use crate::conduit::{Chained, Conduit};
use crate::fan_out::FanOut;
use crate::sink::{Discard, Ended, SinkStage};
use crate::split::{Broadcast, Partition, Routes};

/// A conduit in the making: [`Conduit::from`] begins one, [`build`](Self::build) ends it.
#[must_use = "a builder does nothing until it is built"]
pub struct ConduitBuilder<In, Out> {
    segment: Arc<dyn Segment<In, Out>>,
    sources: Vec<Arc<dyn Feed<In>>>,
    name: Arc<str>,
    output_capacity: usize,
    clock: Option<Arc<dyn Clock>>,
    problems: Vec<String>,
}

// === impl ConduitBuilder ===

impl<In: Send + 'static, Out: Send + 'static> ConduitBuilder<In, Out> {
    pub(crate) fn new(segment: Arc<dyn Segment<In, Out>>) -> Self {
        Self {
            segment,
            sources: Vec::new(),
            name: Arc::from("conduit"),
            output_capacity: 1024,
            clock: None,
            problems: Vec::new(),
        }
    }

    /// Names the conduit. Default: `conduit`.
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets how many outputs wait to be read at most. Default: 1024.
    pub fn with_output_capacity(mut self, items: usize) -> Self {
        self.output_capacity = items;
        self
    }

    /// Takes the time from `clock`, in the run's own waits and in every stage that has no clock of
    /// its own and keeps time only while it runs. Default: the runtime's clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Feeds the head from `source`. Several sources share the head; the run ends when all have
    /// ended.
    pub fn with_source(mut self, source: impl Feed<In> + 'static) -> Self {
        self.sources.push(Arc::new(source));
        self
    }

    /// Appends a stage: a wire, a builder of one, or a whole conduit.
    pub fn then<Next: Send + 'static>(
        self,
        stage: impl IntoSegment<In = Out, Out = Next>,
    ) -> ConduitBuilder<In, Next> {
        self.append(stage.into_segment())
    }

    /// Links a conduit to the end of this one: [`then`](Self::then) by the name that fits.
    pub fn link<Next: Send + 'static>(self, next: Conduit<Out, Next>) -> ConduitBuilder<In, Next> {
        self.then(next)
    }

    /// Lets another conduit, which has sources of its own, feed the head of this one: fan-in.
    pub fn fed_by<Side: Send + 'static>(
        mut self,
        side: impl Into<ConduitBuilder<Side, In>>,
    ) -> Self {
        let side: ConduitBuilder<Side, In> = side.into();
        self.problems.extend(side.problems);
        let side = Arc::new(Chained { segment: side.segment, sources: side.sources });
        self.segment = Arc::new(FedBy { main: self.segment, side });
        self
    }

    /// Gives every item to all `branches`, which take it in that order; what the branches put out
    /// comes together again. The item is acknowledged when every branch has done with it.
    ///
    /// The slowest branch sets the pace once its queue is full.
    pub fn broadcast<Next: Send + 'static>(
        self,
        branches: impl IntoIterator<Item = ConduitBuilder<Out, Next>>,
    ) -> ConduitBuilder<In, Next>
    where
        Out: Clone,
    {
        self.fan_out("broadcast", branches.into_iter().collect(), Broadcast)
    }

    /// Gives every item to the first branch whose condition it meets: see [`Routes`].
    pub fn route<Next: Send + 'static>(
        self,
        routes: Routes<Out, Next>,
    ) -> ConduitBuilder<In, Next> {
        let (branches, routing) = routes.into_parts();
        self.fan_out("route", branches, routing)
    }

    /// Spreads items over `branches` so that all items of one key go to the same branch.
    pub fn partition_by_key<K: Hash, Next: Send + 'static>(
        self,
        key: impl Fn(&Out) -> K + Send + Sync + 'static,
        branches: impl IntoIterator<Item = ConduitBuilder<Out, Next>>,
    ) -> ConduitBuilder<In, Next> {
        let hasher = RandomState::new();
        let partition = Partition::new(move |item: &Out| hasher.hash_one(key(item)));
        self.fan_out("partition", branches.into_iter().collect(), partition)
    }

    /// Ends the conduit in `sink`.
    pub fn sink(
        self,
        name: impl Into<Arc<str>>,
        sink: impl Sink<Out>,
    ) -> ConduitBuilder<In, Ended> {
        self.sink_stage(SinkStage::new(name, sink))
    }

    /// Ends the conduit in a sink with settings of its own.
    pub fn sink_stage<S: Sink<Out>>(self, stage: SinkStage<Out, S>) -> ConduitBuilder<In, Ended> {
        self.append(Arc::new(stage))
    }

    /// Ends the conduit in nothing: outputs are acknowledged and dropped.
    pub fn discard(self) -> ConduitBuilder<In, Ended> {
        self.sink("discard", Discard)
    }

    /// Validates every stage, source and setting, reporting all problems at once.
    pub fn build(self) -> Result<Conduit<In, Out>, ConfigError> {
        let Self { segment, sources, name, output_capacity, clock, mut problems } = self;
        if name.is_empty() {
            problems.push("the conduit's name is empty: errors and logs need one".into());
        }
        if output_capacity == 0 {
            problems.push(format!(
                "conduit {name:?}: an output of capacity 0 gives nothing: give at least 1"
            ));
        }
        if output_capacity > MAX_CAPACITY {
            problems.push(format!(
                "conduit {name:?}: an output of more than {MAX_CAPACITY} items is allocated at \
                 once: give a smaller capacity"
            ));
        }
        let chain = Chained { segment, sources };
        chain.problems(&mut problems);
        ConfigError::check(problems)?;
        let metadata = Metadata::new(ComponentKind::Conduit, name);
        Ok(Conduit { metadata, chain: Arc::new(chain), output_capacity, clock })
    }

    fn fan_out<Next: Send + 'static, S: crate::split::Split<Out>>(
        self,
        name: &str,
        branches: Vec<ConduitBuilder<Out, Next>>,
        split: S,
    ) -> ConduitBuilder<In, Next> {
        let fan_out = FanOut::new(name, branches.into_iter().map(Self::branch).collect(), split);
        self.append(Arc::new(fan_out))
    }

    /// A branch as a segment, with the problems that its builder has found.
    fn branch<T: Send + 'static, Next: 'static>(
        branch: ConduitBuilder<T, Next>,
    ) -> (Arc<dyn Segment<T, Next>>, Vec<String>) {
        let ConduitBuilder { segment, sources, problems, .. } = branch;
        (Arc::new(Chained { segment, sources }), problems)
    }

    fn append<Next: Send + 'static>(
        self,
        second: Arc<dyn Segment<Out, Next>>,
    ) -> ConduitBuilder<In, Next> {
        let Self { segment: first, sources, name, output_capacity, clock, problems } = self;
        let segment = Arc::new(Chain { first, second });
        ConduitBuilder { segment, sources, name, output_capacity, clock, problems }
    }
}

impl<In: Send + 'static, Out: Send + 'static> From<Conduit<In, Out>> for ConduitBuilder<In, Out> {
    fn from(conduit: Conduit<In, Out>) -> Self {
        let Conduit { metadata, chain, output_capacity, clock } = conduit;
        Self {
            segment: Arc::clone(&chain.segment),
            sources: chain.sources.clone(),
            name: metadata.name,
            output_capacity,
            clock,
            problems: Vec::new(),
        }
    }
}

impl<In, Out> fmt::Debug for ConduitBuilder<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Vec::new();
        self.segment.names(&mut names);
        f.debug_struct("ConduitBuilder")
            .field("name", &self.name)
            .field("stages", &names)
            .finish_non_exhaustive()
    }
}
