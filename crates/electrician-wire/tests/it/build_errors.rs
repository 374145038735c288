//! What does not make sense does not build, and is told all at once.

use std::time::Duration;

use electrician_wire::types::{ConfigError, Error, ErrorKind};
use electrician_wire::{Batching, Retry, Wire};

use crate::support::ms;

/// The problems of a configuration that must have some.
#[track_caller]
fn problems<T>(built: Result<T, ConfigError>) -> Vec<String> {
    let Err(error) = built else { panic!("this built") };
    let text = error.to_string();
    for problem in error.problems() {
        assert!(text.contains(problem), "{text}");
    }
    error.problems().to_vec()
}

/// That there is one problem, and that its text has all of `words`.
#[track_caller]
fn one_problem<T>(built: Result<T, ConfigError>, words: &[&str]) {
    let problems = problems(built);
    let [problem] = &problems[..] else { panic!("one problem, not {problems:?}") };
    for word in words {
        assert!(problem.contains(word), "{problem:?} does not say {word:?}");
    }
}

async fn slow(n: &u64) -> Result<u64, String> {
    std::future::ready(Ok(*n)).await
}

#[test]
fn each_problem_names_the_wire_and_what_would_be_right() {
    let wire = || Wire::map("mine", |n: u64| n);
    one_problem(wire().with_capacity(0).build(), &["\"mine\"", "capacity 0", "at least 1"]);
    one_problem(wire().with_output_capacity(0).build(), &["\"mine\"", "output", "at least 1"]);
    one_problem(wire().with_workers(usize::MAX).build(), &["\"mine\"", "65536 workers", "fewer"]);
    one_problem(wire().with_workers(0).build(), &["\"mine\"", "0 workers", "at least 1"]);
    one_problem(Wire::map("", |n: u64| n).build(), &["name is empty"]);
    one_problem(wire().with_byte_budget(0, |_| 1).build(), &["\"mine\"", "0", "at least 1"]);
    one_problem(
        wire().ordered().ordered_by_key(|n| *n).build(),
        &["\"mine\"", "ordered", "ordered_by_key", "choose one"],
    );
    let async_wire = || Wire::async_by_ref("mine", slow);
    one_problem(async_wire().with_concurrency(0).build(), &["0 workers", "at least 1"]);
    one_problem(async_wire().with_timeout(Duration::ZERO).build(), &["timeout of 0", "none"]);
    one_problem(async_wire().with_retry(Retry::exponential(0)).build(), &["0 retries", "1"]);
    one_problem(async_wire().with_retry(Retry::fixed(0, ms(1))).build(), &["0 retries", "1"]);
    let retry = Retry::exponential(3).with_base(ms(500)).with_cap(ms(100));
    one_problem(async_wire().with_retry(retry).build(), &["500ms", "100ms", "cap"]);
}

#[test]
fn a_batch_of_nothing_does_not_build() {
    let batch = |batching| Wire::<u64, _>::batch("batch", batching);
    one_problem(batch(Batching::items(0)).build(), &["\"batch\"", "0 items", "at least 1"]);
    one_problem(batch(Batching::items(9).bytes(0, |_| 1)).build(), &["0 bytes", "at least 1"]);
    one_problem(batch(Batching::items(9).age(Duration::ZERO)).build(), &["age 0", "duration"]);
    one_problem(
        batch(Batching::items(9)).ordered().with_workers(2).build(),
        &["one worker", "ordered_by_key"],
    );
    batch(Batching::items(9)).ordered().build().unwrap();
    let all = Batching::items(0).bytes(0, |_| 1).age(Duration::ZERO);
    assert_eq!(problems(batch(all).with_capacity(0).build()).len(), 4);
}

#[test]
fn all_problems_are_told_at_once() {
    let wire = Wire::async_by_ref("", slow)
        .with_capacity(0)
        .with_output_capacity(0)
        .with_concurrency(0)
        .with_byte_budget(0, |_| 1)
        .ordered()
        .ordered_by_key(|n| *n)
        .with_timeout(Duration::ZERO)
        .with_retry(Retry::exponential(0).with_base(ms(2)).with_cap(ms(1)));
    let problems = problems(wire.build());
    assert_eq!(problems.len(), 9, "{problems:#?}");
}

#[test]
fn a_config_error_is_an_error_of_its_kind() {
    let error = Wire::map("mine", |n: u64| n).with_capacity(0).build().unwrap_err();
    let text = error.to_string();
    let error = Error::from(error);
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!error.is_retryable());
    assert_eq!(error.to_string(), text);
    assert!(error.cause::<ConfigError>().is_some());
}

#[test]
fn blocking_workers_are_bounded_by_what_the_runtime_can_start() {
    let wire =
        |workers| Wire::new_blocking("block", |n: u64| Ok::<_, String>(n)).with_workers(workers);
    wire(512).build().unwrap();
    one_problem(wire(513).build(), &["512"]);
    Wire::map("compute", |n: u64| n).with_workers(513).build().unwrap();
}

#[test]
fn what_no_machine_has_does_not_build() {
    // A queue without an end in sight: an error, not a crash at the start.
    let outcome = std::panic::catch_unwind(|| {
        let wire = Wire::map("wide", |n: u64| n).with_capacity(usize::MAX).build().ok()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().ok()?;
        runtime.block_on(async { wire.start() }).err()
    });
    assert!(outcome.is_ok(), "a panic instead of an error");
}

#[test]
fn a_built_wire_says_what_it_is() {
    let first = Wire::map("mine", |n: u64| n).build().unwrap();
    let second = Wire::map("mine", |n: u64| n).build().unwrap();
    assert_eq!(&*first.metadata().name, "mine");
    assert_eq!(first.metadata().kind.to_string(), "WIRE");
    assert_ne!(first.metadata().id, second.metadata().id);
    assert_eq!(first.metadata().id.to_string().len(), 32);
    assert!(format!("{first:?}").contains("mine"));
}

#[test]
fn the_most_workers_build() {
    let wire = |workers| Wire::async_by_ref("many", slow).with_workers(workers).build();
    drop(wire(1 << 16).unwrap());
    one_problem(wire((1 << 16) + 1), &["65536 workers"]);
}
