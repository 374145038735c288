//! One segment after the other, and several into one.

use std::sync::Arc;

use electrician_types::Result;
use electrician_wire::engine::{Feeder, Launch, Segment};

use crate::conduit::Chained;

/// `first`, then `second`.
pub(crate) struct Chain<In, Mid, Out> {
    pub(crate) first: Arc<dyn Segment<In, Mid>>,
    pub(crate) second: Arc<dyn Segment<Mid, Out>>,
}

/// `main`, whose head is also fed by `side`.
pub(crate) struct FedBy<In, Out, Side> {
    pub(crate) main: Arc<dyn Segment<In, Out>>,
    pub(crate) side: Arc<Chained<Side, In>>,
}

// === impl Chain ===

impl<In, Mid, Out> Segment<In, Out> for Chain<In, Mid, Out> {
    fn launch(&self, launch: &mut Launch, downstream: Feeder<Out>) -> Result<Feeder<In>> {
        let middle = self.second.launch(launch, downstream)?;
        self.first.launch(launch, middle)
    }

    fn problems(&self, into: &mut Vec<String>) {
        self.first.problems(into);
        self.second.problems(into);
    }

    fn names(&self, into: &mut Vec<Arc<str>>) {
        self.first.names(into);
        self.second.names(into);
    }

    fn asks_guards(&self) -> bool {
        self.first.asks_guards()
    }
}

// === impl FedBy ===

impl<In, Out, Side> Segment<In, Out> for FedBy<In, Out, Side> {
    fn launch(&self, launch: &mut Launch, downstream: Feeder<Out>) -> Result<Feeder<In>> {
        let head = self.main.launch(launch, downstream)?;
        launch.mark_handoff(&head);
        // The side's own head is fed by its sources and sides alone: this way in is dropped at
        // once.
        drop(self.side.launch(launch, head.clone())?);
        Ok(head)
    }

    fn problems(&self, into: &mut Vec<String>) {
        self.side.problems(into);
        // A side that nothing feeds is a problem of its own, also in a chain of them.
        if self.side.sources.is_empty() && !self.side.has_sides {
            let head = &self.side.head;
            into.push(format!(
                "the conduit that begins with {head:?} feeds another but has no source: give it \
                 one, or a side"
            ));
        }
        self.main.problems(into);
    }

    fn names(&self, into: &mut Vec<Arc<str>>) {
        self.side.names(into);
        self.main.names(into);
    }

    fn asks_guards(&self) -> bool {
        self.main.asks_guards()
    }
}
