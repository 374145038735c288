//! The relay as the sink of a pipeline.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use electrician_relay::RawPayload;
use electrician_relay::session::SenderBuilder;
use electrician_relay::transport::now;
use electrician_types::{Batch, Error, ErrorKind, Flushing, Item, Receipt, Refusal, Result, Sink};
use tokio::task::JoinHandle;

use crate::backoff::Backoff;
use crate::builder::ForwardRelayBuilder;
use crate::connect::Dialing;
use crate::link::{Link, OnFailure};
use crate::packing::Packing;
use crate::runner::Runner;
use crate::targets::Target;
use crate::totals::{ForwardRelayStats, Totals};

/// Sends the items of a pipeline to receiving relays of other processes, over gRPC.
///
/// # Delivery
///
/// The receipt of an item is acknowledged when the receiver has acknowledged its payload. Until then
/// the payload is held, and sent again on the next connection, so a source that waits for receipts has
/// each item delivered at least once; a receiver of this library drops what comes twice. Refused items
/// are nacked with [`NackReason::Rejected`](electrician_types::NackReason::Rejected), those whose
/// deadline passed with [`NackReason::Failed`](electrician_types::NackReason::Failed).
///
/// # Errors
///
/// - Opening fails only where [`ForwardRelayBuilder::with_connect_at_open`] says so.
/// - `write` fails for an item that cannot be encoded, or is too large.
/// - What the receiver says comes later: the receipt is nacked, the stats count it, the function of
///   [`ForwardRelayBuilder::with_failures`] is called, and the next flush fails. The ledger then counts
///   as failed *all* items that were written since the flush before; receipts are exact.
/// - While no target can be reached nothing fails: items wait, and attempts go on. The stats tell why.
///
/// # Order
///
/// Items of a link are sent in order, but for those that the receiver refuses for now.
///
/// # Backpressure
///
/// So many payloads and bytes are held as the window allows, then `write` waits. Pauses and limits
/// that a receiver asks for are kept.
///
/// # Flushing
///
/// A flush waits until everything is settled. Receipts do not wait for it, so the sink asks for one
/// after 100,000 items only, not when the queue runs empty.
///
/// # Cancellation
///
/// A `write` that is given up while it waits for room has not taken the item. A sink that is dropped
/// gives back what is not settled, which may have been delivered; its tasks end.
pub struct ForwardRelay<T> {
    pub(crate) packing: Packing<T>,
    pub(crate) plan: Plan<T>,
    pub(crate) links: Vec<Running>,
    pub(crate) turn: usize,
}

/// How links are made and chosen.
pub(crate) struct Plan<T> {
    /// The targets of each link.
    pub(crate) targets: Vec<Vec<Target>>,
    pub(crate) totals: Arc<[Arc<Totals>]>,
    pub(crate) dialing: Arc<Dialing>,
    pub(crate) sessions: SenderBuilder,
    pub(crate) backoff: Backoff,
    pub(crate) is_broadcast: bool,
    pub(crate) key: Option<Box<crate::packing::AppendTo<T>>>,
    pub(crate) key_text: String,
    pub(crate) connect_at_open: Option<Duration>,
    pub(crate) flushing: Flushing,
    pub(crate) on_failure: Option<Arc<OnFailure>>,
    pub(crate) max_message_bytes: usize,
}

/// A link and its task, which ends with it.
pub(crate) struct Running {
    link: Arc<Link>,
    task: JoinHandle<()>,
}

/// Where an item goes.
#[derive(Clone, Copy)]
enum Route {
    All,
    One(usize),
    /// To any.
    Any,
}

// === impl ForwardRelay ===

impl<T: Send + 'static> ForwardRelay<T> {
    /// A relay in the making.
    pub fn builder() -> ForwardRelayBuilder<T> {
        ForwardRelayBuilder::new()
    }

    /// A view of what becomes of items, in all runs.
    pub fn stats(&self) -> ForwardRelayStats {
        ForwardRelayStats(Arc::clone(&self.plan.totals))
    }

    fn route(&mut self, value: &T) -> Route {
        let Plan { is_broadcast, key, key_text, .. } = &mut self.plan;
        if *is_broadcast {
            return Route::All;
        }
        if self.links.len() == 1 {
            return Route::One(0);
        }
        let Some(key) = key else { return Route::Any };
        key_text.clear();
        key(value, key_text);
        // The link with the highest hash: a target more or less moves only its own keys.
        let rank = |index: &usize| {
            let mut hasher = DefaultHasher::new();
            (&*key_text, index).hash(&mut hasher);
            hasher.finish()
        };
        Route::One((0..self.links.len()).max_by_key(rank).unwrap_or_default())
    }

    /// Gives the payload to where it is to go, or says on which link to wait for room.
    fn submit(
        &mut self,
        payload: &RawPayload,
        route: Route,
        item: Item<T>,
    ) -> std::result::Result<(), (Item<T>, Blocked)> {
        let size = payload.encoded_len() + SEQ_BYTES;
        let deadline = self.deadline();
        let one = match route {
            Route::One(one) => one,
            Route::Any => match self.free(size) {
                Some(free) => free,
                None => self.turn % self.links.len(),
            },
            Route::All => {
                for (index, running) in self.links.iter().enumerate() {
                    if let Some(reason) = running.link.refusal(size) {
                        return Err((item, Blocked { index, reason }));
                    }
                }
                let (_, receipt) = item.into_parts();
                let mut receipts = receipt.split(self.links.len());
                for running in &self.links {
                    let receipt = receipts.next().unwrap_or_default();
                    running.link.submit(payload.clone(), receipt, deadline);
                }
                return Ok(());
            }
        };
        if let Some(reason) = self.links[one].link.refusal(size) {
            return Err((item, Blocked { index: one, reason }));
        }
        let (_, receipt): (T, Receipt) = item.into_parts();
        self.links[one].link.submit(payload.clone(), receipt, deadline);
        Ok(())
    }

    /// The next link that has room.
    fn free(&mut self, size: usize) -> Option<usize> {
        let links = self.links.len();
        let from = self.turn;
        let mut order = (0..links).map(|step| (from + step) % links);
        let free = order.find(|index| self.links[*index].link.refusal(size).is_none())?;
        self.turn = (free + 1) % links;
        Some(free)
    }

    fn deadline(&self) -> Option<Instant> {
        self.packing.deadline.and_then(|deadline| now().checked_add(deadline))
    }

    fn start(&self, index: usize) -> Result<Running> {
        // Each session draws its id: receivers know by it which numbers they had.
        let sessions = self.plan.sessions.clone().with_defaults(self.packing.defaults());
        let session = sessions.build().map_err(|error| {
            Error::new(ErrorKind::Config, "opening a stream").with_source(error)
        })?;
        let totals = Arc::clone(&self.plan.totals[index]);
        let link = Link::new(session, totals, self.plan.on_failure.clone());
        let runner = Runner {
            link: Arc::clone(&link),
            dialing: Arc::clone(&self.plan.dialing),
            targets: self.plan.targets[index].clone(),
            backoff: self.plan.backoff.clone(),
            is_eager: self.plan.connect_at_open.is_some(),
            max_message_bytes: self.plan.max_message_bytes,
        };
        Ok(Running { link, task: tokio::spawn(runner.run()) })
    }
}

