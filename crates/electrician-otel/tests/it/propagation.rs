//! Contexts from one process to the next.

use std::collections::HashMap;

use electrician_otel::{TRACEPARENT, extract, inject, span_context, trace_context};
use electrician_wire::types::TraceContext;
use opentelemetry::trace::SpanContext;

const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn what_is_injected_is_extracted() {
    let context: TraceContext = HEADER.parse().unwrap();
    let mut headers = HashMap::new();
    inject(context, &mut headers);
    assert_eq!(headers.get(TRACEPARENT).map(String::as_str), Some(HEADER));
    assert_eq!(extract(&headers), Ok(Some(context)));
}

#[test]
fn no_header_is_no_context_and_a_bad_one_an_error() {
    let mut headers = HashMap::new();
    assert_eq!(extract(&headers), Ok(None));
    headers.insert(TRACEPARENT.to_owned(), "00-4bf9-01".to_owned());
    let error = extract(&headers).unwrap_err().to_string();
    assert!(error.contains("00-4bf9-01"), "{error}");
}

#[test]
fn contexts_are_those_of_opentelemetry() {
    let context: TraceContext = HEADER.parse().unwrap();
    let theirs = span_context(context);
    assert_eq!(theirs.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(theirs.span_id().to_string(), "00f067aa0ba902b7");
    assert!(theirs.is_sampled() && theirs.is_remote());
    assert_eq!(trace_context(&theirs), Some(context));
    let none = SpanContext::empty_context();
    assert_eq!(trace_context(&none), None);
}
