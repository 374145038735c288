//! Calls of the driver that begin and end transactions, and what comes of them.

use std::sync::{Arc, mpsc};
use std::thread;

use electrician_types::{Error, ErrorKind, Result};
use rdkafka::TopicPartitionList;
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::Producer as _;

use super::super::Worker;
use super::CALL;
use crate::error::failed;
use crate::exactly_once::is_replaceable;
use crate::sink::Producer;
use crate::source::clock;
use crate::source::exchange::Wish;

/// Why a call of the driver did not do what it should.
pub(super) enum Setback {
    Abort(Error),
    /// The producer cannot go on, but another can.
    Lost(Error),
    Fatal(Error),
}

// === impl Worker ===

impl<T> Worker<'_, T> {
    pub(super) fn send_and_commit(&mut self, list: &TopicPartitionList) -> Result<(), Setback> {
        if list.count() > 0 {
            let metadata = self.consumer.group_metadata().ok_or_else(|| {
                Setback::Abort(Error::new(ErrorKind::Closed, "the group is not joined"))
            })?;
            let (list, metadata) = (Arc::new(list.clone()), Arc::new(metadata));
            self.call("adding offsets to a transaction", move |producer| {
                let (list, metadata) = (Arc::clone(&list), Arc::clone(&metadata));
                Self::aside(Arc::clone(producer), move |producer| {
                    producer.send_offsets_to_transaction(&list, &metadata, CALL)
                })
            })?;
        }
        self.call("committing a transaction", |producer| producer.commit_transaction(CALL))
    }

    /// Calls the driver on a thread of its own, and waits for it for a while. The driver (2.12) waits
    /// without a limit for the group's coordinator here, and in some cases for an answer that does not
    /// come: the thread then stays behind, with a producer that is replaced and fenced.
    fn aside(
        producer: Arc<Producer>,
        call: impl FnOnce(&Producer) -> Result<(), KafkaError> + Send + 'static,
    ) -> Result<(), KafkaError> {
        let (answer, answered) = mpsc::sync_channel(1);
        let work = move || {
            // Nobody waits for it any more when it is late.
            let _ = answer.send(call(&producer));
        };
        let silence = KafkaError::Global(RDKafkaErrorCode::WaitingForCoordinator);
        match thread::Builder::new().name("kafka-offsets".to_owned()).spawn(work) {
            Ok(_) => answered.recv_timeout(3 * CALL).unwrap_or(Err(silence)),
            Err(_) => Err(silence),
        }
    }

    /// Calls the driver until it has an answer, or will not have one any more.
    pub(super) fn call(
        &mut self,
        what: &'static str,
        call: impl Fn(&Arc<Producer>) -> Result<(), KafkaError>,
    ) -> Result<(), Setback> {
        let Some(producer) = self.transaction.as_ref().map(|one| Arc::clone(&one.producer)) else {
            return Ok(());
        };
        let limit = self.transaction.as_ref().map(|one| clock::now() + one.link.timeout);
        loop {
            let Err(error) = call(&producer) else { return Ok(()) };
            if let Some((code, reason)) = producer.client().fatal_error() {
                return Err(Setback::end(what, code, &reason));
            }
            match &error {
                KafkaError::Transaction(why) if why.is_fatal() => {
                    return Err(Setback::end(what, why.code(), &why.string()));
                }
                KafkaError::Transaction(why) if !why.is_retriable() => {
                    return Err(Setback::Abort(failed(what, error)));
                }
                KafkaError::Transaction(_)
                | KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut) => {
                    let error = failed(what, error);
                    self.plan.tell("kafka.trouble", Some(&error), &[]);
                    if self.exchange.look().0 == Wish::Leave {
                        return Err(Setback::Abort(error));
                    }
                    // The cluster has aborted it by now, and some answers get lost for good.
                    if limit.is_some_and(|limit| clock::now() >= limit) {
                        return Err(Setback::Lost(error));
                    }
                }
                KafkaError::Global(RDKafkaErrorCode::WaitingForCoordinator) => {
                    return Err(Setback::Lost(failed(what, error)));
                }
                _ => return Err(Setback::Abort(failed(what, error))),
            }
            self.hold_and_attend();
        }
    }
}

// === impl Setback ===

impl Setback {
    /// The producer has ended.
    fn end(what: &str, code: RDKafkaErrorCode, reason: &str) -> Self {
        let error = fatal(what, code, reason);
        if is_replaceable(code) { Self::Lost(error) } else { Self::Fatal(error) }
    }

    pub(super) fn into_error(self) -> Error {
        let (Self::Abort(error) | Self::Lost(error) | Self::Fatal(error)) = self;
        error.with_retryable(false)
    }
}

fn fatal(what: &str, code: RDKafkaErrorCode, reason: &str) -> Error {
    use RDKafkaErrorCode as Code;
    let is_fenced =
        matches!(code, Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch);
    let why = if is_fenced {
        "another producer has taken over the transactional id (each running pipeline needs one of \
         its own), or the transaction took longer than it may"
    } else {
        reason
    };
    Error::new(ErrorKind::Closed, format!("{what}: {why}")).with_source(KafkaError::Global(code))
}
