//! Who puts records into a dead-letter topic.

use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use electrician_types::{Error, NackReason, Receipt, Result};
use rdkafka::ClientContext;
use rdkafka::client::OAuthToken;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedHeaders, DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer, ProducerContext};
use rdkafka::util::IntoOpaque;

use super::DeadLetter;
use crate::Record;
use crate::error::failed;
use crate::sink::{self, DEAD_LETTER, Slots};
use crate::tokens::Tokens;

/// A producer for one dead-letter topic. A record's receipt is settled by the broker's word.
pub(crate) struct DeadLetters {
    topic: String,
    way: Way,
}

enum Way {
    /// A producer of their own.
    Own(BaseProducer<Reports>),
    /// That of a sink, within its transaction.
    Shared(Arc<sink::Producer>, Arc<Slots>),
}

/// Why a record is buried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grave<'a> {
    pub(crate) error: &'a str,
    pub(crate) attempts: u32,
    pub(crate) since: SystemTime,
}

/// Hears what became of the records.
struct Reports {
    tokens: Tokens,
    failure: Mutex<Option<KafkaError>>,
}

// === impl DeadLetters ===

impl DeadLetters {
    /// A producer for `topic` with the settings of `config`.
    pub(crate) fn new(topic: &str, mut config: ClientConfig, tokens: Tokens) -> Result<Self> {
        config.set("enable.idempotence", "true");
        let producer = config.create_with_context(Reports { failure: Mutex::default(), tokens });
        let producer = producer.map_err(|error| failed("opening the dead-letter topic", error))?;
        Ok(Self { topic: topic.to_owned(), way: Way::Own(producer) })
    }

    /// The same, as a part of the transactions of a sink.
    pub(crate) fn in_transaction(
        topic: &str,
        producer: Arc<sink::Producer>,
        slots: Arc<Slots>,
    ) -> Self {
        Self { topic: topic.to_owned(), way: Way::Shared(producer, slots) }
    }

    /// Sends `record`. Its receipt is acknowledged once the broker has it, and nacked if it does not
    /// get there.
    pub(crate) fn bury(&self, record: &Record<'_>, grave: &Grave<'_>, receipt: Receipt) {
        match &self.way {
            Way::Own(producer) => {
                let dead = self.letter(record, grave, Box::new(receipt));
                if let Err((error, refused)) = producer.send(dead) {
                    // Too many at once: it is read again a little later.
                    producer.context().note(error);
                    refused.delivery_opaque.nack(NackReason::Failed);
                }
            }
            Way::Shared(producer, slots) => {
                match producer.send(self.letter(record, grave, DEAD_LETTER)) {
                    // If it does not get there, the transaction fails, and with it the record.
                    Ok(()) => receipt.ack(),
                    Err((error, _)) => {
                        slots.note_dead_letter(error);
                        receipt.nack(NackReason::Returned);
                    }
                }
            }
        }
    }

    fn letter<'r, D: IntoOpaque>(
        &'r self,
        record: &'r Record<'_>,
        grave: &Grave<'_>,
        opaque: D,
    ) -> BaseRecord<'r, [u8], [u8], D> {
        let mut dead = BaseRecord::with_opaque_to(&self.topic, opaque);
        dead.payload = record.payload();
        dead.key = record.key();
        dead.timestamp = record.timestamp();
        dead.headers(headers(record, grave))
    }

    /// Hears from the broker, without waiting. The last failure since the last call.
    pub(crate) fn poll(&self) -> Option<Error> {
        let error = match &self.way {
            Way::Own(producer) => {
                producer.poll(Duration::ZERO);
                producer.context().lock().take()?
            }
            Way::Shared(_, slots) => slots.take_dead_letter()?,
        };
        Some(failed(format!("writing to the dead-letter topic `{}`", self.topic), error))
    }

    /// Whether there are records that the broker has not confirmed.
    pub(crate) fn pending(&self) -> bool {
        match &self.way {
            Way::Own(producer) => producer.in_flight_count() > 0,
            // It is a matter of the transaction.
            Way::Shared(..) => false,
        }
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
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn StdError>> {
        self.tokens.next()
    }

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
