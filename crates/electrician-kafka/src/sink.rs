//! Topics as the sink of a pipeline.

mod builder;
mod check;
mod context;
mod draft;
mod outbox;
mod slots;
mod totals;

use std::fmt;

use electrician_types::{Batch, Flushing, Item, NackReason, Result, Sink};

pub use builder::{Compression, KafkaSinkBuilder};
pub use context::FailedRecord;
pub use totals::KafkaSinkStats;

pub(crate) use context::Producer;
pub(crate) use slots::{DEAD_LETTER, Slots, lock};

use check::{foreign, not_open};
use draft::{Draft, Shape, Topic};
use outbox::{Outbox, Plan, Refusal};

use crate::Connection;
use crate::exactly_once::Link;

/// Writes the items of a pipeline to topics.
///
/// The producer is idempotent and asks for all in-sync replicas (`enable.idempotence`, `acks=all`):
/// within a run, what the driver sends again after a failure is in the topic once, and in order. The
/// receipt of an item is acknowledged when the delivery report of its record has come, so a source
/// that waits for receipts has each item delivered at least once. An item whose record could not be
/// delivered is nacked with [`NackReason::Failed`](electrician_types::NackReason::Failed), and its
/// source delivers it again, if it does such a thing.
///
/// # Errors
///
/// - Opening fails when the cluster cannot be reached, and when the topic is not there. (Topics that
///   a function names are not looked for.) It never makes a topic.
/// - What is wrong with a record at once fails that item in `write`: it cannot be encoded, is larger
///   than `message.max.bytes`, its partition is not there, its topic is known not to be.
/// - What the delivery report says comes later: the receipt is nacked, [`KafkaSinkStats::failed`]
///   counts it, the function of [`KafkaSinkBuilder::with_failures`] is called with the record, and the
///   next flush fails. The ledger then counts as failed *all* items that were written since the flush
///   before, for it is not known which of them they were; receipts are exact.
/// - After an error that ends the idempotent producer, each item fails with an error of kind
///   [`Closed`](electrician_types::ErrorKind::Closed).
///
/// # Backpressure
///
/// At most [`with_capacity`](KafkaSinkBuilder::with_capacity) records are under way, and so many
/// bytes; `write` waits for delivery reports when that is reached. While brokers are gone it waits,
/// until records have been under way for the delivery timeout and fail.
///
/// # Flushing
///
/// A flush waits until each record has its report, and meanwhile nothing new is sent. Receipts do not
/// wait for it, so the sink asks for one after 100,000 items only, not when the queue runs empty: see
/// [`with_flush_every`](KafkaSinkBuilder::with_flush_every).
///
/// # Cancellation
///
/// A `write` that is given up while it waits for room has not taken the item. A sink that is dropped
/// nacks the items under way, whose records may be delivered or not; the producer's thread then
/// destroys the producer, which takes about a second at most.
pub struct KafkaSink<T> {
    shape: Shape<T>,
    plan: Plan,
    flushing: Flushing,
    draft: Draft,
    outbox: Option<Outbox>,
}

// === impl KafkaSink ===

impl<T: Send + 'static> KafkaSink<T> {
    /// A sink in the making, to the cluster of `connection`.
    pub fn builder(connection: Connection) -> KafkaSinkBuilder<T> {
        KafkaSinkBuilder::new(connection)
    }

    /// A view of what becomes of the records, in all runs.
    pub fn stats(&self) -> KafkaSinkStats {
        KafkaSinkStats(self.plan.totals.clone())
    }
}

impl<T: Send + 'static> Sink<T> for KafkaSink<T> {
    async fn open(&mut self) -> Result<()> {
        // Whatever a run before left.
        self.outbox = None;
        let opening = self.plan.link.as_ref().map(Link::begin_opening);
        let opened = Outbox::open(self.plan.clone()).await;
        if let (Some(link), Err(error)) = (&self.plan.link, &opened) {
            link.note_trouble(error.clone());
        }
        drop(opening);
        self.outbox = Some(opened?);
        Ok(())
    }

    async fn write(&mut self, batch: &mut Batch<T>) -> Result<()> {
        let Self { shape, draft, outbox, plan, .. } = self;
        let outbox = outbox.as_mut().ok_or_else(not_open)?;
        let link = plan.link.as_deref();
        while let Some(front) = batch.front() {
            if link.is_some_and(Link::is_doomed) {
                give_back(batch);
                continue;
            }
            shape.draw(front, draft)?;
            outbox.room(draft).await;
            send(shape, draft, outbox, batch, link).await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<()> {
        let Some(outbox) = &mut self.outbox else { return Ok(()) };
        outbox.settled().await;
        outbox.take_failures()
    }

    fn flushing(&self) -> Flushing {
        self.flushing
    }

    async fn close(&mut self) -> Result<()> {
        let flushed = self.flush().await;
        if let Some(link) = &self.plan.link {
            link.released().await;
        }
        if let Some(mut outbox) = self.outbox.take() {
            outbox.close().await;
        }
        flushed
    }
}

/// Sends the record in `draft`, which is that of the first item.
async fn send<T: 'static>(
    shape: &mut Shape<T>,
    draft: &Draft,
    outbox: &mut Outbox,
    batch: &mut Batch<T>,
    link: Option<&Link>,
) -> Result<()> {
    while let Some((value, receipt)) = batch.take().map(Item::into_parts) {
        if link.is_some_and(|link| !receipt.is_tracked() || !link.has_source()) {
            batch.put_back(Item::with_receipt(value, receipt));
            return Err(foreign());
        }
        let headers = shape.headers(draft);
        let topic = match &shape.topic {
            Topic::Fixed(topic) => topic,
            Topic::By(_) => &draft.topic,
        };
        let Err((refusal, receipt)) = outbox.send(draft, topic, headers, receipt) else {
            return Ok(());
        };
        batch.put_back(Item::with_receipt(value, receipt));
        match refusal {
            Refusal::Failed(error) => return Err(error),
            Refusal::Full => outbox.tick().await,
            Refusal::Outside => {
                // In this order: the source must not begin another before it has heard of this one.
                link.inspect(|link| link.doom());
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The transaction comes to nothing: its source delivers the items again.
fn give_back<T>(batch: &mut Batch<T>) {
    while let Some((value, receipt)) = batch.take().map(Item::into_parts) {
        drop(value);
        receipt.nack(NackReason::Returned);
    }
}

impl<T> fmt::Debug for KafkaSink<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_flight = self.outbox.as_ref().map_or(0, Outbox::in_flight);
        f.debug_struct("KafkaSink").field("in_flight", &in_flight).finish_non_exhaustive()
    }
}
