//! The surge protector: who is admitted, and when.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use electrician_types::Metadata;

use crate::bucket::Bucket;
use crate::builder::SurgeProtectorBuilder;
use crate::core::Core;
use crate::error::SurgeProtectorError;
use crate::herald::Herald;
use crate::lease::Lease;
use crate::rate::{Burst, Rate};
use crate::state::{State, StateWatch};

/// Limits how much is admitted, and when. Clones are the same protector.
///
/// # Bound
///
/// In any span of time `w`, ends included, at most `burst + rate * w` items are admitted, by all
/// clones, threads and leases together. The limit is GCRA: item `k` has a slot at `T(k)`, slots lie
/// at least one interval `1 / rate` apart, and an item is admitted no earlier than `(burst - 1)`
/// intervals before its slot and no later than the slot. Of such slots a span holds no more.
///
/// # Order
///
/// Those who wait in [`admit`](Self::admit) are admitted in the order in which they came, and
/// before any `try_admit` or `lease` that comes while they wait. A waiting future that is not
/// polled holds up those behind it, until it is dropped.
///
/// # Cancelling
///
/// Every wait can be dropped at any time: what has not resolved has taken nothing.
#[derive(Clone)]
pub struct SurgeProtector {
    core: Arc<Core>,
}

/// The answer of [`SurgeProtector::try_admit`].
#[must_use = "what was not admitted must not go on"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// So many may go on now: as many as were asked for, or fewer.
    Admitted(u32),
    /// None may, because of the rate. At least one could after this time.
    Wait(Duration),
    /// None may: tripped, or blacked out.
    Refused(SurgeProtectorError),
}

// === impl SurgeProtector ===

impl SurgeProtector {
    /// A builder of a protector that limits nothing yet.
    pub fn builder() -> SurgeProtectorBuilder {
        SurgeProtectorBuilder::new()
    }

    pub(crate) fn new(core: Core) -> Self {
        Self { core: Arc::new(core) }
    }

    /// Name, kind and id.
    pub fn metadata(&self) -> &Metadata {
        &self.core.herald.metadata
    }

    pub(crate) fn herald(&self) -> &Herald {
        &self.core.herald
    }

    /// Admits up to `count` now, in one atomic step for all of them.
    pub fn try_admit(&self, count: u32) -> Admission {
        if let Some(reason) = self.core.closed() {
            return Admission::Refused(reason);
        }
        let Some(wanted) = NonZeroU32::new(count) else {
            return Admission::Admitted(0);
        };
        match self.core.take(|bucket| bucket.take_up_to(wanted)) {
            Ok(Some(taken)) => Admission::Admitted(taken.count),
            Ok(None) => Admission::Admitted(count),
            Err(wait) => Admission::Wait(wait),
        }
    }

    /// Waits until `count` are admitted, all at once: for the rate, for the end of a blackout, for
    /// the reset after a trip. The only error is a `count` above the burst.
    pub async fn admit(&self, count: u32) -> Result<(), SurgeProtectorError> {
        self.core.admit(count, true).await
    }

    /// As [`admit`](Self::admit), but waits for the rate only: a trip or a blackout, there already
    /// or coming while it waits, is an error at once.
    pub async fn admit_if_open(&self, count: u32) -> Result<(), SurgeProtectorError> {
        self.core.admit(count, false).await
    }

    /// Waits until it is neither tripped nor blacked out.
    pub async fn opened(&self) {
        self.core.opened().await;
    }

    /// Takes up to `count` tokens in one atomic step, to be used one after the other by one worker
    /// without another shared write. There may be none: then nothing may go on, and
    /// [`admit`](Self::admit) waits for one.
    pub fn lease(&self, count: u32) -> Lease {
        Lease::take_out(Arc::clone(&self.core), count)
    }

    /// Admits nothing until [`reset`](Self::reset). Whether that is news.
    pub fn trip(&self) -> bool {
        self.core.set_tripped(true)
    }

    /// Takes back a trip, and wakes those who wait for it. Whether that is news.
    pub fn reset(&self) -> bool {
        self.core.set_tripped(false)
    }

    /// What it does at the moment.
    pub fn state(&self) -> State {
        self.core.state()
    }

    /// Sees the state change, from now on.
    pub fn watch(&self) -> StateWatch {
        StateWatch::new(Arc::clone(&self.core))
    }

    /// The rate, if it is limited.
    pub fn rate(&self) -> Option<Rate> {
        self.core.bucket.as_ref().map(Bucket::rate)
    }

    /// The burst, if the rate is limited.
    pub fn burst(&self) -> Option<Burst> {
        self.core.bucket.as_ref().map(Bucket::burst)
    }
}

impl fmt::Debug for SurgeProtector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SurgeProtector")
            .field("name", &self.metadata().name)
            .field("state", &self.state())
            .field("limit", &self.core.bucket)
            .field("blackouts", &self.core.blackouts())
            .finish()
    }
}
