//! The context of an item on its way between processes.

use electrician_types::{TraceContext, TraceParentError};
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

/// The name of the header that carries a context, by
/// [W3C Trace Context](https://www.w3.org/TR/trace-context/).
pub const TRACEPARENT: &str = "traceparent";

/// Writes `context` into headers: what a sink does for an item that it sends to another process.
pub fn inject(context: TraceContext, headers: &mut dyn Injector) {
    headers.set(TRACEPARENT, context.to_string());
}

/// Reads the context from headers: what a source does for an item that came from another process.
/// `None` when there is none.
///
/// The error says what is wrong with the header. The standard wants the item to be treated as if it
/// had none.
pub fn extract(headers: &dyn Extractor) -> Result<Option<TraceContext>, TraceParentError> {
    headers.get(TRACEPARENT).map(|text| text.trim().parse()).transpose()
}

/// The context as OpenTelemetry has it: the parent for spans of one's own.
pub fn span_context(context: TraceContext) -> SpanContext {
    let flags = if context.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::default() };
    SpanContext::new(
        TraceId::from(context.trace_id()),
        SpanId::from(context.span_id()),
        flags,
        true,
        TraceState::default(),
    )
}

/// The context of a span of one's own, for the item that it is about. `None` for a span that is not
/// valid.
pub fn trace_context(context: &SpanContext) -> Option<TraceContext> {
    let trace_id = u128::from_be_bytes(context.trace_id().to_bytes());
    let span_id = u64::from_be_bytes(context.span_id().to_bytes());
    TraceContext::new(trace_id, span_id, context.is_sampled())
}
