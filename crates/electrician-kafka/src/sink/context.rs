//! What the driver calls back: delivery reports and errors of the client.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use electrician_types::{NackReason, Verdict};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::producer::{DeliveryResult, ProducerContext};
use rdkafka::{ClientContext, producer};

use crate::partitioner::OwnPartitioner;
use crate::sink::slots::{DEAD_LETTER, Slots};

/// Called for a record that was not delivered.
pub(crate) type OnFailure = dyn Fn(&FailedRecord<'_>) + Send + Sync;

/// A record that the cluster did not take.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FailedRecord<'a> {
    /// Where it was to go.
    pub topic: &'a str,
    /// The partition, -1 if none was chosen yet.
    pub partition: i32,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value.
    pub value: Option<&'a [u8]>,
    /// Why.
    pub error: &'a KafkaError,
}

/// The context of the producer.
pub(crate) struct Context {
    pub(crate) slots: Arc<Slots>,
    pub(crate) partitioner: Option<OwnPartitioner>,
    pub(crate) on_failure: Option<Arc<OnFailure>>,
}

pub(crate) type Producer = producer::BaseProducer<Context, OwnPartitioner>;

// === impl Context ===

impl ClientContext for Context {
    fn error(&self, error: KafkaError, reason: &str) {
        self.slots.note_trouble(&error, reason);
    }
}

impl ProducerContext<OwnPartitioner> for Context {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, ticket: usize) {
        if ticket == DEAD_LETTER {
            if let Err((error, _)) = result
                && !is_purged(error)
            {
                self.slots.note_dead_letter(error.clone());
            }
            return;
        }
        let (message, verdict) = match result {
            Ok(message) => (message, Verdict::Ack),
            Err((error, message)) => {
                self.failed(error, message);
                // What went down with its transaction was not tried.
                let reason =
                    if is_purged(error) { NackReason::Returned } else { NackReason::Failed };
                (message, Verdict::Nack(reason))
            }
        };
        let weight =
            message.key().map_or(0, <[u8]>::len) + message.payload().map_or(0, <[u8]>::len);
        self.slots.settle(ticket, weight, verdict);
    }

    fn get_custom_partitioner(&self) -> Option<&OwnPartitioner> {
        self.partitioner.as_ref()
    }
}

impl Context {
    fn failed(&self, error: &KafkaError, message: &impl Message) {
        self.slots.note_failure(message.topic(), message.partition(), error);
        if let Some(on_failure) = &self.on_failure
            && !is_purged(error)
        {
            let record = FailedRecord {
                topic: message.topic(),
                partition: message.partition(),
                key: message.key(),
                value: message.payload(),
                error,
            };
            // It is the user's, and a panic would take the reports behind it with it.
            let _ = catch_unwind(AssertUnwindSafe(|| on_failure(&record)));
        }
    }
}

/// Whether a record was given up because its transaction was.
fn is_purged(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{PurgeInflight, PurgeQueue};
    matches!(error.rdkafka_error_code(), Some(PurgeInflight | PurgeQueue))
}
