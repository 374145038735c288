//! When a source is opened again.

use std::time::Duration;

use electrician_types::Error;
use electrician_wire::Retry;

/// Whether a source that stopped is opened again: never, unless asked for.
///
/// The policy's waits and limits are those of a [`Retry`], counted over restarts in a row: a source
/// that has given an item since it was opened starts counting anew.
#[derive(Clone, Debug, Default)]
pub struct Restart {
    policy: Option<Retry>,
    at_end: bool,
}

/// How a source came to stop.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Exit<'a> {
    End,
    Failed(&'a Error),
}

// === impl Restart ===

impl Restart {
    /// Never: the end of the source, or its first error, is the end.
    pub const fn never() -> Self {
        Self { policy: None, at_end: false }
    }

    /// After an error, as `policy` says. By default errors and timeouts count, panics do not.
    pub const fn on_failure(policy: Retry) -> Self {
        Self { policy: Some(policy), at_end: false }
    }

    /// After an error and after the end, as `policy` says: for sources that have more later. After
    /// an end its classifier is not asked.
    pub const fn always(policy: Retry) -> Self {
        Self { policy: Some(policy), at_end: true }
    }

    /// How long to wait before restart number `restart` (from 1), or `None` to give up.
    pub(crate) fn next_wait(&self, restart: u32, exit: Exit<'_>) -> Option<Duration> {
        let policy = self.policy.as_ref()?;
        match exit {
            Exit::Failed(error) => policy.next_wait(restart, error),
            Exit::End if self.at_end => policy.wait_before(restart),
            Exit::End => None,
        }
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        self.policy.as_ref().map(Retry::problems).unwrap_or_default()
    }
}
