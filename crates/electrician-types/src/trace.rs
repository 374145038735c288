//! The trace that an item belongs to, as W3C Trace Context has it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Instant;

use crate::{Acknowledge, Receipt, Verdict};

/// Which trace something belongs to, and which span of it came before: the `traceparent` of
/// [W3C Trace Context](https://www.w3.org/TR/trace-context/).
///
/// It travels on the item's [`Receipt`], so it follows the item from its source to its sink, through
/// splits and merges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace_id: u128,
    span_id: u64,
    is_sampled: bool,
}

/// A text that is no `traceparent`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no traceparent: it has a version, a trace id of 32, a span id of 16 and flags of 2 \
     lower-case hexadecimal digits, with hyphens between; ids are not all zero"
)]
pub struct TraceParentError {
    text: String,
}

struct Traced {
    context: TraceContext,
    receipt: crate::sync::Mutex<Receipt>,
}

// === impl TraceContext ===

impl TraceContext {
    /// A context; `None` when an id is zero, which no trace has.
    pub const fn new(trace_id: u128, span_id: u64, is_sampled: bool) -> Option<Self> {
        if trace_id == 0 || span_id == 0 {
            return None;
        }
        Some(Self { trace_id, span_id, is_sampled })
    }

    /// The trace.
    pub const fn trace_id(self) -> u128 {
        self.trace_id
    }

    /// The span that came before.
    pub const fn span_id(self) -> u64 {
        self.span_id
    }

    /// Whether the trace is recorded where it comes from.
    pub const fn is_sampled(self) -> bool {
        self.is_sampled
    }

    /// The same trace after another span.
    pub const fn after(self, span_id: u64) -> Option<Self> {
        Self::new(self.trace_id, span_id, self.is_sampled)
    }
}

/// The `traceparent` header of version 00.
impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.is_sampled);
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace_id, self.span_id)
    }
}

/// Reads a `traceparent` header of any version; what a later version adds is ignored.
impl FromStr for TraceContext {
    type Err = TraceParentError;

    fn from_str(text: &str) -> Result<Self, TraceParentError> {
        parse(text).ok_or_else(|| TraceParentError { text: text.chars().take(64).collect() })
    }
}

fn parse(text: &str) -> Option<TraceContext> {
    let mut parts = text.split('-');
    let mut next = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits)?;
        let is_hex = part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_hex.then_some(part)
    };
    let version = u8::from_str_radix(next(2)?, 16).ok()?;
    let trace_id = u128::from_str_radix(next(32)?, 16).ok()?;
    let span_id = u64::from_str_radix(next(16)?, 16).ok()?;
    let flags = u8::from_str_radix(next(2)?, 16).ok()?;
    let has_more = parts.next().is_some();
    if version == 0xff || (version == 0 && has_more) {
        return None;
    }
    TraceContext::new(trace_id, span_id, flags & 1 == 1)
}

// === impl Receipt ===

impl Receipt {
    /// The same duty, for an item that belongs to a trace. Allocates once.
    ///
    /// A source whose receipts have a target of its own implements [`Acknowledge::trace`] instead,
    /// at no cost.
    pub fn with_trace(self, context: TraceContext) -> Self {
        Self::new(Arc::new(Traced { context, receipt: crate::sync::Mutex::new(self) }), 0)
    }
}

// === impl Traced ===

impl Acknowledge for Traced {
    fn settle(&self, _token: u64, verdict: Verdict) {
        let receipt = crate::sync::lock(&self.receipt).take();
        receipt.settle(verdict);
    }

    fn trace(&self, _token: u64) -> Option<TraceContext> {
        Some(self.context)
    }

    fn pass(&self, _token: u64, now: Instant) -> Option<std::time::Duration> {
        crate::sync::lock(&self.receipt).pass(now)
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
