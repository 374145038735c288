//! A guard that is opened and closed by hand, and counts.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use electrician_types::{Denial, Denied, Guard, Leave, Outcomes};
use tokio::sync::Notify;

/// A guard that is opened and closed by hand. Clones are the same door.
#[derive(Clone, Default)]
pub(crate) struct Door(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    opened: Notify,
}

#[derive(Clone, Copy, Default)]
struct State {
    is_open: bool,
    granted: usize,
    outcomes: Outcomes,
}

impl Door {
    pub(crate) fn open(&self) {
        self.0.state.lock().unwrap().is_open = true;
        self.0.opened.notify_waiters();
    }

    pub(crate) fn opened() -> Self {
        let door = Self::default();
        door.open();
        door
    }

    pub(crate) fn close(&self) {
        self.0.state.lock().unwrap().is_open = false;
    }

    /// How much leave was given.
    pub(crate) fn granted(&self) -> usize {
        self.0.state.lock().unwrap().granted
    }

    /// Successes, failures and ignored ones, which are all that was granted.
    #[track_caller]
    pub(crate) fn outcomes(&self) -> (usize, usize, usize) {
        let State { granted, outcomes, .. } = *self.0.state.lock().unwrap();
        assert_eq!(outcomes.count(), granted, "leave that was not settled: {outcomes:?}");
        (outcomes.successes, outcomes.failures, outcomes.ignored)
    }
}

impl Guard for Door {
    fn admit(&self, want: usize) -> Result<Leave, Denied> {
        if let Some(denied) = self.denial() {
            return Err(denied);
        }
        // Less than is asked for, as guards may give.
        let count = want.min(3);
        self.0.state.lock().unwrap().granted += count;
        Ok(Leave { count, token: 7 })
    }

    fn settle(&self, leave: Leave, outcomes: Outcomes) {
        assert_eq!((leave.token, leave.count), (7, outcomes.count()));
        let all = &mut self.0.state.lock().unwrap().outcomes;
        all.successes += outcomes.successes;
        all.failures += outcomes.failures;
        all.ignored += outcomes.ignored;
    }

    fn denial(&self) -> Option<Denied> {
        let is_open = self.0.state.lock().unwrap().is_open;
        (!is_open).then_some(Denied { reason: Denial::Tripped, retry_after: None })
    }

    fn admitting(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let opened = self.0.opened.notified();
        Box::pin(async move {
            // Registered when it was made, so that what opens meanwhile is seen.
            if self.denial().is_some() {
                opened.await;
            }
        })
    }
}
