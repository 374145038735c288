//! How a worker takes from the queue of its stage.

use std::future::poll_fn;
use std::task::Poll;

use electrician_types::Batch;

use crate::queue::Ticket;
use crate::tally::Activity;
use crate::worker::Worker;

/// A worker gives way to other tasks after this many items.
const YIELD_AFTER: usize = 256;

/// A worker that takes fewer items than this, though it may take more and finds the queue not empty
/// when it comes back, keeps up with those who submit, and disturbs them: every look at the queue
/// makes cache lines travel between the two. It lets some more items come first.
const FEW: usize = 32;

/// How long it lets them come, pauses of the processor: a microsecond or two.
const PAUSES: u32 = 80;

impl<In: Send + 'static, Out: Send + 'static> Worker<In, Out> {
    /// Waits for a fair share of the queue, at most `max` items. `false`: there will be no more.
    pub async fn take(&mut self, max: usize, into: &mut Batch<In>) -> bool {
        self.give_way().await;
        self.begin(Activity::Idle);
        let Self { stage, items, lane, .. } = self;
        let taken = stage.queue.pop(items, *lane, max, into).await;
        self.note_taken(taken, max, into)
    }

    /// As [`take`](Self::take), for a worker that did nothing since it closed the account of its
    /// last batch. If there are items at once, the work on them begins when that on the last ones
    /// ended, and the clock need not be asked.
    pub(crate) async fn take_next(&mut self, max: usize, into: &mut Batch<In>) -> bool {
        let gave_way = self.give_way().await;
        self.begin(Activity::Idle);
        let Self { stage, items, lane, timing, .. } = self;
        let mut taken = Poll::Pending;
        if let Some(timing) = timing.as_mut().filter(|_| !gave_way) {
            taken = stage.queue.try_pop(*lane, max, into);
            if taken.is_ready() {
                timing.go_on();
            }
        }
        let taken = match taken {
            Poll::Ready(taken) => taken,
            Poll::Pending => stage.queue.pop(items, *lane, max, into).await,
        };
        self.note_taken(taken, max, into)
    }

    /// As [`take`](Self::take), but gives up when the timer, set by the caller, elapses: `None`.
    pub(crate) async fn take_before_timer(
        &mut self,
        max: usize,
        into: &mut Batch<In>,
    ) -> Option<bool> {
        self.give_way().await;
        self.begin(Activity::Idle);
        let Self { stage, items, lane, timer, .. } = self;
        // The timer first: a queue that never runs empty must not hide that it has elapsed.
        let taken = poll_fn(|cx| {
            let elapsed = timer.poll_elapsed(cx).map(|()| None);
            if elapsed.is_ready() {
                return elapsed;
            }
            stage.queue.poll_pop(cx, items, *lane, max, into).map(Some)
        })
        .await;
        if taken.is_none() {
            self.begin(Activity::Working);
            if let Some(timing) = &mut self.timing {
                timing.begin(into);
            }
        }
        Some(self.note_taken(taken?, max, into))
    }

    fn note_taken(&mut self, taken: Option<Ticket>, max: usize, items: &Batch<In>) -> bool {
        self.begin(Activity::Working);
        let Some(ticket) = taken else {
            return false;
        };
        self.tally().took(ticket.count);
        if let Some(timing) = &mut self.timing {
            timing.begin(items);
        }
        self.counts.taken += ticket.count;
        let count = usize::try_from(ticket.count).unwrap_or(usize::MAX);
        self.since_yield += count;
        self.keeps_up = count < max.min(FEW);
        self.ticket = Some(ticket);
        true
    }

    /// Whether it did.
    async fn give_way(&mut self) -> bool {
        let lets_gather = self.keeps_up && !self.stage.queue.is_empty();
        let gives_way = lets_gather || self.since_yield >= YIELD_AFTER;
        if gives_way {
            self.since_yield = 0;
            tokio::task::yield_now().await;
        }
        if lets_gather {
            (0..PAUSES).for_each(|_| std::hint::spin_loop());
        }
        gives_way
    }
}
