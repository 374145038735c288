//! Material that is replaced while it is in use.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use electrician_types::ConfigError;
use rustls::time_provider::TimeProvider;

use crate::load::Load;
use crate::problem::Problems;

/// The shortest time between two looks at the files that is taken: time counts in seconds here.
const MIN_POLL: Duration = Duration::from_secs(1);

/// What was loaded last, for all handshakes to come.
pub(crate) struct Live<L: Load> {
    loader: L,
    current: ArcSwap<L::Material>,
    time: Arc<dyn TimeProvider>,
    /// Seconds between looks at the files.
    poll: Option<u64>,
    next_poll: AtomicU64,
    /// One reload at a time. It holds why the last one was refused.
    refused: Mutex<Option<ConfigError>>,
}

// === impl Live ===

impl<L: Load> Live<L> {
    pub(crate) fn new(
        loader: L,
        time: Arc<dyn TimeProvider>,
        poll: Option<Duration>,
    ) -> Result<Self, Problems> {
        let now = seconds(&*time);
        let material = loader.load(now)?;
        let poll = poll.map(|poll| poll.as_secs());
        Ok(Self {
            loader,
            current: ArcSwap::from_pointee(material),
            time,
            poll,
            next_poll: AtomicU64::new(now.saturating_add(poll.unwrap_or_default())),
            refused: Mutex::new(None),
        })
    }

    /// What is in use, after a look at the files if it is time for one.
    pub(crate) fn polled(&self) -> Arc<L::Material> {
        if let Some(poll) = self.poll {
            let now = seconds(&*self.time);
            let due = self.next_poll.load(Ordering::Relaxed);
            let next = now.saturating_add(poll);
            // Who wins looks, and the others go on with what there is.
            let wins = now >= due
                && self
                    .next_poll
                    .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
                    .is_ok();
            if wins && let Err(error) = self.reload() {
                tracing::warn!(%error, "TLS files were not taken over, the former stay in use");
            }
        }
        self.current()
    }

    /// What it was made with.
    pub(crate) const fn loader(&self) -> &L {
        &self.loader
    }

    pub(crate) fn current(&self) -> Arc<L::Material> {
        self.current.load_full()
    }

    /// Reads everything again; whether something changed. What does not load changes nothing.
    pub(crate) fn reload(&self) -> Result<bool, ConfigError> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let material = match self.loader.load(seconds(&*self.time)) {
            Ok(material) => material,
            Err(problems) => {
                ConfigError::check(problems).inspect_err(|error| *refused = Some(error.clone()))?;
                return Ok(false);
            }
        };
        *refused = None;
        let is_new = !L::is_same(&self.current.load(), &material);
        if is_new {
            self.current.store(Arc::new(material));
        }
        Ok(is_new)
    }

    /// Why the last reload was refused, until one succeeds.
    pub(crate) fn refused(&self) -> Option<ConfigError> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<L: Load> fmt::Debug for Live<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("refused", &self.refused()).finish_non_exhaustive()
    }
}

/// Seconds since the epoch.
fn seconds(time: &dyn TimeProvider) -> u64 {
    time.current_time().map(|time| time.as_secs()).unwrap_or_default()
}

/// Says when the files would be looked at too often.
pub(crate) fn poll_problem(poll: Duration) -> Option<String> {
    (poll < MIN_POLL).then(|| format!("a reload interval of {poll:?}: give at least {MIN_POLL:?}"))
}
