//! The generator: a source under supervision.

use std::fmt;
use std::sync::Arc;

use electrician_types::{ComponentKind, Metadata, Observer, OpenSource, Result, Source};
use electrician_wire::engine::{Feed, Feeder, Launch};

use crate::intake::Intake;
use crate::pump::Pump;
use crate::restart::Restart;

/// How many items a source is asked for at once.
const DEFAULT_BATCH: usize = 64;

/// Runs a source and feeds a conduit's head with what it gives.
///
/// The source is asked only for what there is room for. When it ends, the pipeline drains and the
/// run ends. When it fails or panics, it is opened again if the [`Restart`] policy says so; if not,
/// the error is reported in `Stopped::source_errors` and the run ends as if the source had.
pub struct Generator<P> {
    metadata: Metadata,
    plug: Arc<P>,
    restart: Restart,
    batch: usize,
    observer: Option<Arc<dyn Observer>>,
}

// === impl Generator ===

impl<P: OpenSource> Generator<P> {
    /// A generator for what `plug` opens: a plug, or any function that makes a source.
    pub fn new(name: impl Into<Arc<str>>, plug: P) -> Self {
        Self {
            metadata: Metadata::new(ComponentKind::Generator, name),
            plug: Arc::new(plug),
            restart: Restart::never(),
            batch: DEFAULT_BATCH,
            observer: None,
        }
    }

    /// Sets when the source is opened again. Default: never.
    pub fn with_restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// Sets how many items the source is asked for at most. Default: 64.
    pub const fn with_batch(mut self, items: usize) -> Self {
        self.batch = items;
        self
    }

    /// Watches the source: its start, its restarts, and its end. Default: the conduit's observer.
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// What the generator says about itself.
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

impl<P: OpenSource> Feed<<P::Source as Source>::Item> for Generator<P> {
    fn feed(&self, launch: &mut Launch, feeder: Feeder<<P::Source as Source>::Item>) -> Result<()> {
        self.plug.check()?;
        let observer = self.observer.clone().or_else(|| launch.observer());
        let intake = Arc::new(Intake::new(Arc::clone(&self.metadata.name), feeder.stage_id()));
        launch.add_source(Arc::clone(&intake) as _, observer.as_ref());
        let pump = Pump {
            intake,
            name: Arc::clone(&self.metadata.name),
            plug: Arc::clone(&self.plug),
            restart: self.restart.clone(),
            batch: self.batch,
            observer,
            clock: Arc::clone(launch.clock()),
            errors: launch.source_errors(),
        };
        let stop = launch.stop_watch();
        launch.add_task(pump.run(feeder, stop));
        Ok(())
    }

    fn problems(&self, into: &mut Vec<String>) {
        let name = &self.metadata.name;
        if name.is_empty() {
            into.push("the name of a generator is empty: errors and logs need one".into());
        }
        if self.batch == 0 {
            into.push(format!(
                "generator {name:?}: a batch of 0 items never gives any: give at least 1"
            ));
        }
        let problems = self.restart.problems().into_iter();
        into.extend(problems.map(|text| format!("generator {name:?}: restart: {text}")));
    }

    fn name(&self) -> Arc<str> {
        Arc::clone(&self.metadata.name)
    }
}

impl<P> fmt::Debug for Generator<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator")
            .field("name", &self.metadata.name)
            .field("restart", &self.restart)
            .field("batch", &self.batch)
            .finish_non_exhaustive()
    }
}
