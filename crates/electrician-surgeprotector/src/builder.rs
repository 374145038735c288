//! Building a surge protector.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use electrician_types::{Clock, ComponentKind, ConfigError, Metadata, Observer};

use crate::blackout::Blackout;
use crate::bucket::Bucket;
use crate::core::{Core, WallClock};
use crate::herald::Herald;
use crate::protector::SurgeProtector;
use crate::rate::{Burst, Rate};

/// Builds a [`SurgeProtector`].
#[must_use = "a builder does nothing until it is built"]
pub struct SurgeProtectorBuilder {
    name: Arc<str>,
    limit: Option<(Rate, Burst)>,
    blackouts: Vec<Blackout>,
    clock: Option<Arc<dyn Clock>>,
    wall: WallClock,
    observer: Option<Arc<dyn Observer>>,
}

// === impl SurgeProtectorBuilder ===

impl SurgeProtectorBuilder {
    pub(crate) fn new() -> Self {
        Self {
            name: "surge protector".into(),
            limit: None,
            blackouts: Vec::new(),
            clock: default_clock(),
            wall: Arc::new(SystemTime::now),
            observer: None,
        }
    }

    /// Sets the name, which shows in events and logs. The default is `surge protector`.
    pub fn with_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Admits at most `rate`, and up to `burst` at once after a pause. The default is no limit.
    pub fn with_rate(mut self, rate: Rate, burst: Burst) -> Self {
        self.limit = Some((rate, burst));
        self
    }

    /// Adds a time in which nothing is admitted. There may be several, also overlapping.
    pub fn with_blackout(mut self, blackout: Blackout) -> Self {
        self.blackouts.push(blackout);
        self
    }

    /// Sets the clock of the rate and of every wait. The default, with feature `tokio`, is the
    /// runtime's.
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// Sets where the time of day comes from, for blackouts. The default is the system. It may be
    /// set forward or back: whoever waits notices within a minute.
    pub fn with_wall_clock(
        mut self,
        wall: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Self {
        self.wall = Arc::new(wall);
        self
    }

    /// Watches the protector, and every [`Guarded`](crate::Guarded) that has it:
    ///
    /// - [`RateLimited`](electrician_types::Event::RateLimited) when it begins to hold back, not for
    ///   each item that is held back;
    /// - [`BlackoutBegan`](electrician_types::Event::BlackoutBegan) and
    ///   [`BlackoutEnded`](electrician_types::Event::BlackoutEnded) when somebody asks or waits and
    ///   finds that out;
    /// - [`SurgeTripped`](electrician_types::Event::SurgeTripped) and
    ///   [`SurgeReset`](electrician_types::Event::SurgeReset);
    /// - [`BackupUsed`](electrician_types::Event::BackupUsed),
    ///   [`BackupFailed`](electrician_types::Event::BackupFailed) and
    ///   [`OverflowDropped`](electrician_types::Event::OverflowDropped) for each submit of a
    ///   `Guarded` that comes to this.
    ///
    /// What two threads do at the same time may be seen in either order.
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// The protector, or every problem of its configuration.
    #[expect(clippy::missing_panics_doc, reason = "without a clock it has failed before")]
    pub fn build(self) -> Result<SurgeProtector, ConfigError> {
        let Self { name, limit, blackouts, clock, wall, observer } = self;
        let mut problems: Vec<String> = blackouts.iter().filter_map(Blackout::problem).collect();
        let mut bucket = None;
        if let (Some((rate, burst)), Some(clock)) = (limit, &clock) {
            match Bucket::new(rate, burst, Arc::clone(clock)) {
                Ok(built) => bucket = Some(built),
                Err(problem) => problems.push(problem),
            }
        }
        if clock.is_none() {
            problems.push(NO_CLOCK.to_owned());
        }
        let problems = problems.into_iter().map(|problem| format!("surge protector: {problem}"));
        ConfigError::check(problems.collect())?;
        let clock = clock.expect("that there is none is a problem");
        let metadata = Metadata::new(ComponentKind::SurgeProtector, name);
        let core = Core::new(bucket, blackouts, clock, wall, Herald { metadata, observer });
        // Conditions give their first answer now, so that nobody comes before it.
        let _outlook = core.closed();
        Ok(SurgeProtector::new(core))
    }
}

impl fmt::Debug for SurgeProtectorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SurgeProtectorBuilder")
            .field("name", &self.name)
            .field("limit", &self.limit)
            .field("blackouts", &self.blackouts)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

/// What a builder without a clock says.
pub(crate) const NO_CLOCK: &str =
    "there is no clock: give one with with_clock, or enable the feature `tokio`";

/// The runtime's clock, where there is a runtime.
#[cfg_attr(feature = "tokio", expect(clippy::unnecessary_wraps, reason = "not with every feature"))]
pub(crate) fn default_clock() -> Option<Arc<dyn Clock>> {
    #[cfg(feature = "tokio")]
    return Some(Arc::new(crate::clock::RuntimeClock));
    #[cfg(not(feature = "tokio"))]
    return None;
}
