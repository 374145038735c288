use std::sync::Arc;
use std::time::Duration;

use electrician_types::{ComponentKind, TraceContext};

use super::{LINKS, Record, Spans, Stage, What, Work};

#[test]
fn links_have_a_bound_and_those_left_out_are_counted() {
    let spans = Spans::new();
    let stage = Arc::new(Stage { name: "parse".to_owned(), kind: ComponentKind::Wire });
    let traces: Vec<_> = (1..=200).filter_map(|id| TraceContext::new(id, 1, true)).collect();
    let work = Work {
        worker: 0,
        taken: 200,
        emitted: 200,
        failed: 0,
        started: spans.anchor.moment,
        worked: Duration::from_secs(1),
        handed_on: Duration::from_secs(2),
    };
    let span = spans.make(Record { stage, what: What::Batch(traces, work) });
    assert_eq!(span.links.links.len(), LINKS);
    assert_eq!(span.links.dropped_count, 72);
    assert_eq!(span.start_time, spans.anchor.time);
    assert_eq!(span.end_time, spans.anchor.time + Duration::from_secs(3));
}
