//! What is known of one partition while it is ours: pure state, told the offsets that come and the
//! time.

#[cfg(test)]
mod tests;
mod transact;

use std::collections::BTreeMap;
use std::mem;
use std::time::{Duration, Instant, SystemTime};

use electrician_types::{NackReason, Nacked, Receipt, Watermark};

/// How often a record is looked for in vain before it counts as deleted by the broker.
const MISSES: u32 = 3;

/// How long reading again may take before it is begun anew.
const ROUND: Duration = Duration::from_secs(30);

/// What happens to records that were not processed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// How often a record is delivered.
    pub(crate) attempts: u32,
    /// The wait before the second delivery; each further one is twice as long.
    pub(crate) backoff: Duration,
    /// The longest wait.
    pub(crate) longest: Duration,
    /// Whether what follows a failed record is delivered again with it.
    pub(crate) replays: bool,
}

/// One partition.
#[derive(Debug)]
pub(crate) struct Lane {
    policy: Policy,
    window: usize,
    marks: Watermark,
    /// The first offset that was taken.
    first: Option<i64>,
    /// One past the highest offset that was taken.
    next: i64,
    /// The offset that came last, and whether one that is not behind it may come next, because the
    /// driver is told to go back.
    seen: i64,
    goes_back: bool,
    /// What to commit: one past the offset up to which everything is done.
    done: Option<i64>,
    /// Since nothing is delivered again: the lowest offset that is not done.
    cap: Option<i64>,
    /// By offset, the records that failed and are not yet below the watermark.
    failures: BTreeMap<i64, Failure>,
    /// When to read again.
    due: Option<Instant>,
    round: Option<Round>,
    /// What has to come next, and how often something else came.
    awaited: Option<(i64, u32)>,
    /// Records that the broker has deleted before they were done.
    vanished: Vec<i64>,
    /// How often the log turned out to be shorter than it was.
    truncations: u32,
}

/// A record that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// How often.
    pub(crate) attempts: u32,
    /// When for the first time.
    pub(crate) since: SystemTime,
    /// How, the last time.
    pub(crate) reason: NackReason,
    /// Whether it waits to be delivered again.
    is_open: bool,
    /// Whether the round under way is to bring it.
    is_wanted: bool,
    misses: u32,
}

/// Records are read again.
#[derive(Clone, Copy, Debug)]
struct Round {
    until: i64,
    expires: Instant,
}

/// What to do with a record that came.
#[derive(Debug)]
pub(crate) enum Admission {
    /// Deliver it.
    Deliver(Receipt),
    /// It has failed too often.
    Bury(Receipt, Failure),
    /// It is in flight or done already.
    Known,
    /// There is no room. It has to be read again, from this offset.
    Full,
    /// Something before it is missing. Read again from this offset.
    Astray(i64),
}

// === impl Lane ===

impl Lane {
    /// A partition of which at most `window` records are in flight. `done` is what is committed
    /// already, or would be if it were known.
    pub(crate) fn new(policy: Policy, window: usize, done: Option<i64>) -> Self {
        Self {
            policy,
            window,
            marks: Watermark::new(window),
            first: None,
            next: 0,
            seen: -1,
            goes_back: false,
            done,
            cap: None,
            failures: BTreeMap::new(),
            due: None,
            round: None,
            awaited: None,
            vanished: Vec::new(),
            truncations: 0,
        }
    }

    /// A record came.
    pub(crate) fn admit(&mut self, offset: i64) -> Admission {
        let is_back = offset <= self.seen;
        self.seen = offset;
        if is_back && !mem::take(&mut self.goes_back) {
            self.begin_anew(offset);
        }
        let admission = self.sort(offset);
        self.goes_back |= matches!(admission, Admission::Full | Admission::Astray(_));
        admission
    }

