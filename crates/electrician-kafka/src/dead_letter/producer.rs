//! Who puts records into a dead-letter topic.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use electrician_types::{Error, NackReason, Receipt, Result};
use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedHeaders, DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};

use super::DeadLetter;
use crate::Record;
use crate::error::failed;

/// A producer for one dead-letter topic. A record's receipt is settled by the broker's word.
pub(crate) struct DeadLetters {
    topic: String,
    producer: BaseProducer<Reports>,
}

/// Why a record is buried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grave<'a> {
    pub(crate) error: &'a str,
    pub(crate) attempts: u32,
    pub(crate) since: SystemTime,
}

/// Hears what became of the records.
#[derive(Default)]
struct Reports {
    failure: Mutex<Option<KafkaError>>,
}

// === impl DeadLetters ===

impl DeadLetters {
    /// A producer for `topic` with the settings of `config`.
    pub(crate) fn new(topic: &str, mut config: ClientConfig) -> Result<Self> {
        config.set("enable.idempotence", "true");
        let producer = config.create_with_context(Reports::default());
        let producer = producer.map_err(|error| failed("opening the dead-letter topic", error))?;
        Ok(Self { topic: topic.to_owned(), producer })
    }

    /// Sends `record`. Its receipt is acknowledged once the broker has it, and nacked if it does not
    /// get there.
    pub(crate) fn bury(&self, record: &Record<'_>, grave: &Grave<'_>, receipt: Receipt) {
        let mut dead = BaseRecord::with_opaque_to(&self.topic, Box::new(receipt));
        dead = dead.headers(headers(record, grave));
        if let Some(key) = record.key() {
            dead = dead.key(key);
        }
        if let Some(payload) = record.payload() {
            dead = dead.payload(payload);
        }
        if let Some(timestamp) = record.timestamp() {
            dead = dead.timestamp(timestamp);
        }
        if let Err((error, refused)) = self.producer.send(dead) {
            // Too many at once: it is read again a little later.
            self.producer.context().note(error);
            refused.delivery_opaque.nack(NackReason::Failed);
        }
    }

    /// Hears from the broker, without waiting. The last failure since the last call.
    pub(crate) fn poll(&self) -> Option<Error> {
        self.producer.poll(Duration::ZERO);
        let mut failure = self.producer.context().lock();
        let error = failure.take()?;
        Some(failed(format!("writing to the dead-letter topic `{}`", self.topic), error))
    }

    /// Whether there are records that the broker has not confirmed.
    pub(crate) fn pending(&self) -> bool {
        self.producer.in_flight_count() > 0
    }
}

/// The headers of `record` and ours.
fn headers(record: &Record<'_>, grave: &Grave<'_>) -> OwnedHeaders {
    let headers = record.native_headers().map_or_else(OwnedHeaders::new, BorrowedHeaders::detach);
    let since = grave.since.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    [
        (DeadLetter::ERROR, grave.error),
        (DeadLetter::TOPIC, record.topic()),
        (DeadLetter::PARTITION, &record.partition().to_string()),
        (DeadLetter::OFFSET, &record.offset().to_string()),
        (DeadLetter::ATTEMPTS, &grave.attempts.to_string()),
        (DeadLetter::FIRST_SEEN, &since.to_string()),
    ]
    .into_iter()
    .fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }))
}

// === impl Reports ===

impl Reports {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<KafkaError>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, error: KafkaError) {
        *self.lock() = Some(error);
    }
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        crate::log::forward(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "a dead-letter topic");
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Receipt>;

    fn delivery(&self, result: &DeliveryResult<'_>, receipt: Box<Receipt>) {
        match result {
            Ok(_) => receipt.ack(),
            Err((error, _)) => {
                self.note(error.clone());
                receipt.nack(NackReason::Failed);
            }
        }
    }
}
