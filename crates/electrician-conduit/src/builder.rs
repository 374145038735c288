//! Building a conduit, stage by stage.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use electrician_types::{Clock, ComponentKind, ConfigError, Guard, Metadata, Observer, Sink};
use electrician_wire::WhenDenied;
use electrician_wire::engine::{Feed, MAX_CAPACITY, Segment};

use crate::chain::{Chain, FedBy};
use crate::clocks::Clocks;
use crate::conduit::{Chained, Conduit};
use crate::fan_out::FanOut;
use crate::into_conduit::IntoConduit;
use crate::sink::{Discard, Ended, SinkStage};
use crate::split::Routes;

/// A conduit in the making: [`Conduit::from`] begins one, [`build`](Self::build) ends it.
#[must_use = "a builder does nothing until it is built"]
pub struct ConduitBuilder<In, Out> {
    chain: Chained<In, Out>,
    name: Arc<str>,
    output_capacity: usize,
    clocks: Clocks,
    /// Those of the parts' own settings; stages and sources tell theirs when it is built.
    problems: Vec<String>,
}

// === impl ConduitBuilder ===

impl<In: Send + 'static, Out: Send + 'static> ConduitBuilder<In, Out> {
    pub(crate) fn new(segment: Arc<dyn Segment<In, Out>>) -> Self {
        Self {
            chain: Chained::new(segment),
            name: Arc::from("conduit"),
            output_capacity: 1024,
            clocks: Clocks::default(),
            problems: Vec::new(),
        }
    }

    /// Names the conduit. Default: `conduit`.
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets how many outputs wait to be read at most. Default: 1024. As a part of another conduit
    /// it has no output to be read, and this has no effect.
    pub fn with_output_capacity(mut self, items: usize) -> Self {
        self.output_capacity = items;
        self
    }

