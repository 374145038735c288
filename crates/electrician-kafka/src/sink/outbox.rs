//! A producer, and the records under way.

mod thread;

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use electrician_types::{Error, ErrorKind, Receipt, Result};
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseRecord, Producer as _};
use tokio::sync::oneshot;

use crate::error::failed;
use crate::exactly_once::{Link, Outlet, Published, is_replaceable};
use crate::partitioner::OwnPartitioner;
use crate::sink::context::{OnFailure, Producer};
use crate::sink::draft::Draft;
use crate::sink::slots::{Room, Slots};
use crate::sink::totals::Totals;
use crate::tokens::Tokens;

/// How an outbox is made.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) config: ClientConfig,
    /// Records under way at most.
    pub(crate) capacity: u32,
    /// Their keys and values at most.
    pub(crate) max_bytes: usize,
    /// Topics that must be there.
    pub(crate) topics: Vec<String>,
    /// How long it may take to reach the cluster.
    pub(crate) timeout: Duration,
    pub(crate) partitioner: Option<OwnPartitioner>,
    pub(crate) on_failure: Option<Arc<OnFailure>>,
    pub(crate) totals: Arc<Totals>,
    pub(crate) tokens: Tokens,
    /// To the source, when the sink is one of a pair: records are part of its transactions.
    pub(crate) link: Option<Arc<Link>>,
}

/// Records on their way to a cluster.
pub(crate) struct Outbox {
    lease: Lease,
    slots: Arc<Slots>,
    room: Room,
    totals: Arc<Totals>,
    ended: oneshot::Receiver<()>,
    published: Option<Published>,
    /// Which of the producers of a pair is in use.
    generation: u64,
}

/// A producer in use. When it goes, the thread destroys the producer, which may take a while.
pub(crate) struct Lease {
    producer: Option<Arc<Producer>>,
    is_over: Arc<AtomicBool>,
}

/// Why a record was not taken.
pub(crate) enum Refusal {
    /// The driver has no room, though there should be.
    Full,
    /// There is no transaction that it could be a part of.
    Outside,
    Failed(Error),
}

// === impl Outbox ===

impl Outbox {
    /// Makes a producer, on a thread of its own, and sees whether the cluster and the topics are
    /// there. If this is given up, the thread ends by itself within the time for opening.
    pub(crate) async fn open(plan: Plan) -> Result<Self> {
        let slots = Arc::new(Slots::new(plan.capacity, Arc::clone(&plan.totals)));
        let room = Room::new(plan.capacity, plan.max_bytes);
        let totals = Arc::clone(&plan.totals);
        let link = plan.link.clone();
        let (ready, opened) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let work = {
            let slots = Arc::clone(&slots);
            move || {
                thread::run(&plan, &slots, ready);
                // Whoever waits for it may be gone.
                let _ = end.send(());
            }
        };
        std::thread::Builder::new()
            .name("kafka-producer".to_owned())
            .spawn(work)
            .map_err(|error| Error::from(error).with_component("kafka"))?;
        let gone = || Error::new(ErrorKind::Panicked, "the producer's thread ended early");
        let lease = opened.await.map_err(|_| gone())??;
        let outlet =
            lease.producer.clone().map(|producer| Outlet { producer, slots: Arc::clone(&slots) });
        let generation = link.as_ref().map_or(0, |link| link.generation());
        let published = link.zip(outlet).map(|(link, outlet)| link.publish(outlet));
        Ok(Self { lease, slots, room, totals, ended, published, generation })
    }

    /// Waits for room for `draft`.
    pub(crate) async fn room(&mut self, draft: &Draft) {
        poll_fn(|cx| self.room.poll_room(&self.slots, draft.weight(), cx)).await;
    }