    /// The log ends earlier than it did, and other records have the offsets that are known: brokers
    /// lose their last ones when a replica that lacked them has to lead.
    fn begin_anew(&mut self, offset: i64) {
        let truncations = self.truncations + 1;
        let (policy, window, vanished) = (self.policy, self.window, mem::take(&mut self.vanished));
        *self = Self::new(policy, window, Some(offset));
        (self.seen, self.vanished, self.truncations) = (offset, vanished, truncations);
    }

    fn sort(&mut self, offset: i64) -> Admission {
        if let Some((awaited, strays)) = self.awaited {
            // Behind what was refused there may be something to be delivered again.
            if offset < awaited && offset >= self.next {
                return Admission::Known;
            }
            if offset > awaited && strays < MISSES {
                self.awaited = Some((awaited, strays + 1));
                return Admission::Astray(awaited);
            }
            if offset >= awaited {
                self.awaited = None;
            }
        }
        let admission = if offset < self.next { self.again(offset) } else { self.take(offset) };
        if self.round.is_some_and(|round| offset >= round.until) {
            self.end_round();
        }
        admission
    }

    fn take(&mut self, offset: i64) -> Admission {
        let Some(receipt) = self.marks.track(offset.cast_unsigned()) else {
            self.awaited = Some((offset, 0));
            return Admission::Full;
        };
        self.first.get_or_insert(offset);
        self.next = offset + 1;
        self.judge(offset, receipt)
    }

    fn again(&mut self, offset: i64) -> Admission {
        let is_open = self.failures.get(&offset).is_some_and(|failure| failure.is_open);
        if !is_open {
            return Admission::Known;
        }
        match self.marks.retry(offset.cast_unsigned()) {
            Some(receipt) => self.judge(offset, receipt),
            None => Admission::Known,
        }
    }

    fn judge(&mut self, offset: i64, receipt: Receipt) -> Admission {
        match self.failures.get_mut(&offset) {
            None => Admission::Deliver(receipt),
            Some(failure) => {
                failure.is_open = false;
                failure.is_wanted = false;
                failure.misses = 0;
                if failure.attempts >= self.policy.attempts {
                    Admission::Bury(receipt, *failure)
                } else {
                    Admission::Deliver(receipt)
                }
            }
        }
    }

    /// Moves the watermark, notes what failed, and plans to read that again.
    pub(crate) fn look(&mut self, now: Instant, wall: SystemTime) {
        self.advance();
        for Nacked { offset, reason } in self.marks.nacked() {
            let failure = self.failures.entry(offset.cast_signed()).or_insert(Failure {
                attempts: 0,
                since: wall,
                reason,
                is_open: false,
                is_wanted: false,
                misses: 0,
            });
            if !failure.is_open {
                failure.is_open = true;
                failure.reason = reason;
                // What was handed back was not tried.
                failure.attempts += u32::from(reason != NackReason::Returned);
            }
        }
        // Nothing came: that says nothing of the records, for there may be no broker.
        self.round = self.round.filter(|round| round.expires > now);
        if self.due.is_none() && self.round.is_none() {
            let first = self.failures.values().find(|failure| failure.is_open);
            self.due = first.map(|failure| now + self.policy.wait_after(failure.attempts));
        }
    }

    fn advance(&mut self) {
        if let Some(highest) = self.marks.advance() {
            self.done = Some(highest.cast_signed() + 1);
        }
        let Some(done) = self.done else { return };
        while self.failures.first_key_value().is_some_and(|(offset, _)| *offset < done) {
            self.failures.pop_first();
        }
    }

    /// A record that has failed as often as it may, with its offset.
    pub(crate) fn exhausted(&self) -> Option<(i64, Failure)> {
        let is_exhausted =
            |failure: &Failure| failure.is_open && failure.attempts >= self.policy.attempts;
        self.failures.iter().find(|(_, one)| is_exhausted(one)).map(|(at, one)| (*at, *one))
    }

