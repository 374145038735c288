//! A conduit has one clock, wherever among its parts it was set.

use std::sync::Arc;
use std::time::Instant;

use electrician_conduit::{Conduit, ConduitBuilder, Routes};
use electrician_types::{Clock, Timer};
use electrician_wire::{Batching, RuntimeClock, Wire};

use crate::clock::Manual;
use crate::support::{branch, ms, names_all, numbers, settle, stop};

/// A clock that says nothing about who is the same.
#[derive(Debug)]
struct Plain(#[expect(dead_code, reason = "what has no size is alike")] u8);

impl Clock for Plain {
    fn now(&self) -> Instant {
        RuntimeClock.now()
    }

    fn timer(&self) -> Box<dyn Timer> {
        RuntimeClock.timer()
    }
}

/// Gathers what comes, for 50 ms of the conduit's clock.
fn gather(name: &str) -> ConduitBuilder<u64, Vec<u64>> {
    Conduit::from(Wire::batch(name, Batching::items(100).age(ms(50))))
}

/// That the batches of `conduit` get as old as `clock` says.
async fn goes_by(clock: &Manual, conduit: ConduitBuilder<u64, Vec<u64>>) {
    let running = conduit.build().unwrap().start().unwrap();
    let mut output = running.output();
    running.submit(1).await.unwrap();
    settle().await;
    clock.advance(ms(49));
    settle().await;
    assert_eq!(output.try_recv(), None, "too young to be closed");
    clock.advance(ms(1));
    settle().await;
    // Not `recv`: while it waited, the runtime's clock would move.
    assert_eq!(output.try_recv(), Some(vec![1]), "the runtime's clock has no say");
    drop(output);
    assert!(stop(running).await.is_clean());
}

#[tokio::test(start_paused = true)]
async fn the_clock_of_a_linked_conduit_is_the_clock_of_the_whole() {
    let clock = Manual::new();
    let tail = gather("tail").with_clock(Arc::new(clock.clone())).build().unwrap();
    goes_by(&clock, branch("head").link(tail)).await;
    let head = branch("head").with_clock(Arc::new(clock.clone())).build().unwrap();
    goes_by(&clock, Conduit::from(head).link(gather("tail").build().unwrap())).await;
}

#[tokio::test(start_paused = true)]
async fn the_clock_of_a_branch_is_the_clock_of_the_whole() {
    let clock = Manual::new();
    let set = || gather("branch").with_clock(Arc::new(clock.clone()));
    goes_by(&clock, branch("head").broadcast([set()])).await;
    goes_by(&clock, branch("head").partition_by_key(|n| *n, [set()])).await;
    goes_by(&clock, branch("head").route(Routes::new().when(|_| true, set()))).await;
    goes_by(
        &clock,
        branch("head").route(Routes::new().when(|_| false, gather("other")).otherwise(set())),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_clock_of_a_side_is_the_clock_of_the_whole() {
    let clock = Manual::new();
    let side = branch("side").with_source(numbers(0..0)).with_clock(Arc::new(clock.clone()));
    goes_by(&clock, gather("head").fed_by(side)).await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_is_found_however_deep_it_lies() {
    let clock = Manual::new();
    let deep = gather("deep").with_clock(Arc::new(clock.clone()));
    let tail = branch("outer").broadcast([deep]).build().unwrap();
    let whole = branch("head").link(tail).build().unwrap();
    goes_by(&clock, whole.into()).await;
}

#[test]
fn contradictory_clocks_are_a_problem_that_names_both() {
    let clock = || Arc::new(Manual::new());
    let head = || branch("head").named("first").with_clock(clock());
    let tail = || branch("tail").named("second").with_clock(clock());
    let both = |conduit: ConduitBuilder<u64, u64>| {
        let error = conduit.build().unwrap_err();
        assert_eq!(error.problems().len(), 1, "{error}");
        let text = &error.problems()[0];
        for word in ["\"first\"", "\"head\"", "\"second\"", "\"tail\"", "clock"] {
            assert!(text.contains(word), "{word}: {error}");
        }
    };
    both(head().link(tail().build().unwrap()));
    both(head().broadcast([tail()]));
    both(head().route(Routes::new().when(|_| true, branch("other")).otherwise(tail())));
    both(head().fed_by(tail().with_source(numbers(0..1))));
    both(branch("neither").link(head().build().unwrap()).link(tail().build().unwrap()));
    // Setting it afterwards does not hide the contradiction.
    let error = branch("head").link(tail().build().unwrap()).with_clock(clock()).build();
    assert!(error.is_err(), "{error:?}");
}

#[test]
fn the_same_clock_set_twice_is_no_contradiction() {
    let same: Arc<dyn Clock> = Arc::new(Plain(1));
    let manual = Manual::new();
    let clocks: [&dyn Fn() -> Arc<dyn Clock>; 3] =
        [&|| Arc::clone(&same), &|| Arc::new(manual.clone()), &|| Arc::new(RuntimeClock)];
    for clock in clocks {
        let part = |name| branch(name).with_clock(clock());
        let conduit = part("head").link(part("tail").build().unwrap()).broadcast([part("branch")]);
        let conduit = conduit.fed_by(part("side").with_source(numbers(0..1)));
        assert!(conduit.build().is_ok(), "{:?}", clock());
    }
    let part = |name| branch(name).with_clock(Arc::new(Plain(1)));
    assert!(part("head").broadcast([part("branch")]).build().is_err(), "may well be two");
}

#[test]
fn the_last_clock_that_a_conduit_was_given_counts() {
    let clock = || Arc::new(Manual::new());
    let conduit = branch("head").with_clock(clock()).with_clock(clock()).build().unwrap();
    let again: ConduitBuilder<u64, u64> = conduit.into();
    assert!(again.with_clock(clock()).build().is_ok(), "it is its own clock that is replaced");
}

#[test]
fn the_settings_of_parts_are_validated_with_the_whole() {
    let part = |name: &str| branch(name).named("").with_output_capacity(0);
    let error = branch("head")
        .broadcast([part("branch")])
        .fed_by(part("side").with_source(numbers(0..1)))
        .build()
        .unwrap_err();
    names_all(error.problems(), &["name is empty", "output of capacity 0"], &error);
    assert_eq!(error.problems().len(), 4, "{error}");
}