    /// Waits until the driver has let go of something.
    pub(crate) async fn tick(&mut self) {
        let mut is_asked = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut is_asked, true) {
                return Poll::Ready(());
            }
            Room::await_tick(&self.slots, cx);
            Poll::Pending
        })
        .await;
    }

    /// Gives a record to the driver. The receipt comes back if it is not taken.
    pub(crate) fn send(
        &mut self,
        draft: &Draft,
        topic: &str,
        headers: Option<OwnedHeaders>,
        receipt: Receipt,
    ) -> Result<(), (Refusal, Receipt)> {
        self.follow();
        let weight = draft.weight();
        let (Some(producer), Some(slot)) = (&self.lease.producer, self.room.take(weight)) else {
            return Err((Refusal::Full, receipt));
        };
        // The report may come before `send` returns.
        let ticket = self.slots.store(slot, receipt);
        let record = BaseRecord::<[u8], [u8], usize> {
            topic,
            partition: draft.partition,
            payload: (!draft.is_tombstone).then_some(&draft.value),
            key: (!draft.key.is_empty()).then_some(&draft.key),
            timestamp: draft.timestamp,
            headers,
            delivery_opaque: ticket,
        };
        let Err((error, _)) = producer.send(record) else {
            self.totals.count_sent();
            return Ok(());
        };
        self.room.give_back(slot, weight);
        let receipt = self.slots.withdraw(ticket);
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) {
            return Err((Refusal::Full, receipt));
        }
        if self.published.is_some() && (is_over(producer) || is_outside(producer, &error)) {
            return Err((Refusal::Outside, receipt));
        }
        let error = fatal(producer).unwrap_or_else(|| {
            let what = format!("a record of {weight} bytes for topic {topic:?}");
            failed(what, error)
        });
        Err((Refusal::Failed(error), receipt))
    }

    /// Takes the producer that has come in the place of the one before.
    fn follow(&mut self) {
        let newer = self.published.as_ref().and_then(|published| published.newer(self.generation));
        if let Some((generation, producer)) = newer {
            self.generation = generation;
            // The thread has the one before as well, and destroys it.
            self.lease.producer = Some(producer);
        }
    }

    /// How many records are under way, as far as is known.
    pub(crate) fn in_flight(&self) -> usize {
        self.room.in_flight()
    }

    /// Waits until every record has its report.
    pub(crate) async fn settled(&mut self) {
        poll_fn(|cx| self.room.poll_all(&self.slots, cx)).await;
    }

    /// What went wrong since this was asked last.
    pub(crate) fn take_failures(&self) -> Result<()> {
        self.slots.take_failures()?;
        let Some(producer) = &self.lease.producer else { return Ok(()) };
        // Of a pair, the source sees to it.
        let is_told = self.published.is_none() || !is_over(producer);
        fatal(producer).filter(|_| is_told).map_or(Ok(()), Err)
    }

    /// Destroys the producer, and waits until its thread has ended. If this is given up, it ends by
    /// itself.
    pub(crate) async fn close(&mut self) {
        self.published = None;
        self.lease.end();
        // An error says the same: it has ended.
        let _ = (&mut self.ended).await;
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.published = None;
        self.lease.end();
        if self.room.in_flight() > 0 {
            self.slots.abandon();
        }
    }
}

/// The error after which a producer does nothing any more.
fn fatal(producer: &Arc<Producer>) -> Option<Error> {
    let (code, reason) = producer.client().fatal_error()?;
    let what = format!("the producer cannot go on ({reason}): start the pipeline again");
    Some(Error::new(ErrorKind::Closed, what).with_source(KafkaError::Global(code)))
}

/// Whether it cannot go on, and another can.
fn is_over(producer: &Arc<Producer>) -> bool {
    producer.client().fatal_error().is_some_and(|(code, _)| is_replaceable(code))
}

/// Whether there is no transaction, or it has failed already.
fn is_outside(producer: &Arc<Producer>, error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{InvalidTransactionalState, PurgeQueue, State};
    fatal(producer).is_none()
        && matches!(
            error.rdkafka_error_code(),
            Some(State | InvalidTransactionalState | PurgeQueue)
        )
}

// === impl Lease ===

impl Lease {
    fn end(&mut self) {
        // First this, so that it is the thread that destroys it.
        self.producer = None;
        self.is_over.store(true, Ordering::Release);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.end();
    }
}
