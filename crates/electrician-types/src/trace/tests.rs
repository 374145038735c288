use std::sync::Mutex;

use super::*;
use crate::NackReason;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn a_header_is_read_and_written() {
    let context: TraceContext = PARENT.parse().expect("a traceparent");
    assert_eq!(context.trace_id(), 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
    assert_eq!(context.span_id(), 0x00f0_67aa_0ba9_02b7);
    assert!(context.is_sampled());
    assert_eq!(context.to_string(), PARENT);
    let next = context.after(7).expect("not zero");
    assert_eq!((next.trace_id(), next.span_id()), (context.trace_id(), 7));
}

#[test]
fn a_later_version_may_add_something() {
    let later = PARENT.replacen("00", "01", 1) + "-more";
    assert_eq!(later.parse::<TraceContext>(), PARENT.parse());
}

#[test]
fn what_is_no_header_is_told_so() {
    let upper = PARENT.to_uppercase();
    let invalid = PARENT.replacen("00", "ff", 1);
    let longer = format!("{PARENT}-more");
    for wrong in [
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        &upper,
        &invalid,
        &longer,
    ] {
        let error = wrong.parse::<TraceContext>().expect_err(wrong);
        assert!(error.to_string().contains("is no traceparent"), "{error}");
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<Verdict>>);

impl Acknowledge for Heard {
    fn settle(&self, _token: u64, verdict: Verdict) {
        self.0.lock().expect("not poisoned").push(verdict);
    }
}

#[test]
fn a_trace_rides_on_the_receipt_through_splits_and_merges() {
    let heard = Arc::new(Heard::default());
    let context: TraceContext = PARENT.parse().expect("a traceparent");
    let receipt = Receipt::new(Arc::clone(&heard) as _, 1).with_trace(context);
    assert_eq!(receipt.trace(), Some(context));
    let mut parts = receipt.split(2);
    let first = parts.next().expect("two parts");
    let second = parts.next().expect("two parts");
    assert_eq!(second.trace(), Some(context));
    let untraced = Receipt::new(Arc::clone(&heard) as _, 2);
    let merged = Receipt::merge([untraced, first]);
    assert_eq!(merged.trace(), Some(context), "the first that has one");
    merged.ack();
    second.nack(NackReason::Failed);
    let heard = heard.0.lock().expect("not poisoned");
    assert_eq!(*heard, [Verdict::Ack, Verdict::Nack(NackReason::Failed)]);
}

#[test]
fn a_receipt_without_a_trace_has_none() {
    assert_eq!(Receipt::none().trace(), None);
    assert_eq!(Receipt::new(Arc::new(Heard::default()), 1).trace(), None);
}
