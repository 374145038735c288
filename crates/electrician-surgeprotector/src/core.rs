//! What all clones of a surge protector share.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use electrician_types::{Clock, Event, Timer};

use crate::blackout::{Blackout, Outlook};
use crate::bucket::Bucket;
use crate::error::SurgeProtectorError;
use crate::herald::Herald;
use crate::state::State;
use crate::wait::WaitList;

/// The time of the world.
pub(crate) type WallClock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

pub(crate) struct Core {
    pub(crate) bucket: Option<Bucket>,
    blackouts: Box<[Blackout]>,
    needs_wall: bool,
    clock: Arc<dyn Clock>,
    wall: WallClock,
    base: Instant,
    is_tripped: AtomicBool,
    /// Whether the last look found a blackout; kept for the observer alone.
    was_black: AtomicBool,
    /// Until when something was held back, nanoseconds since `base`.
    limited_until: AtomicU64,
    /// Those who wait to be admitted, and those who wait for it to be open.
    line: WaitList,
    closed: WaitList,
    watchers: WaitList,
    pub(crate) herald: Herald,
}

/// A timer that is made when it is first needed.
pub(crate) struct Alarm<'a> {
    clock: &'a dyn Clock,
    timer: Option<Box<dyn Timer>>,
}

// === impl Core ===

impl Core {
    pub(crate) fn new(
        bucket: Option<Bucket>,
        blackouts: Vec<Blackout>,
        clock: Arc<dyn Clock>,
        wall: WallClock,
        herald: Herald,
    ) -> Self {
        Self {
            bucket,
            needs_wall: blackouts.iter().any(Blackout::needs_wall_clock),
            blackouts: blackouts.into(),
            base: clock.now(),
            clock,
            wall,
            is_tripped: AtomicBool::new(false),
            was_black: AtomicBool::new(false),
            limited_until: AtomicU64::new(0),
            line: WaitList::default(),
            closed: WaitList::default(),
            watchers: WaitList::default(),
            herald,
        }
    }

    pub(crate) const fn watchers(&self) -> &WaitList {
        &self.watchers
    }

