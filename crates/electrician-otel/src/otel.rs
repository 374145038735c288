//! The export, as its user holds it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::builder::OtelBuilder;
use crate::queue::Queue;
use crate::stats::Stats;
use crate::traces::Traces;

/// Exports traces and metrics to an OpenTelemetry endpoint by OTLP over gRPC, on a thread of its
/// own.
///
/// Pipelines leave their spans in a queue with a bound, and never wait for it: what there is no room
/// for is counted and dropped. End it with [`shutdown`](Self::shutdown). Where it is dropped
/// instead, what is still in the queue is lost.
pub struct Otel {
    queue: Arc<Queue>,
    traces: Traces,
    deadline: watch::Sender<Option<Instant>>,
    is_done: oneshot::Receiver<()>,
}

// === impl Otel ===

impl Otel {
    /// An export in the making.
    pub fn builder() -> OtelBuilder {
        OtelBuilder::new()
    }

    pub(crate) const fn new(
        queue: Arc<Queue>,
        traces: Traces,
        deadline: watch::Sender<Option<Instant>>,
        is_done: oneshot::Receiver<()>,
    ) -> Self {
        Self { queue, traces, deadline, is_done }
    }

    /// Makes spans of what a pipeline does; goes with other observers in a tuple.
    pub fn observer(&self) -> Traces {
        self.traces.clone()
    }

    /// What became of spans and metrics so far.
    pub fn stats(&self) -> Stats {
        self.queue.counts.stats()
    }

    /// Sends what is there, the metrics a last time, and ends, within `deadline`: what has not been
    /// sent by then is lost and counted. Pipelines that still run go on without.
    ///
    /// Cancelling it changes nothing but that nobody is told.
    pub async fn shutdown(self, deadline: Duration) -> Stats {
        let until = present().checked_add(deadline).unwrap_or_else(|| present() + FAR);
        self.deadline.send_replace(Some(until));
        // The other end is dropped only when its thread panicked, and then it has ended as well.
        let _: Result<(), _> = self.is_done.await;
        self.queue.counts.stats()
    }
}

const FAR: Duration = Duration::from_hours(24 * 365 * 30);

#[expect(clippy::disallowed_methods, reason = "the exporter's thread goes by the real clock")]
fn present() -> Instant {
    std::time::Instant::now().into()
}

impl fmt::Debug for Otel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Otel").field("stats", &self.stats()).finish_non_exhaustive()
    }
}
