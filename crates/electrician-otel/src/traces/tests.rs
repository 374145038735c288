use std::time::{Duration, Instant};

use electrician_types::TraceContext;

use super::{Pace, distinct};
use crate::anchor::Anchor;

fn trace(trace_id: u128, span_id: u64, is_sampled: bool) -> TraceContext {
    TraceContext::new(trace_id, span_id, is_sampled).unwrap()
}

fn start() -> Instant {
    Anchor::now().moment
}

#[test]
fn each_context_counts_once_and_only_if_it_is_sampled() {
    let (a, b, other) = (trace(1, 1, true), trace(1, 2, true), trace(2, 1, true));
    assert_eq!(distinct(&[b, a, other, trace(3, 1, false), a, b]), [a, b, other]);
}

#[test]
fn the_first_is_due_at_once_and_the_next_only_after_the_time() {
    let every = Duration::from_secs(1);
    let (pace, start) = (Pace::new(every), start());
    assert!(pace.take());
    assert!(!pace.take());
    pace.pass(start);
    pace.pass(start + every / 2);
    assert!(!pace.take());
    pace.pass(start + every);
    assert!(pace.take());
    pace.pass(start + every + every / 2);
    assert!(!pace.take());
}

#[test]
fn without_a_time_each_batch_makes_one_due() {
    let (pace, start) = (Pace::new(Duration::ZERO), start());
    for _ in 0..3 {
        pace.pass(start);
        assert!(pace.take());
    }
}
