//! What the driver calls: it is noted, and the thread that polls does the rest when it is back.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rdkafka::client::OAuthToken;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, TopicPartitionList};

use crate::refusal::is_refusal;
use crate::tokens::Tokens;

/// The driver's view of the source.
#[derive(Default)]
pub(super) struct Context {
    tokens: Tokens,
    notes: Mutex<Notes>,
    /// Nothing is left to take care of: give up partitions at once.
    is_leaving: AtomicBool,
}

#[derive(Default)]
pub(super) struct Notes {
    pub(super) changes: VecDeque<Change>,
    pub(super) commits: VecDeque<KafkaResult<Vec<(String, i32, i64)>>>,
    pub(super) statistics: Option<Statistics>,
    pub(super) trouble: Option<String>,
    /// Why the cluster, or its certificate, is not to be talked to.
    pub(super) refusal: Option<String>,
}

/// The group has changed. Nothing moves before the source has agreed.
pub(super) enum Change {
    Assigned(TopicPartitionList),
    Revoked(TopicPartitionList),
}

// === impl Context ===

impl Context {
    pub(super) fn new(tokens: Tokens) -> Self {
        Self { tokens, ..Self::default() }
    }

    pub(super) fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on the driver is agreed with at once.
    pub(super) fn leave(&self) {
        self.is_leaving.store(true, Ordering::SeqCst);
    }
}

/// Agrees to have `partitions`, besides those that were had before.
pub(super) fn assign(
    consumer: &BaseConsumer<Context>,
    partitions: &TopicPartitionList,
) -> KafkaResult<()> {
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_assign(partitions),
        _ => consumer.assign(partitions),
    }
}

/// Agrees to give `partitions` up.
pub(super) fn unassign(
    consumer: &BaseConsumer<Context>,
    partitions: &TopicPartitionList,
) -> KafkaResult<()> {
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_unassign(partitions),
        _ => consumer.unassign(),
    }
}

impl ClientContext for Context {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        self.tokens.next()
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        crate::log::forward(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "a source");
        let is_refusal = is_refusal(&error, reason);
        let mut notes = self.notes();
        // That all are down says less than why one of them is.
        let is_sum = error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown);
        if !is_sum || notes.trouble.is_none() {
            notes.trouble = Some(reason.to_owned());
        }
        if is_refusal {
            notes.refusal = Some(reason.to_owned());
        }
    }

    fn stats(&self, statistics: Statistics) {
        self.notes().statistics = Some(statistics);
    }
}

impl ConsumerContext for Context {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let is_assigned = event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.is_leaving.load(Ordering::SeqCst) {
            let nothing = TopicPartitionList::new();
            let agreed = if is_assigned {
                assign(consumer, &nothing)
            } else {
                unassign(consumer, partitions)
            };
            if let Err(error) = agreed {
                tracing::debug!(%error, "leaving a group");
            }
            return;
        }
        let partitions = partitions.clone();
        let change =
            if is_assigned { Change::Assigned(partitions) } else { Change::Revoked(partitions) };
        self.notes().changes.push_back(change);
    }

    fn commit_callback(&self, result: KafkaResult<()>, offsets: &TopicPartitionList) {
        let one = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
            let Offset::Offset(offset) = element.offset() else { return None };
            Some((element.topic().to_owned(), element.partition(), offset))
        };
        let outcome = result.map(|()| offsets.elements().iter().filter_map(one).collect());
        self.notes().commits.push_back(outcome);
    }
}
