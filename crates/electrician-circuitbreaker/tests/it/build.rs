//! A configuration that cannot work does not build.

use std::time::Duration;

use electrician_circuitbreaker::CircuitBreaker;
use electrician_types::ComponentKind;

use crate::support::{SECOND, fail};

fn problems(breaker: Result<CircuitBreaker, electrician_types::ConfigError>) -> Vec<String> {
    breaker.unwrap_err().problems().to_vec()
}

#[test]
fn every_problem_is_reported_at_once() {
    let wrong = CircuitBreaker::builder("prices")
        .with_consecutive_failures(0)
        .with_failure_rate(1.5)
        .with_slow_calls(Duration::ZERO, f64::NAN)
        .with_count_window(0)
        .with_time_window(Duration::from_nanos(3), 10)
        .with_minimum_calls(0)
        .with_open_for(Duration::ZERO)
        .with_open_growth(1, Duration::ZERO)
        .with_probes(0)
        .with_required_successes(0);
    let problems = problems(wrong.build());
    assert!(problems.iter().all(|problem| problem.starts_with("prices: ")), "{problems:?}");
    for part in [
        "0 failures",
        "failure rate is 1.5",
        "slow calls need more",
        "slow calls is NaN",
        "window of 0 calls",
        "has no 10 parts",
        "choose one",
        "minimum of 0",
        "0 probes",
        "0 successes",
        "0 s is not open",
        "grows by 1",
    ] {
        let said = problems.iter().filter(|problem| problem.contains(part)).count();
        assert_eq!(said, 1, "{part}: {problems:?}");
    }
    assert_eq!(problems.len(), 12, "{problems:?}");
}

#[test]
fn what_would_have_no_effect_is_a_problem() {
    let builder = || CircuitBreaker::builder("b");
    let one = |wrong: Vec<String>, part: &str| {
        assert!(wrong.len() == 1 && wrong[0].contains(part), "{wrong:?}");
    };
    one(problems(builder().with_count_window(10).build()), "no rate that looks at it");
    one(problems(builder().with_time_window(SECOND, 10).build()), "no rate that looks at it");
    one(problems(builder().with_minimum_calls(10).build()), "no rate that it is for");
    let rate = builder().with_failure_rate(0.5).with_count_window(10);
    one(problems(rate.with_minimum_calls(11).build()), "never there");
    let parts = builder().with_failure_rate(0.5).with_time_window(SECOND, 0);
    one(problems(parts.build()), "0 parts");
    let cap = builder().with_open_for(SECOND).with_open_growth(2, SECOND / 2);
    one(problems(cap.build()), "raise the cap");
    one(problems(builder().with_failure_rate(0.5).with_count_window(65_537).build()), "65537");
}

#[test]
fn a_breaker_that_was_told_nothing_trips_at_five_in_a_row() {
    let breaker = CircuitBreaker::builder("b").build().unwrap();
    fail(&breaker, 4);
    assert_eq!(breaker.snapshot().consecutive_failures, 4);
    fail(&breaker, 1);
    let wait = breaker.try_acquire().unwrap_err().retry_after().unwrap();
    assert!(wait <= Duration::from_secs(5));
}

#[test]
fn a_rate_alone_looks_at_a_hundred_calls_of_which_twenty_are_enough() {
    let breaker = CircuitBreaker::builder("b").with_failure_rate(1.0).build().unwrap();
    fail(&breaker, 19);
    assert_eq!(breaker.snapshot().window_failures, 19);
    fail(&breaker, 1);
    assert!(breaker.try_acquire().is_err());

    let small = CircuitBreaker::builder("b").with_failure_rate(1.0).with_count_window(2);
    let small = small.build().unwrap();
    fail(&small, 2);
    assert!(small.try_acquire().is_err());

    let wide = CircuitBreaker::builder("b").with_failure_rate(1.0).build().unwrap();
    for _ in 0..150 {
        wide.try_acquire().unwrap().success();
    }
    assert_eq!(wide.snapshot().window_calls, 100);
}

#[test]
fn a_breaker_says_what_it_is() {
    let breaker = CircuitBreaker::builder("prices").build().unwrap();
    let metadata = breaker.metadata();
    assert_eq!((&*metadata.name, metadata.kind), ("prices", ComponentKind::CircuitBreaker));
    assert_eq!(metadata.kind.to_string(), "CIRCUIT_BREAKER");
    let clone = breaker.clone();
    assert_eq!(clone.metadata(), metadata);
    fail(&clone, 5);
    assert!(breaker.try_acquire().is_err());
}
