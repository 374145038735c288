//! Whether the cluster and its topics are there.

use std::sync::Arc;
use std::time::Duration;

use electrician_types::{Error, ErrorKind, Result};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer as _;

use crate::error::failed;
use crate::sink::context::Producer;
use crate::sink::slots::Slots;

/// The first patience with an answer; it doubles.
const FIRST: Duration = Duration::from_millis(500);

/// Between questions.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a broker may not yet know of a topic that was just made.
const NEWS: Duration = Duration::from_secs(2);

/// Asks the cluster for each topic, or for anything if none is named, until it has answered,
/// `timeout` has passed, or nobody waits any more.
pub(super) fn check(
    producer: &Arc<Producer>,
    slots: &Slots,
    topics: &[String],
    timeout: Duration,
    is_given_up: impl Fn() -> bool,
) -> Result<()> {
    // The first token is asked for here, so that it need not be waited for later.
    producer.poll(Duration::ZERO);
    let mut patience = FIRST;
    // The longest that the answers may have taken: no clock is needed for so coarse a bound.
    let mut waited = Duration::ZERO;
    let mut todo = topics;
    loop {
        let outcome = match todo.first() {
            Some(topic) => ask(producer, topic, patience),
            None if topics.is_empty() => anything(producer, patience),
            None => return Ok(()),
        };
        let Err(error) = outcome else {
            let Some((_, rest)) = todo.split_first() else { return Ok(()) };
            todo = rest;
            continue;
        };
        waited += PAUSE + if is_silence(&error) { patience } else { Duration::ZERO };
        let is_news = error.rdkafka_error_code() == Some(RDKafkaErrorCode::UnknownTopicOrPartition);
        let limit = if is_news { NEWS.min(timeout) } else { timeout };
        let why = failed(about(todo.first()), error);
        if is_given_up() {
            return Err(why);
        }
        // Lets the client tell what is wrong with its connections.
        producer.poll(PAUSE);
        let is_refused = slots.is_refused();
        if is_refused || waited >= limit || !why.is_retryable() && !is_news {
            return Err(match slots.take_trouble() {
                Some((_, reason)) if is_refused => {
                    Error::new(ErrorKind::Denied, why.operation().to_owned()).with_source(reason)
                }
                Some((error, reason)) => failed(format!("{} ({reason})", why.operation()), error),
                None => why,
            });
        }
        patience = (patience * 2).min(timeout.saturating_sub(waited).max(PAUSE));
    }
}

fn about(topic: Option<&String>) -> String {
    match topic {
        Some(topic) => format!("looking for topic {topic:?}"),
        None => "reaching the cluster".to_owned(),
    }
}

/// Whether there was no answer.
fn is_silence(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{BrokerTransportFailure, OperationTimedOut};
    matches!(error.rdkafka_error_code(), Some(BrokerTransportFailure | OperationTimedOut))
}

fn ask(producer: &Arc<Producer>, topic: &str, patience: Duration) -> Result<(), KafkaError> {
    let metadata = producer.client().fetch_metadata(Some(topic), patience)?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    match found.map(|found| found.error().map(RDKafkaErrorCode::from)) {
        Some(None) => Ok(()),
        Some(Some(code)) => Err(KafkaError::MetadataFetch(code)),
        None => Err(KafkaError::MetadataFetch(RDKafkaErrorCode::UnknownTopicOrPartition)),
    }
}

fn anything(producer: &Arc<Producer>, patience: Duration) -> Result<(), KafkaError> {
    match producer.client().fetch_cluster_id(patience) {
        Some(_) => Ok(()),
        None => Err(KafkaError::MetadataFetch(RDKafkaErrorCode::OperationTimedOut)),
    }
}

/// Ends whatever transactions another producer of the same id has left, and fences it.
pub(super) fn take_over(
    producer: &Arc<Producer>,
    timeout: Duration,
    is_given_up: impl Fn() -> bool,
) -> Result<()> {
    let mut waited = Duration::ZERO;
    loop {
        let Err(error) = producer.init_transactions(FIRST * 4) else { return Ok(()) };
        waited += FIRST * 4;
        let may_pass = matches!(&error, KafkaError::Transaction(why) if why.is_retriable());
        if !may_pass || waited >= timeout || is_given_up() {
            return Err(failed("taking over the transactional id", error));
        }
        producer.poll(PAUSE);
    }
}

/// Topics have names of 1 to 249 letters, digits, `.`, `_` and `-`.
pub(crate) fn check_name(topic: &str) -> Result<(), String> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if (1..=249).contains(&topic.len())
        && topic.chars().all(is_good)
        && !topic.trim_matches('.').is_empty()
    {
        return Ok(());
    }
    Err(format!("{topic:?} is no name of a topic: use 1 to 249 letters, digits, `.`, `_`, `-`"))
}

/// The error of a sink that is not open.
pub(super) fn not_open() -> Error {
    Error::new(ErrorKind::Closed, "the sink is not open: `open` comes before `write`")
}

/// The error of an item that is no part of a transaction.
pub(super) fn foreign() -> Error {
    let what = "an item that does not come from the source of the pair: nothing else may feed this \
                sink, and stages must keep the receipts of its items";
    Error::new(ErrorKind::Config, what)
}
