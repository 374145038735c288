//! Guards, for works that ask them themselves.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use electrician_types::{Clock, Error, ErrorKind, Guard, Item};

use crate::dead_letter::DeadLetterPort;
use crate::guards::{Closed, Diversion, Held, WhenDenied};
use crate::queue::Queue;
use crate::tally::Activity;
use crate::worker::Worker;

/// The guards of a stage, as its work sees them: see [`Worker::gate`].
pub struct Gate<In> {
    queue: Arc<Queue<In>>,
    clock: Arc<dyn Clock>,
}

/// Leave to make one attempt. If it goes away unsettled, the attempt was not made.
pub struct Granted<'a> {
    held: Held<'a>,
    start: Option<Instant>,
    clock: &'a dyn Clock,
}

/// A guard gives no leave.
pub enum Barred<'a, In> {
    /// Wait until this guard may give leave, and ask again.
    Wait(&'a dyn Guard),
    /// Send what is in hand this way instead: see [`Worker::divert`].
    Divert(&'a Diversion<In>),
}

// === impl Gate ===

impl<In: Send> Gate<In> {
    /// Asks leave for one attempt, which begins now.
    #[expect(clippy::missing_panics_doc, reason = "there are guards, or there would be no gate")]
    pub fn admit(&self) -> Result<Granted<'_>, Barred<'_, In>> {
        let guards = self.queue.guards().expect("a gate has guards");
        match guards.admit(1) {
            Ok(held) => {
                let start = held.is_timing().then(|| self.clock.now());
                Ok(Granted { held, start, clock: &*self.clock })
            }
            Err(Closed { when: WhenDenied::Divert(way), .. }) => Err(Barred::Divert(way)),
            Err(Closed { guard, .. }) => Err(Barred::Wait(guard)),
        }
    }
}

impl<In> fmt::Debug for Gate<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gate").field(&self.queue.guards()).finish()
    }
}

// === impl Granted ===

impl Granted<'_> {
    /// Tells how the attempt went.
    pub fn settle(mut self, is_success: bool) {
        let elapsed = self
            .start
            .map_or(Duration::ZERO, |start| self.clock.now().saturating_duration_since(start));
        self.held.settle(usize::from(is_success), usize::from(!is_success), elapsed);
    }
}

impl fmt::Debug for Granted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Granted").field("start", &self.start).finish_non_exhaustive()
    }
}

// === impl Barred ===

impl<In> fmt::Debug for Barred<'_, In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wait(_) => "Wait",
            Self::Divert(_) => "Divert",
        })
    }
}

// === impl Worker ===

impl<In: Send + 'static, Out: Send + 'static> Worker<In, Out> {
    /// The guards of the stage, if it has any.
    pub fn gate(&self) -> Option<Gate<In>> {
        let queue = Arc::clone(&self.stage.queue);
        queue.guards()?;
        Some(Gate { queue, clock: Arc::clone(&self.stage.clock) })
    }

    /// Waits until `guard` may give leave. `false`: the run was aborted meanwhile.
    pub async fn await_leave(&mut self, guard: &dyn Guard) -> bool {
        self.stage.note_denial(guard);
        self.begin_pause(Activity::Denied);
        let may_go = self.unless_aborted(guard.admitting()).await.is_some();
        self.end_pause();
        may_go
    }

    /// Sends an item another way, and accounts for it. What is refused there has failed.
    pub async fn divert(
        &mut self,
        way: &Diversion<In>,
        item: Item<In>,
        port: Option<&DeadLetterPort<In>>,
    ) {
        match self.unless_aborted(way.divert(item)).await {
            Some(Ok(())) => self.counts.ledger.diverted += 1,
            Some(Err(refused)) => {
                let error = Error::new(ErrorKind::Denied, "diverting").with_source(refused.reason);
                self.dispose(refused.item, error, 1, SystemTime::now(), port).await;
            }
            // It went down with the way.
            None => self.counts.ledger.abandoned += 1,
        }
    }
}
