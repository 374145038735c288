//! Tokens in the hand of one worker.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use crate::core::Core;

/// Tokens that one worker took in one step and uses one after the other.
///
/// Using one writes nothing that is shared; it reads the clock once for however many are used, so
/// [`take`](Self::take) for a batch at a time. A token expires when its slot of the rate has
/// passed, because the rate has then given its place away: the bound of the
/// [`SurgeProtector`](crate::SurgeProtector) holds whenever the tokens are used. The `k`-th token
/// (from 1) can be used for at least `k` intervals of the rate; under load, when slots lie ahead,
/// for up to `burst` intervals. What is not used expires, also when the lease is dropped: it is
/// not given back.
///
/// With a burst of one there is nothing to lease, and the only token expires at once: use
/// `try_admit`.
#[must_use = "the tokens are taken already, and expire"]
pub struct Lease {
    core: Arc<Core>,
    /// When they were taken, ticks of the bucket.
    base: u64,
    /// Whole intervals from then to the slot of token number 0.
    ahead: u32,
    next: u32,
    end: u32,
}

// === impl Lease ===

impl Lease {
    pub(crate) fn take_out(core: Arc<Core>, count: u32) -> Self {
        let mut lease = Self { core, base: 0, ahead: 0, next: 0, end: 0 };
        lease.renew(count);
        lease
    }

    /// Takes up to `count` new tokens, in place of those that are left: what
    /// [`SurgeProtector::lease`](crate::SurgeProtector::lease) does, for a worker that keeps its
    /// lease. Says how many there were.
    pub fn renew(&mut self, count: u32) -> u32 {
        (self.next, self.end) = (0, 0);
        let Some(wanted) = NonZeroU32::new(count) else {
            return 0;
        };
        if self.core.closed().is_some() {
            return 0;
        }
        let taken = self.core.take(|bucket| {
            // Read before: what is counted from an earlier moment expires no later.
            let base = bucket.now();
            let taken = bucket.take_up_to(wanted)?;
            // When nothing was used for long, the slot of the first token is now, and no one could
            // use it in time. One more token, whose slot is later, takes its place: the bucket was
            // full, and what it holds beyond that is lost anyway.
            let ahead = bucket.ahead(&taken);
            let swaps = ahead == 0 && bucket.take(NonZeroU32::MIN).is_ok();
            Ok((base, ahead, taken.count, u32::from(swaps)))
        });
        match taken {
            Ok(Some((base, ahead, count, swapped))) => {
                (self.base, self.ahead) = (base, ahead);
                (self.next, self.end) = (swapped, count + swapped);
            }
            Ok(None) => self.end = count,
            Err(_) => {}
        }
        self.end - self.next
    }

    /// Uses up to `count` tokens, and says how many. What says 0 will not say more later, unless
    /// it is because of a trip or a blackout.
    pub fn take(&mut self, count: u32) -> u32 {
        if self.next == self.end || self.core.closed().is_some() {
            return 0;
        }
        self.expire();
        let taken = count.min(self.end - self.next);
        self.next += taken;
        taken
    }

    /// How many tokens can be used now.
    pub fn left(&mut self) -> u32 {
        self.expire();
        self.end - self.next
    }

    /// Puts tokens away whose slots have passed.
    fn expire(&mut self) {
        if let Some(bucket) = &self.core.bucket
            && self.next < self.end
        {
            let passed = bucket.now().saturating_sub(self.base);
            // Most often none has expired, which takes no division to find out.
            if passed > bucket.ticks_of(self.ahead) + bucket.ticks_of(self.next) {
                let expired = bucket.slots_before(passed).saturating_sub(u64::from(self.ahead));
                let expired = u32::try_from(expired).unwrap_or(u32::MAX);
                self.next = self.next.max(expired.min(self.end));
            }
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("unused", &(self.end - self.next)).finish_non_exhaustive()
    }
}
