//! Errors of the driver as errors of ours.

use electrician_types::{Error, ErrorKind};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::connection::is_free;

/// What `operation` failed with, and whether trying again may help.
pub(crate) fn failed(operation: impl Into<String>, error: KafkaError) -> Error {
    match error {
        KafkaError::ClientConfig(result, why, property, value) => {
            // What it says of a value shows the value.
            let (why, value) = if is_free(&property) {
                (why, value)
            } else {
                ("the driver does not take".to_owned(), "***".to_owned())
            };
            let error = KafkaError::ClientConfig(result, why, property, value);
            Error::new(ErrorKind::Config, operation.into()).with_source(error)
        }
        KafkaError::ClientCreation(text) => {
            let text = hint(&text).map_or_else(|| text.clone(), |hint| format!("{hint} ({text})"));
            Error::new(ErrorKind::Config, operation.into())
                .with_source(KafkaError::ClientCreation(text))
        }
        error => {
            let (kind, is_retryable) = class(error.rdkafka_error_code());
            Error::new(kind, operation.into()).with_source(error).with_retryable(is_retryable)
        }
    }
}

/// What OpenSSL means by what it says about a certificate or key.
fn hint(text: &str) -> Option<&'static str> {
    const MISMATCH: &str = "the client's key does not belong to its certificate";
    const UNREADABLE: &str = "the client's key cannot be read: is it one, and its password right?";
    const HINTS: [(&str, &str); 4] = [
        ("key values mismatch", MISMATCH),
        ("Private key check failed", MISMATCH),
        ("ssl.key.location failed", UNREADABLE),
        ("ssl.key.pem failed", UNREADABLE),
    ];
    HINTS.iter().find(|(says, _)| text.contains(says)).map(|(_, means)| *means)
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
            | Code::SSL
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
