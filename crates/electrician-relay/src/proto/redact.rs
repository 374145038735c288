//! `Debug` of messages that can hold secrets.

use std::collections::BTreeMap;
use std::fmt;

use super::{MessageMetadata, OAuth2Options, StreamAcknowledgment};

const HIDDEN: &str = "[hidden]";

/// Parts of names of headers that can hold a secret.
const SECRET: &[&str] = &["auth", "cookie", "key", "password", "secret", "session", "token"];

/// Headers, without the values of those that can hold a secret.
struct Headers<'a>(&'a BTreeMap<String, String>);

/// A text that is there, or not.
struct Secret<'a>(&'a str);

// === impl Headers ===

impl fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.iter().map(|(name, value)| {
            let lower = name.to_ascii_lowercase();
            let is_secret = SECRET.iter().any(|part| lower.contains(part));
            (name.as_str(), if is_secret { HIDDEN } else { value.as_str() })
        });
        f.debug_map().entries(shown).finish()
    }
}

// === impl Secret ===

impl fmt::Debug for Secret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "[none]" } else { HIDDEN })
    }
}

// === impl MessageMetadata ===

impl fmt::Debug for MessageMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageMetadata")
            .field("headers", &Headers(&self.headers))
            .field("content_type", &self.content_type)
            .field("version", &self.version)
            .field("performance", &self.performance)
            .field("trace_id", &self.trace_id)
            .field("priority", &self.priority)
            .field("security", &self.security)
            .field("authentication", &self.authentication)
            .field("auth_context", &self.auth_context)
            .field("routing", &self.routing)
            .field("qos", &self.qos)
            .field("flow_control", &self.flow_control)
            .field("rate_limit", &self.rate_limit)
            .field("record", &self.record)
            .field("replay", &self.replay)
            .finish()
    }
}

// === impl OAuth2Options ===

impl fmt::Debug for OAuth2Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth2Options")
            .field("accept_jwt", &self.accept_jwt)
            .field("accept_introspection", &self.accept_introspection)
            .field("issuer", &self.issuer)
            .field("jwks_uri", &self.jwks_uri)
            .field("required_audience", &self.required_audience)
            .field("required_scopes", &self.required_scopes)
            .field("introspection_url", &self.introspection_url)
            .field("introspection_auth_type", &self.introspection_auth_type)
            .field("introspection_client_id", &self.introspection_client_id)
            .field("introspection_client_secret", &Secret(&self.introspection_client_secret))
            .field("introspection_bearer_token", &Secret(&self.introspection_bearer_token))
            .field("forward_bearer_token", &self.forward_bearer_token)
            .field("forward_metadata_key", &self.forward_metadata_key)
            .field("jwks_cache_seconds", &self.jwks_cache_seconds)
            .field("introspection_cache_seconds", &self.introspection_cache_seconds)
            .finish()
    }
}

// === impl StreamAcknowledgment ===

impl fmt::Debug for StreamAcknowledgment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamAcknowledgment")
            .field("success", &self.success)
            .field("message", &self.message)
            .field("metadata", &Headers(&self.metadata))
            .field("stream_id", &self.stream_id)
            .field("id", &self.id)
            .field("seq", &self.seq)
            .field("code", &self.code)
            .field("retryable", &self.retryable)
            .field("last_seq", &self.last_seq)
            .field("ok_count", &self.ok_count)
            .field("err_count", &self.err_count)
            .field("directive", &self.directive)
            .field("flow_state", &self.flow_state)
            .finish()
    }
}
