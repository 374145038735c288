//! An observer that sees less.

use std::fmt;
use std::sync::Arc;

use electrician_types::{Event, Inspect, Observer, StageObserver};

use crate::filter::Filter;
use crate::sampling::Sampling;

/// What every observer can do.
///
/// What is added last is asked first: `log.sampled(one_in_ten).filtered(problems)` logs one in ten
/// of the problems, `log.filtered(problems).sampled(one_in_ten)` those of one event in ten that are
/// problems.
pub trait ObserverExt: Observer + Sized {
    /// This observer, for the events of `filter` alone: kinds, or a [`Filter`] of kinds and
    /// components.
    fn filtered(self, filter: impl Into<Filter>) -> Filtered<Self> {
        Filtered { observer: self, filter: filter.into() }
    }

    /// This observer, for some of the events alone.
    fn sampled(self, sampling: Sampling) -> Sampled<Self> {
        Sampled { observer: self, sampling }
    }
}

impl<O: Observer> ObserverExt for O {}

/// An observer of what a filter lets through: see [`ObserverExt::filtered`].
///
/// Stages are shown to it if their components are let through, whatever the kinds.
pub struct Filtered<O> {
    observer: O,
    filter: Filter,
}

/// An observer of some events: see [`ObserverExt::sampled`]. Stages are shown to it all.
pub struct Sampled<O> {
    observer: O,
    sampling: Sampling,
}

// === impl Filtered ===

impl<O: Observer> Observer for Filtered<O> {
    fn observe(&self, event: &Event<'_>) {
        if self.filter.admits(event) {
            self.observer.observe(event);
        }
    }

    fn stage(&self, stage: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        let is_meant =
            self.filter.is_any_component() || self.filter.admits_component(&stage.view().name);
        is_meant.then(|| self.observer.stage(stage)).flatten()
    }
}

impl<O> fmt::Debug for Filtered<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filtered").field("filter", &self.filter).finish_non_exhaustive()
    }
}

// === impl Sampled ===

impl<O: Observer> Observer for Sampled<O> {
    fn observe(&self, event: &Event<'_>) {
        if self.sampling.is_due() {
            self.observer.observe(event);
        }
    }

    fn stage(&self, stage: &Arc<dyn Inspect>) -> Option<Arc<dyn StageObserver>> {
        self.observer.stage(stage)
    }
}

impl<O> fmt::Debug for Sampled<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sampled").field("sampling", &self.sampling).finish_non_exhaustive()
    }
}
