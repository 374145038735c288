//! Assertions on stopped runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use electrician_testkit::{assert_balanced, assert_clean};
use electrician_wire::{Stopped, Wire};

async fn stopped() -> Stopped<Wire<u64, u64>> {
    let wire = Wire::new("odd", |n: u64| if n % 2 == 1 { Ok(n) } else { Err("even") });
    let running = wire.with_workers(1).build().unwrap().start().unwrap();
    for n in 0..4 {
        running.submit(n).await.unwrap();
    }
    running.stop(Duration::from_secs(20)).await
}

fn message(f: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[tokio::test]
async fn a_run_that_is_not_clean_says_why() {
    let stopped = stopped().await;
    assert_balanced(&stopped);
    let message = message(|| assert_clean(&stopped));
    for part in
        ["the run is not clean:\n", "2 item(s) failed", "even", "came back: 0 in, 0 between, 2"]
    {
        assert!(message.contains(part), "{part:?} is missing: {message}");
    }
}

#[tokio::test]
async fn a_run_that_does_not_balance_says_where() {
    let mut stopped = stopped().await;
    stopped.ledger.accepted += 1;
    stopped.stages[0].ledger.failed += 2;
    let message = message(|| assert_balanced(&stopped));
    assert_eq!(
        message,
        "the run does not balance:\n  the run: accepted 5 ≠ delivered 0 + failed 2 + returned 2\n  \
         odd: accepted 4 ≠ delivered 2 + failed 4"
    );
}

#[tokio::test]
async fn a_clean_run_is_clean() {
    let wire = Wire::map("same", |n: u64| n).build().unwrap();
    assert_clean(&wire.start().unwrap().stop(Duration::MAX).await);
}
