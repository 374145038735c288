//! The log of this process, sent to others.

mod builder;
mod stamp;
mod tally;

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use electrician_logger::{Lines, LogSink, SinkError, mute_thread};
use electrician_relay::{About, EnvelopeError, EnvelopeWriter, RawPayload};
use electrician_types::{Batch, Error, ErrorKind, Sink};
use tokio::runtime::{Handle, Runtime};
use tokio::time::{sleep, timeout};

pub use builder::LogRelayBuilder;

use crate::ForwardRelay;
use crate::totals::ForwardRelayStats;
use stamp::Stamps;
use tally::Tally;

/// How long the receiver has to take its leave.
const FAREWELL: Duration = Duration::from_secs(3);

/// Sends the lines of a logger to receiving relays, over gRPC: a
/// [`LogSink`](electrician_logger::LogSink).
///
/// Each line is a payload of its own: the JSON object as it stands, `payload_type` and the header
/// `log_schema` have the schema, `source` is `electrician-logger`, and the content type is
/// `application/json`. The id is the moment of sending, as RFC 3339 has it.
///
/// # Delivery
///
/// A line counts as written when a receiver has acknowledged it, and as lost when one has refused it
/// for good. While no receiver can be reached, lines wait, and the queue of the logger fills; what has
/// no room there is dropped and counted by the logger, as for any sink. When nothing was acknowledged
/// for the [patience](LogRelayBuilder::with_patience) of the sink, what is under way counts as lost;
/// it may have arrived all the same. What a connection loses is sent again on the next: a receiver of
/// this library drops what comes twice.
///
/// # Threads
///
/// The sink has a runtime of its own, with one thread, so it works before and after that of the
/// program. What that thread logs is not logged.
pub struct LogRelay {
    relay: ForwardRelay<RawPayload>,
    writer: EnvelopeWriter<[u8]>,
    stamps: Stamps,
    patience: Duration,
    /// Made by the first write, on the thread of the sink.
    runtime: Option<Runtime>,
    is_open: bool,
}

// === impl LogRelay ===

impl LogRelay {
    /// A sink in the making, for the receiver at `target`: `host:port`.
    pub fn builder(target: impl Into<String>) -> LogRelayBuilder {
        LogRelayBuilder::new(target.into())
    }

    /// A view of what becomes of lines, and why there is no connection.
    pub fn stats(&self) -> ForwardRelayStats {
        self.relay.stats()
    }

    fn payload(&mut self, line: &[u8]) -> Result<RawPayload, EnvelopeError> {
        let (timestamp, id) = self.stamps.next();
        let about = About { id: Some(&id), timestamp: Some(timestamp), ..About::default() };
        self.writer.write(line, &about)
    }

    /// Sends the lines, and waits for what becomes of them. Gives how many were acknowledged, and the
    /// first reason for which others were not.
    async fn send(&mut self, lines: Lines<'_>) -> (u64, Option<String>) {
        if !self.is_open {
            if let Err(error) = self.relay.open().await {
                return (0, Some(error.to_string()));
            }
            self.is_open = true;
        }
        let tally = Arc::new(Tally::default());
        let mut batch = Batch::with_capacity(usize::try_from(lines.count()).unwrap_or_default());
        let mut reason = None;
        for line in lines.iter() {
            match self.payload(line) {
                Ok(payload) => batch.push_tracked(payload, tally.receipt()),
                Err(error) => drop(reason.get_or_insert_with(|| error.to_string())),
            }
        }
        let delivering = deliver(&mut self.relay, &mut batch);
        let (error, is_usable) = match patiently(delivering, &tally, self.patience).await {
            Ok(Ok(())) => (None, true),
            Ok(Err(error)) => (Some(error.to_string()), error.kind() != ErrorKind::Closed),
            Err(patience) => (Some(self.impatience(patience)), false),
        };
        if !is_usable {
            // What is lost by the count is not sent any more.
            self.is_open = self.relay.open().await.is_ok();
        }
        (tally.acked(), reason.or(error))
    }

    fn impatience(&self, patience: Duration) -> String {
        let links = self.relay.stats().links();
        let trouble = links.iter().find_map(|link| link.last_error.as_ref());
        let trouble = trouble.map_or(String::new(), |error| format!("; {error}"));
        format!("nothing was acknowledged for {patience:?}{trouble}")
    }
}

impl LogSink for LogRelay {
    fn write(&mut self, lines: Lines<'_>) -> Result<(), SinkError> {
        let runtime = match self.runtime.take() {
            Some(runtime) => runtime,
            None => runtime()?,
        };
        let (acked, reason) = runtime.block_on(self.send(lines));
        self.runtime = Some(runtime);
        let lost = lines.count().saturating_sub(acked);
        if lost == 0 {
            return Ok(());
        }
        let reason = reason.unwrap_or_else(|| "it is not said why".to_owned());
        let what = format!("{lost} of {} lines were not acknowledged: {reason}", lines.count());
        Err(SinkError::new(usize::try_from(acked).unwrap_or(usize::MAX), what))
    }
}

impl Drop for LogRelay {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        // On a thread of another runtime one cannot wait; there, the connection just ends.
        if self.is_open && Handle::try_current().is_err() {
            let _ = runtime.block_on(async { timeout(FAREWELL, self.relay.close()).await });
        }
        runtime.shutdown_background();
    }
}

impl fmt::Debug for LogRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogRelay")
            .field("relay", &self.relay)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// A runtime whose threads are not logged.
fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(2)
        .thread_name("log-relay")
        .on_thread_start(mute_thread)
        .enable_all()
        .build()
}

/// Until everything is settled. A line that cannot be sent does not hold up the others.
async fn deliver(
    relay: &mut ForwardRelay<RawPayload>,
    batch: &mut Batch<RawPayload>,
) -> Result<(), Error> {
    let mut first = None;
    while !batch.is_empty() {
        match relay.write(batch).await {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Closed => return Err(error),
            Err(error) => {
                drop(batch.take());
                first.get_or_insert(error);
            }
        }
    }
    let flushed = relay.flush().await;
    first.map_or(flushed, Err)
}

/// The outcome of `work`, unless nothing is acknowledged for so long.
async fn patiently<T>(
    work: impl Future<Output = T>,
    tally: &Tally,
    patience: Duration,
) -> Result<T, Duration> {
    let mut work = pin!(work);
    let mut before = 0;
    loop {
        tokio::select! {
            biased;
            done = work.as_mut() => return Ok(done),
            () = sleep(patience) => {
                let acked = tally.acked();
                if acked == std::mem::replace(&mut before, acked) {
                    return Err(patience);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
