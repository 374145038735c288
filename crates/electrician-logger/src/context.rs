//! Where a record belongs in a distributed trace.

/// The trace and the span that a record belongs to, as in W3C Trace Context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// Written as 32 lower-case hexadecimal digits.
    pub trace_id: u128,
    /// Written as 16 lower-case hexadecimal digits.
    pub span_id: u64,
}

/// Tells the context of the calling thread, or task.
pub(crate) type Provider = Box<dyn Fn() -> Option<TraceContext> + Send + Sync>;
