//! A record allocates nothing on the thread that logs it, once the buffers have grown.

use std::time::Duration;

use electrician_logger::{
    Component, Lines, LogSink, Logger, QueueSettings, SinkError, TraceContext,
};
use electrician_testkit::alloc::{self, Counting};
use electrician_types::{ComponentKind, Metadata};
use tracing::{debug, info, info_span};
use tracing_subscriber::layer::SubscriberExt;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Forgets everything.
struct Nowhere;

impl LogSink for Nowhere {
    fn write(&mut self, _: Lines<'_>) -> Result<(), SinkError> {
        Ok(())
    }
}

#[test]
fn a_record_allocates_nothing() {
    let context = TraceContext { trace_id: 1, span_id: 2 };
    let logger = Logger::builder()
        .with_field("host", "a")
        .with_context(move || Some(context))
        .with_queued_sink("a", Nowhere, QueueSettings::default().with_bytes(1 << 16))
        .with_queued_sink("b", Nowhere, QueueSettings::default().with_bytes(1 << 16))
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(logger.layer());
    let _default = tracing::subscriber::set_default(subscriber);
    let wire = Metadata::new(ComponentKind::Wire, "parse");
    let _span = info_span!("span", batch = 7, text = "abc").entered();
    let wait = Duration::from_millis(15);
    let log = |n: u64| {
        let text = "a value with \"quotes\" and a Bearer abcdef";
        info!(component = %Component(&wire), event = "Submit", n, text, ?wait, token = "x", "item {n}");
        debug!(n, "not logged");
    };
    // The queues grow up to their bound, and so do the buffers that their writers hold.
    let fill = || (0..2000).for_each(log);
    for _ in 0..4 {
        fill();
        logger.flush(Duration::from_mins(1)).unwrap();
    }
    assert_eq!(alloc::measure(fill).allocations, 0);
    logger.flush(Duration::from_mins(1)).unwrap();
    assert!(logger.health().sinks.iter().all(|sink| sink.written > 0 && sink.is_balanced()));
}
