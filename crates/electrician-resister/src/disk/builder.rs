//! Configuration of the queue on disk.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use electrician_types::{Clock, ConfigError, Observer};

use super::core::{Core, State};
use super::frame::HEADER;
use super::record::Codec;
use super::{DiskResister, Fsync, OpenError, OpenReport, open};
use crate::Aging;
use crate::builder::{attempts_problem, capacity_problem, herald};
use crate::line::Line;
use crate::time::Timeline;

/// Files that are open at once.
const MOST_SEGMENTS: u64 = 512;

/// Configures a [`DiskResister`].
#[must_use = "a builder does nothing until it opens"]
pub struct DiskResisterBuilder<T> {
    dir: PathBuf,
    codec: Codec<T>,
    capacity: usize,
    max_bytes: u64,
    segment_bytes: u64,
    fsync: Fsync,
    aging: Aging,
    ttl: Option<Duration>,
    max_attempts: u32,
    name: Option<Arc<str>>,
    observer: Option<Arc<dyn Observer>>,
    clock: Option<Arc<dyn Clock>>,
    wall: Option<SystemTime>,
}

// === impl DiskResisterBuilder ===

impl<T> DiskResisterBuilder<T> {
    pub(crate) const fn new(dir: PathBuf, codec: Codec<T>) -> Self {
        Self {
            dir,
            codec,
            capacity: 1_000_000,
            max_bytes: 1 << 30,
            segment_bytes: 64 << 20,
            fsync: Fsync::EveryWrite,
            aging: Aging::none(),
            ttl: None,
            max_attempts: u32::MAX,
            name: None,
            observer: None,
            clock: None,
            wall: None,
        }
    }

    /// How many elements fit, those in flight included. Default: 1,000,000.
    ///
    /// If more are found at the opening they are all there; pushes wait until they are fewer.
    pub const fn with_capacity(mut self, elements: usize) -> Self {
        self.capacity = elements;
        self
    }

    /// How many bytes the elements may take in the log, those in flight included. Default: 1 GiB.
    ///
    /// Each value takes 75 bytes more than its encoding, and what its key takes.
    pub const fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// When a segment is full. A smaller one is deleted sooner. Default: 64 MiB.
    ///
    /// Each segment keeps a file open, so twice `max_bytes` may take at most 512 of them.
    pub const fn with_segment_bytes(mut self, bytes: u64) -> Self {
        self.segment_bytes = bytes;
        self
    }

    /// When what was written is forced to the disk. Default: [`Fsync::EveryWrite`].
    pub const fn with_fsync(mut self, fsync: Fsync) -> Self {
        self.fsync = fsync;
        self
    }

    /// What waiting is worth. Default: nothing, the order is strictly by priority.
    pub const fn with_aging(mut self, aging: Aging) -> Self {
        self.aging = aging;
        self
    }

    /// How long an item may wait unless its placement says otherwise. Default: for ever.
    pub const fn with_ttl(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// How many attempts an element has, at least 1. One that comes back after so many does not
    /// wait any more: it is fetched with [`DiskResister::drain_exhausted`]. Default: 4,294,967,295.
    ///
    /// Attempts count across restarts. One that ends with the process, without a verdict, does not.
    /// Opened with a higher limit, what was exhausted waits again.
    pub const fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// The name, which shows in events. Default: `resister`.
    pub fn with_name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Watches the queue, as [`ResisterBuilder::with_observer`](crate::ResisterBuilder) does. A
    /// verdict is seen with the next call to the queue. What is found at the opening is in the
    /// report, not in events.
    pub fn with_observer(mut self, observer: impl Observer) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Where time comes from. Default: the system's steady clock.
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Some(Arc::new(clock));
        self
    }

    /// What the wall clock shows now. Default: what it shows.
    ///
    /// It is read once, and the steady clock goes on from there. Where it is behind what the log
    /// has seen already, it is taken to stand there: waiting times do not become negative.
    pub const fn with_wall_time(mut self, now: SystemTime) -> Self {
        self.wall = Some(now);
        self
    }

    /// Opens the queue, or creates it, and says what was found.
    pub fn open(self) -> Result<(DiskResister<T>, OpenReport), OpenError> {
        ConfigError::check(self.problems())?;
        // What is found may be more than fits; that is allowed.
        let mut line = Line::new(self.aging, self.capacity, self.max_bytes, 0);
        let (log, report, latest) =
            open::open(&self.dir, self.segment_bytes, self.fsync, &mut line)?;
        line.awake(self.max_attempts);
        let mut time = Timeline::new(self.clock, self.wall);
        time.not_before(latest);
        let mut state = State::new(line, log);
        state.log.last_sync = time.now();
        // What cannot be deleted now is deleted later.
        state.log.trim(time.now()).ok();
        let herald = herald(self.name, self.observer);
        let core = Core::new(state, time, self.ttl, self.capacity, herald);
        Ok((DiskResister { core: Arc::new(core), codec: Arc::new(self.codec) }, report))
    }

    fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = capacity_problem(self.capacity).into_iter().collect();
        problems.extend(attempts_problem(self.max_attempts));
        if self.max_bytes == 0 {
            problems.push("resister: max_bytes is 0, nothing would ever fit".to_owned());
        }
        let segments =
            (2 * u128::from(self.max_bytes)).div_ceil(u128::from(self.segment_bytes.max(1)));
        if self.segment_bytes <= HEADER as u64 || segments > u128::from(MOST_SEGMENTS) {
            problems.push(format!(
                "resister: segment_bytes is {}, it should be at least {}",
                self.segment_bytes,
                (2 * u128::from(self.max_bytes)).div_ceil(u128::from(MOST_SEGMENTS)).max(64)
            ));
        }
        problems
    }
}

impl<T> fmt::Debug for DiskResisterBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskResisterBuilder")
            .field("dir", &self.dir)
            .field("capacity", &self.capacity)
            .field("max_bytes", &self.max_bytes)
            .field("segment_bytes", &self.segment_bytes)
            .field("fsync", &self.fsync)
            .field("aging", &self.aging)
            .field("ttl", &self.ttl)
            .field("max_attempts", &self.max_attempts)
            .finish_non_exhaustive()
    }
}
