//! What no further attempt changes.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Whether one side refused the other, which no further attempt changes. A broker that wants a
/// certificate says so by an alert after the handshake, which the driver takes for a lost connection.
pub(crate) fn is_refusal(error: &KafkaError, reason: &str) -> bool {
    match error.rdkafka_error_code() {
        Some(
            RDKafkaErrorCode::Authentication
            | RDKafkaErrorCode::SaslAuthenticationFailed
            | RDKafkaErrorCode::UnsupportedSASLMechanism
            | RDKafkaErrorCode::SSL,
        ) => true,
        Some(RDKafkaErrorCode::BrokerTransportFailure) => {
            reason.contains("alert certificate") || reason.contains("alert bad certificate")
        }
        _ => false,
    }
}

/// Whether a function of tokens has failed. The driver asks again ten seconds later.
pub(crate) fn is_late_token(reason: &str) -> bool {
    reason.starts_with("Failed to acquire SASL OAUTHBEARER token")
}
