//! Errors of the driver as errors of ours.

use electrician_types::{Error, ErrorKind};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// What `operation` failed with, and whether trying again may help.
pub(crate) fn failed(operation: impl Into<String>, error: KafkaError) -> Error {
    let (kind, is_retryable) = class(error.rdkafka_error_code());
    Error::new(kind, operation.into()).with_source(error).with_retryable(is_retryable)
}

fn class(code: Option<RDKafkaErrorCode>) -> (ErrorKind, bool) {
    use RDKafkaErrorCode as Code;
    match code {
        Some(Code::MessageSizeTooLarge | Code::MessageBatchTooLarge) => {
            (ErrorKind::TooLarge, false)
        }
        Some(
            Code::UnknownTopic
            | Code::UnknownTopicOrPartition
            | Code::UnknownPartition
            | Code::InvalidArgument
            | Code::InvalidTopic,
        ) => (ErrorKind::Config, false),
        Some(
            Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed,
        ) => (ErrorKind::Denied, false),
        Some(Code::MessageTimedOut | Code::OperationTimedOut | Code::RequestTimedOut) => {
            (ErrorKind::Timeout, true)
        }
        Some(Code::Fatal | Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch) => {
            (ErrorKind::Closed, false)
        }
        _ => (ErrorKind::Io, true),
    }
}
