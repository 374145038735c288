//! The one clock of a conduit, wherever among its parts it was set.

use std::sync::Arc;

use electrician_types::Clock;

/// The clocks that a conduit and its parts were given. It builds when they are all the same.
#[derive(Clone, Default)]
pub(crate) struct Clocks {
    own: Option<Arc<dyn Clock>>,
    /// Those of linked conduits, branches and sides, with who was given them.
    parts: Vec<(String, Arc<dyn Clock>)>,
}

// === impl Clocks ===

impl Clocks {
    pub(crate) fn set(&mut self, clock: Arc<dyn Clock>) {
        self.own = Some(clock);
    }

    /// Takes over those of a part that is called `name`.
    pub(crate) fn adopt(&mut self, name: String, part: Self) {
        self.parts.extend(part.own.map(|clock| (name, clock)));
        self.parts.extend(part.parts);
    }

    /// The clock of the whole, if it was given one.
    pub(crate) fn clock(&self) -> Option<&Arc<dyn Clock>> {
        self.own.as_ref().or_else(|| self.parts.first().map(|(_, clock)| clock))
    }

    /// Appends one problem for each part whose clock is another than that of the whole, which is
    /// called `name`.
    pub(crate) fn problems(&self, name: &str, into: &mut Vec<String>) {
        let own = self.own.iter().map(|clock| (name, clock));
        let parts = self.parts.iter().map(|(part, clock)| (part.as_str(), clock));
        let mut all = own.chain(parts);
        let Some((first, clock)) = all.next() else {
            return;
        };
        let others = all.filter(|(_, other)| !clock.is_same_as(&***other));
        into.extend(others.map(|(other, _)| {
            format!(
                "{first} and {other} go by different clocks, but what runs together has one: set \
                 it once, or give both the same"
            )
        }));
    }
}