    /// Takes the time from `clock`, in the run's own waits and in every stage that has no clock of
    /// its own and keeps time only while it runs. Default: the runtime's clock.
    ///
    /// What runs together has one clock: one that was set on a linked conduit, a branch or a side
    /// is the clock of the whole. Two that are not the same, as [`Clock::is_same_as`] says, are a
    /// problem of the build. A second call replaces the clock of the first.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clocks.set(clock);
        self
    }

    /// Watches every stage, source, sink and fan-out that has no observer of its own. Parts keep
    /// theirs. Other settings a conduit does not hand down: workers, capacities and retries are
    /// each stage's own.
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.chain.observer = Some(Arc::new(observer));
        self
    }

    /// Feeds the head from `source`. Several sources share the head; the run ends when all have
    /// ended.
    pub fn with_source(mut self, source: impl Feed<In> + 'static) -> Self {
        self.chain.sources.push(Arc::new(source));
        self
    }

    /// Has `guard` asked before the head works on items: a circuit breaker, a rate limit, a limit
    /// of concurrency. It learns what became of each attempt. `when` says what happens to items
    /// while it gives no leave.
    ///
    /// Guards of the head stage itself win: those of the conduit are not asked then. As a part of
    /// another conduit it keeps them, before its own head. At most four, asked in the order in
    /// which they are given.
    pub fn with_guard(mut self, guard: impl Guard, when: WhenDenied<In>) -> Self {
        self.chain.guards.add(guard, when);
        self
    }

    /// Appends a stage: a wire, a conduit, or a builder of either.
    ///
    /// A conduit brings its sources along, which go on feeding its own head, and its clock: see
    /// [`with_clock`](Self::with_clock).
    pub fn then<Next: Send + 'static>(
        mut self,
        stage: impl IntoConduit<In = Out, Out = Next>,
    ) -> ConduitBuilder<In, Next> {
        let part = self.take_in(stage.into_conduit());
        self.append(Arc::new(part))
    }

    /// Links a conduit to the end of this one: [`then`](Self::then) by the name that fits.
    pub fn link<Next: Send + 'static>(self, next: Conduit<Out, Next>) -> ConduitBuilder<In, Next> {
        self.then(next)
    }

    /// Lets another conduit feed the head of this one: fan-in. Something has to feed the side's
    /// own head: a source, or a side in turn.
    pub fn fed_by<Side: Send + 'static>(
        mut self,
        side: impl Into<ConduitBuilder<Side, In>>,
    ) -> Self {
        let side = Arc::new(self.take_in(side.into()));
        self.chain.segment = Arc::new(FedBy { main: self.chain.segment, side });
        self.chain.has_sides = true;
        self
    }

    /// Gives every item to all `branches`, which take it in that order; what the branches put out
    /// comes together again. The item is acknowledged when every branch has done with it.
    ///
    /// The slowest branch sets the pace once its queue is full. The stage is called `broadcast` and
    /// has a queue of 64 items; for settings of its own see [`fan_out`](Self::fan_out).
    pub fn broadcast<Next: Send + 'static>(
        self,
        branches: impl IntoIterator<Item = ConduitBuilder<Out, Next>>,
    ) -> ConduitBuilder<In, Next>
    where
        Out: Clone,
    {
        self.fan_out(FanOut::broadcast(branches))
    }

    /// Gives every item to the first branch whose condition it meets: see [`Routes`]. The stage is
    /// called `route` and has a queue of 64 items; for settings of its own see
    /// [`fan_out`](Self::fan_out).
    pub fn route<Next: Send + 'static>(
        self,
        routes: Routes<Out, Next>,
    ) -> ConduitBuilder<In, Next> {
        self.fan_out(FanOut::route(routes))
    }

    /// Spreads items over `branches` so that all items of one key go to the same branch. The stage
    /// is called `partition` and has a queue of 64 items; for settings of its own see
    /// [`fan_out`](Self::fan_out).
    pub fn partition_by_key<K: Hash, Next: Send + 'static>(
        self,
        key: impl Fn(&Out) -> K + Send + Sync + 'static,
        branches: impl IntoIterator<Item = ConduitBuilder<Out, Next>>,
    ) -> ConduitBuilder<In, Next> {
        self.fan_out(FanOut::partition_by_key(key, branches))
    }

    /// Appends a stage that hands items to several branches, with settings of its own.
    pub fn fan_out<Next: Send + 'static>(
        mut self,
        stage: FanOut<Out, Next>,
    ) -> ConduitBuilder<In, Next> {
        let stage = stage.assemble(|branch| Arc::new(self.take_in(branch)));
        self.append(Arc::new(stage))
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
        let mut problems = self.all_problems();
        self.clocks.problems(&self.title(), &mut problems);
        self.chain.problems(&mut problems);
        ConfigError::check(problems)?;
        let Self { chain, name, output_capacity, clocks, .. } = self;
        let metadata = Metadata::new(ComponentKind::Conduit, name);
        let (chain, clocks) = (Arc::new(chain), Arc::new(clocks));
        Ok(Conduit { metadata, chain, output_capacity, clocks })
    }

    /// What is wrong with the settings of the conduit itself and of its parts.
    fn all_problems(&self) -> Vec<String> {
        let Self { name, output_capacity, .. } = self;
        let mut problems = self.problems.clone();
        if name.is_empty() {
            problems.push("the conduit's name is empty: errors and logs need one".into());
        }
        if *output_capacity == 0 {
            problems.push(format!(
                "conduit {name:?}: an output of capacity 0 gives nothing: give at least 1"
            ));
        }
        if *output_capacity > MAX_CAPACITY {
            problems.push(format!(
                "conduit {name:?}: an output of more than {MAX_CAPACITY} items is allocated at \
                 once: give a smaller capacity"
            ));
        }
        problems
    }

    /// What problems call the conduit; many have the default name.
    fn title(&self) -> String {
        format!("the conduit {:?} that begins with {:?}", self.name, self.chain.head)
    }

    /// Makes `part` a part of this conduit.
    fn take_in<T: Send + 'static, Next: Send + 'static>(
        &mut self,
        part: ConduitBuilder<T, Next>,
    ) -> Chained<T, Next> {
        self.problems.extend(part.all_problems());
        let title = part.title();
        self.clocks.adopt(title, part.clocks);
        part.chain
    }

    fn append<Next: Send + 'static>(
        self,
        second: Arc<dyn Segment<Out, Next>>,
    ) -> ConduitBuilder<In, Next> {
        let Self { chain, name, output_capacity, clocks, problems } = self;
        let Chained { segment: first, sources, guards, observer, head, has_sides } = chain;
        let segment = Arc::new(Chain { first, second });
        let chain = Chained { segment, sources, guards, observer, head, has_sides };
        ConduitBuilder { chain, name, output_capacity, clocks, problems }
    }
}

impl<In: Send + 'static, Out: Send + 'static> From<Conduit<In, Out>> for ConduitBuilder<In, Out> {
    fn from(conduit: Conduit<In, Out>) -> Self {
        let Conduit { metadata, chain, output_capacity, clocks } = conduit;
        let Chained { segment, sources, guards, observer, head, has_sides } = &*chain;
        let chain = Chained {
            segment: Arc::clone(segment),
            sources: sources.clone(),
            guards: guards.clone(),
            observer: observer.clone(),
            head: Arc::clone(head),
            has_sides: *has_sides,
        };
        let clocks = Arc::unwrap_or_clone(clocks);
        Self { chain, name: metadata.name, output_capacity, clocks, problems: Vec::new() }
    }
}

impl<In, Out> fmt::Debug for ConduitBuilder<In, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Vec::new();
        self.chain.segment.names(&mut names);
        f.debug_struct("ConduitBuilder")
            .field("name", &self.name)
            .field("stages", &names)
            .finish_non_exhaustive()
    }
}