    /// From where to read again, if that is due.
    pub(crate) fn rewind(&mut self, now: Instant) -> Option<i64> {
        if self.due.is_none_or(|due| due > now) {
            return None;
        }
        self.due = None;
        let mut open = self.failures.iter_mut().filter(|(_, failure)| failure.is_open);
        let (&lowest, failure) = open.next()?;
        self.goes_back = true;
        failure.is_wanted = true;
        let mut until = lowest;
        for (offset, failure) in open {
            failure.is_wanted = true;
            until = *offset;
        }
        if !self.policy.replays {
            self.round = Some(Round { until, expires: now + ROUND });
            return Some(lowest);
        }
        // From the oldest that is not done, which may be in flight: verdicts that are still to come
        // go to the former watermark, which nobody asks.
        let from = self.done.or(self.first).map_or(lowest, |from| from.min(lowest));
        self.marks = Watermark::new(self.window);
        self.next = from;
        self.awaited = Some((from, 0));
        self.failures.values_mut().for_each(|failure| failure.is_open = false);
        Some(from)
    }

    /// What the round did not bring may be gone for good.
    fn end_round(&mut self) {
        self.round = None;
        for (offset, failure) in &mut self.failures {
            if failure.is_open && failure.is_wanted {
                failure.is_wanted = false;
                failure.misses += 1;
                if failure.misses >= MISSES {
                    failure.is_open = false;
                    self.marks.resolve(offset.cast_unsigned());
                    self.vanished.push(*offset);
                }
            }
        }
    }

    /// A record that was to be delivered again and does not exist any more; it counts as done.
    pub(crate) fn take_vanished(&mut self) -> Option<i64> {
        self.vanished.pop()
    }

    /// How often the log turned out to be shorter than it was.
    pub(crate) const fn truncations(&self) -> u32 {
        self.truncations
    }

    /// Whether no more records are wanted for now.
    pub(crate) fn is_full(&self) -> bool {
        self.marks.in_flight() >= self.window && self.round.is_none()
    }

    /// Whether there is room for so many records, as of now, or a round brings them.
    pub(crate) fn has_room(&mut self, records: usize) -> bool {
        // What failed is looked at in its time.
        if let Some(highest) = self.marks.advance() {
            self.done = Some(highest.cast_signed() + 1);
        }
        self.marks.in_flight() + records <= self.window || self.round.is_some()
    }

    /// Where to go on after it was full, when something had to be refused.
    pub(crate) fn resume_at(&self) -> Option<i64> {
        self.awaited.map(|(offset, _)| offset)
    }

    /// What to commit, as of the last look.
    pub(crate) fn done(&self) -> Option<i64> {
        match (self.done, self.cap) {
            (Some(done), Some(cap)) => Some(done.min(cap)),
            (done, _) => done,
        }
    }

    /// Up to where everything is done, exclusive, as of the last look.
    pub(crate) fn watermark(&self) -> Option<i64> {
        self.done().or(self.first)
    }

    /// One past the highest offset that was delivered.
    pub(crate) const fn next(&self) -> i64 {
        self.next
    }

    /// How many records lie between the watermark and the newest one.
    pub(crate) fn in_flight(&self) -> usize {
        self.marks.in_flight()
    }

    /// How many records have failed and are not yet done.
    pub(crate) fn failing(&self) -> usize {
        self.failures.len()
    }

    /// Whether every record that was delivered has its verdict. From now on nothing is delivered
    /// again: what failed stays uncommitted, for whoever reads the partition next.
    pub(crate) fn drain(&mut self) -> bool {
        loop {
            self.advance();
            let Some(Nacked { offset, .. }) = self.marks.nacked().next() else {
                return self.marks.in_flight() == 0;
            };
            let offset = offset.cast_signed();
            self.cap = Some(self.cap.map_or(offset, |cap| cap.min(offset)));
            self.marks.resolve(offset.cast_unsigned());
        }
    }
}

// === impl Policy ===

impl Policy {
    fn wait_after(&self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(31);
        self.backoff.saturating_mul(1 << doublings).min(self.longest)
    }
}
