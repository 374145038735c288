//! Settings.

use std::time::Duration;

use electrician_otel::{Otel, OtelError};
use electrician_wire::types::{Error, ErrorKind};

#[test]
fn every_problem_is_reported_at_once() {
    let error = Otel::builder()
        .with_endpoint("127.0.0.1:4317/ /")
        .with_header("Not a name", "secret")
        .with_service_name("")
        .with_queue(0)
        .with_batch(0)
        .with_timeout(Duration::ZERO)
        .build()
        .unwrap_err();
    let OtelError::Config(problems) = &error else { panic!("{error:?}") };
    assert_eq!(problems.problems().len(), 6, "{problems}");
    assert!(!problems.to_string().contains("secret"));
    assert_eq!(Error::from(error).kind(), ErrorKind::Config);
}

#[test]
fn an_endpoint_with_tls_says_what_to_do() {
    let error = Otel::builder().with_endpoint("https://example.com").build().unwrap_err();
    assert!(error.to_string().contains("http://HOST:PORT"), "{error}");
    let error = Otel::builder().with_endpoint("ftp://example.com").build().unwrap_err();
    assert!(error.to_string().contains("\"ftp://example.com\""), "{error}");
}

#[test]
fn it_needs_no_runtime_and_nobody_at_the_endpoint() {
    let otel = Otel::builder().with_endpoint("http://127.0.0.1:1").build().unwrap();
    assert_eq!(otel.stats().spans, 0);
}

#[test]
fn headers_are_not_shown() {
    let builder = Otel::builder().with_header("authorization", "secret");
    assert!(!format!("{builder:?}").contains("secret"));
}
