//! Which events an observer is told.

use electrician_types::{Event, EventKind};

/// Which events are let through: those of certain kinds, of certain components, or both. An empty
/// filter lets everything through.
///
/// One kind, or an array of kinds, is a filter as well:
///
/// ```
/// use electrician_sensor::Filter;
/// use electrician_sensor::types::{Event, EventKind};
///
/// let filter = Filter::from([EventKind::Started, EventKind::Stopped]).with_components(["price"]);
/// assert!(filter.admits(&Event::Started { component: "price", workers: 2 }));
/// assert!(!filter.admits(&Event::Started { component: "parse", workers: 2 }));
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a filter does nothing until an observer gets it"]
pub struct Filter {
    /// `None`: all of them.
    kinds: Option<Kinds>,
    components: Option<Vec<Box<str>>>,
}

#[derive(Clone, Debug, Default)]
struct Kinds {
    kinds: Vec<EventKind>,
    /// What the kinds of edges begin with.
    edges: Vec<Box<str>>,
}

// === impl Filter ===

impl Filter {
    /// Everything.
    pub const fn new() -> Self {
        Self { kinds: None, components: None }
    }

    /// What tells of something that did not work: errors, refusals, drops, denials, items handed
    /// back.
    pub fn problems() -> Self {
        use EventKind::{
            Denied, Dropped, Failed, HandedBack, Refused, Restarting, Retrying, SinkFailed,
            Tripped, WorkerPanicked,
        };
        Self::from([
            Denied,
            Dropped,
            Failed,
            HandedBack,
            Refused,
            Restarting,
            Retrying,
            SinkFailed,
            Tripped,
            WorkerPanicked,
        ])
    }

    /// Lets these kinds through, too. Without any kind all are let through.
    pub fn with_kinds(mut self, kinds: impl IntoIterator<Item = EventKind>) -> Self {
        self.kinds.get_or_insert_default().kinds.extend(kinds);
        self
    }

    /// Lets the events of edges through whose kind begins with `prefix`, as in `kafka.`; an empty
    /// one lets all edges through.
    pub fn with_edges(mut self, prefix: impl Into<Box<str>>) -> Self {
        self.kinds.get_or_insert_default().edges.push(prefix.into());
        self
    }

    /// Lets the components of these names through, too. Without any name all are let through.
    pub fn with_components<N: Into<Box<str>>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        self.components.get_or_insert_default().extend(names.into_iter().map(Into::into));
        self
    }

    /// Whether `event` is let through.
    pub fn admits(&self, event: &Event<'_>) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.admit(event.kind()))
            && self.admits_component(event.component())
    }

    /// Whether every component is let through.
    pub(crate) const fn is_any_component(&self) -> bool {
        self.components.is_none()
    }

    pub(crate) fn admits_component(&self, name: &str) -> bool {
        self.components.as_ref().is_none_or(|names| names.iter().any(|own| **own == *name))
    }
}

impl From<EventKind> for Filter {
    fn from(kind: EventKind) -> Self {
        Self::new().with_kinds([kind])
    }
}

impl<const N: usize> From<[EventKind; N]> for Filter {
    fn from(kinds: [EventKind; N]) -> Self {
        Self::new().with_kinds(kinds)
    }
}

// === impl Kinds ===

impl Kinds {
    fn admit(&self, kind: EventKind) -> bool {
        if let EventKind::Edge(name) = kind
            && self.edges.iter().any(|prefix| name.starts_with(&**prefix))
        {
            return true;
        }
        self.kinds.contains(&kind)
    }
}