/// The most bytes of a payload's number.
const SEQ_BYTES: usize = 11;

/// Why an item was not taken, and by which link.
struct Blocked {
    index: usize,
    reason: Refusal,
}

impl<T: Send + 'static> Sink<T> for ForwardRelay<T> {
    async fn open(&mut self) -> Result<()> {
        // Whatever a run before left.
        self.links.clear();
        for index in 0..self.plan.targets.len() {
            let running = self.start(index)?;
            self.links.push(running);
        }
        if let Some(limit) = self.plan.connect_at_open {
            let connected = async {
                for running in &self.links {
                    running.connected().await;
                }
            };
            if tokio::time::timeout(limit, connected).await.is_err() {
                let error = self.trouble(limit);
                self.links.clear();
                return Err(error);
            }
        }
        Ok(())
    }

    async fn write(&mut self, batch: &mut Batch<T>) -> Result<()> {
        if self.links.is_empty() {
            let what = "the sink is not open: `open` comes before `write`";
            return Err(Error::new(ErrorKind::Closed, what));
        }
        while let Some(mut item) = batch.take() {
            let payload = match self.packing.pack(item.value(), item.receipt().trace()) {
                Ok(payload) => payload,
                Err(error) => {
                    batch.put_back(item);
                    return Err(error);
                }
            };
            let route = self.route(item.value());
            while let Err((back, blocked)) = self.submit(&payload, route, item) {
                // While it waits the item is the engine's.
                batch.put_back(back);
                wait(&self.links, blocked, route).await?;
                let Some(again) = batch.take() else { return Ok(()) };
                item = again;
            }
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        for running in &self.links {
            running.link.settled().await;
        }
        let mut failures = 0;
        let mut first = None;
        for running in &self.links {
            if let Some((count, reason)) = running.link.take_failures() {
                failures += count;
                first.get_or_insert(reason);
            }
        }
        let Some(reason) = first else { return Ok(()) };
        let what = format!("{failures} payloads were not delivered, the first: {reason}");
        Err(Error::new(ErrorKind::Failed, what))
    }

    fn flushing(&self) -> Flushing {
        self.plan.flushing
    }

    async fn close(&mut self) -> Result<()> {
        let flushed = self.flush().await;
        for running in &self.links {
            running.link.close();
        }
        for running in &mut self.links {
            // A task that panicked has settled nothing more: the drop gives the rest back.
            let _ = (&mut running.task).await;
        }
        self.links.clear();
        flushed
    }
}

/// Waits until there may be room.
async fn wait(links: &[Running], blocked: Blocked, route: Route) -> Result<()> {
    match blocked.reason {
        Refusal::Full => {
            if matches!(route, Route::Any) && links.len() > 1 {
                let waits = links.iter().map(|running| Box::pin(running.link.room.notified()));
                futures_util::future::select_all(waits).await;
            } else {
                links[blocked.index].link.room.notified().await;
            }
            Ok(())
        }
        Refusal::TooLarge { size, budget } => {
            let what = format!("the payload has {size} bytes, at most {budget} are sent");
            Err(Error::new(ErrorKind::TooLarge, what))
        }
        _ => Err(Error::new(ErrorKind::Closed, "the stream to the receiver has ended")),
    }
}

impl<T: Send + 'static> ForwardRelay<T> {
    fn trouble(&self, limit: Duration) -> Error {
        let mut reasons = self.links.iter().filter_map(|running| running.link.totals.trouble());
        reasons.next().map_or_else(
            || Error::new(ErrorKind::Timeout, format!("no receiver within {limit:?}")),
            |error| error.to_error(),
        )
    }
}

// === impl Running ===

impl Running {
    async fn connected(&self) {
        let mut is_up = self.link.is_up.subscribe();
        let _ = is_up.wait_for(|is_up| *is_up).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
        self.link.abort();
    }
}

impl<T> fmt::Debug for ForwardRelay<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outstanding: usize = self.links.iter().map(|running| running.link.outstanding()).sum();
        f.debug_struct("ForwardRelay")
            .field("targets", &self.plan.targets)
            .field("outstanding", &outstanding)
            .finish_non_exhaustive()
    }
}