    pub(crate) fn alarm(&self) -> Alarm<'_> {
        Alarm { clock: &*self.clock, timer: None }
    }

    pub(crate) fn blackouts(&self) -> &[Blackout] {
        &self.blackouts
    }

    /// Whether it is closed, and for how long that is sure as far as blackouts are concerned.
    fn look(&self) -> (Option<SurgeProtectorError>, Option<Duration>) {
        let outlook = self.outlook();
        let reason = if self.is_tripped.load(Ordering::Acquire) {
            Some(SurgeProtectorError::Tripped)
        } else if outlook.is_black {
            Some(SurgeProtectorError::BlackedOut)
        } else {
            None
        };
        (reason, outlook.holds)
    }

    /// Why nothing is admitted, if nothing is.
    #[inline]
    pub(crate) fn closed(&self) -> Option<SurgeProtectorError> {
        if self.is_tripped.load(Ordering::Acquire) {
            return Some(SurgeProtectorError::Tripped);
        }
        // What is not configured costs a branch.
        if self.blackouts.is_empty() {
            return None;
        }
        self.outlook().is_black.then_some(SurgeProtectorError::BlackedOut)
    }

    fn outlook(&self) -> Outlook {
        if self.blackouts.is_empty() {
            return Outlook::CLEAR;
        }
        let wall = if self.needs_wall { (self.wall)() } else { SystemTime::UNIX_EPOCH };
        let now = self.nanos();
        let outlooks = self.blackouts.iter().map(|rule| rule.look(now, wall));
        let mut outlook = outlooks.fold(Outlook::CLEAR, Outlook::and);
        if self.needs_wall {
            // Whoever waits looks again, because the time of the world may be set.
            const GLANCE: Duration = Duration::from_mins(1);
            outlook.holds = outlook.holds.map(|holds| holds.min(GLANCE));
        }
        if self.herald.is_heard() {
            self.note_black(outlook.is_black);
        }
        outlook
    }

    /// Tells the observer when a blackout has begun or ended since the last look.
    fn note_black(&self, is_black: bool) {
        if self.was_black.swap(is_black, Ordering::AcqRel) != is_black {
            self.herald.tell(|component| {
                if is_black {
                    Event::BlackoutBegan { component }
                } else {
                    Event::BlackoutEnded { component }
                }
            });
        }
    }

    fn nanos(&self) -> u64 {
        let nanos = self.clock.now().saturating_duration_since(self.base).as_nanos();
        u64::try_from(nanos).unwrap_or(u64::MAX)
    }

    pub(crate) fn state(&self) -> State {
        match self.closed() {
            Some(SurgeProtectorError::Tripped) => State::Tripped,
            Some(_) => State::BlackedOut,
            None if self.limited_for().is_some() => State::RateLimited,
            None => State::Open,
        }
    }

    /// When the state may change without anybody's doing.
    pub(crate) fn next_change(&self) -> Option<Duration> {
        match (self.outlook().holds, self.limited_for()) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// How long it stays limited, if it is.
    fn limited_for(&self) -> Option<Duration> {
        let until = self.limited_until.load(Ordering::Acquire);
        if until == 0 {
            return None;
        }
        let left = until.saturating_sub(self.nanos());
        (left > 0).then(|| Duration::from_nanos(left))
    }

    /// Notes that something is held back for `wait`.
    fn note_limited(&self, wait: Duration) {
        let now = self.nanos();
        let until = now.saturating_add(u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX));
        let former = self.limited_until.fetch_max(until, Ordering::AcqRel);
        if former <= now {
            self.watchers.wake_all();
            self.herald.tell(|component| Event::RateLimited { component, wait });
        }
    }

    pub(crate) fn set_tripped(&self, is_tripped: bool) -> bool {
        if self.is_tripped.swap(is_tripped, Ordering::AcqRel) == is_tripped {
            return false;
        }
        let name = &*self.herald.metadata.name;
        if is_tripped {
            tracing::info!(component = name, "the surge protector was tripped");
        } else {
            tracing::info!(component = name, "the surge protector was reset");
        }
        for list in [&self.line, &self.closed, &self.watchers] {
            list.wake_all();
        }
        self.herald.tell(|component| {
            if is_tripped {
                Event::SurgeTripped { component }
            } else {
                Event::SurgeReset { component }
            }
        });
        true
    }

    /// Takes up to `count` without waiting, behind those who wait already.
    pub(crate) fn take<R>(
        &self,
        take: impl FnOnce(&Bucket) -> Result<R, Duration>,
    ) -> Result<Option<R>, Duration> {
        let Some(bucket) = &self.bucket else {
            return Ok(None);
        };
        if !self.line.is_empty() {
            // The turn of those who wait comes first; theirs takes at least this long.
            let wait = bucket.rate().interval().max(Duration::from_nanos(1));
            return Err(self.limited_for().map_or(wait, |left| left.max(wait)));
        }
        let taken = take(bucket);
        if let Err(wait) = taken {
            self.note_limited(wait);
        }
        taken.map(Some)
    }

    /// Waits until `count` are admitted at once. Leaves with the reason when it is closed, or
    /// stays, as told.
    pub(crate) async fn admit(&self, count: u32, stays: bool) -> Result<(), SurgeProtectorError> {
        let Some(count) = NonZeroU32::new(count) else {
            return Ok(());
        };
        self.check_burst(count)?;
        match self.closed() {
            None if self.take(|bucket| bucket.take(count)).is_ok() => return Ok(()),
            Some(reason) if !stays => return Err(reason),
            _ => {}
        }
        let place = self.line.enter();
        let mut alarm = self.alarm();
        std::future::poll_fn(|cx| {
            place.wait(cx.waker());
            loop {
                let (closed, holds) = self.look();
                let wait = match closed {
                    Some(reason) if !stays => return Poll::Ready(Err(reason)),
                    None if place.is_first() => match self.take_first(count) {
                        Ok(()) => return Poll::Ready(Ok(())),
                        Err(wait) => Some(holds.map_or(wait, |holds| holds.min(wait))),
                    },
                    // Closed, or others are before: those who leave wake the next.
                    _ => holds,
                };
                if alarm.poll(cx, wait).is_pending() {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    /// The attempt of the first in line.
    fn take_first(&self, count: NonZeroU32) -> Result<(), Duration> {
        let Some(bucket) = &self.bucket else {
            return Ok(());
        };
        let taken = bucket.take(count);
        if let Err(wait) = taken {
            self.note_limited(wait);
        }
        taken.map(drop)
    }

    fn check_burst(&self, asked: NonZeroU32) -> Result<(), SurgeProtectorError> {
        let burst = self.bucket.as_ref().map_or(u32::MAX, |bucket| bucket.burst().items());
        let asked = asked.get();
        if asked > burst { Err(SurgeProtectorError::OverBurst { asked, burst }) } else { Ok(()) }
    }

    /// Waits until it is neither tripped nor blacked out.
    pub(crate) async fn opened(&self) {
        let place = self.closed.enter();
        let mut alarm = self.alarm();
        std::future::poll_fn(|cx| {
            place.wait(cx.waker());
            loop {
                let (reason, holds) = self.look();
                if reason.is_none() {
                    return Poll::Ready(());
                }
                if alarm.poll(cx, holds).is_pending() {
                    return Poll::Pending;
                }
            }
        })
        .await;
    }
}

// === impl Alarm ===

impl Alarm<'_> {
    /// Ready after `wait`; never when there is nothing to wait for.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, wait: Option<Duration>) -> Poll<()> {
        /// When the clock cannot say a time, it is far away.
        const FAR: Duration = Duration::from_hours(24 * 365 * 30);
        let Some(wait) = wait else {
            // Set for an earlier change, it may still wake the task: for nothing, but not wrongly.
            return Poll::Pending;
        };
        let now = self.clock.now();
        let deadline = now.checked_add(wait).unwrap_or_else(|| now + FAR);
        let timer = self.timer.get_or_insert_with(|| self.clock.timer());
        timer.reset(deadline);
        timer.poll_elapsed(cx)
    }
}
