use std::future::pending;

use super::*;

#[tokio::test(start_paused = true)]
#[should_panic(
    expected = "still waiting after 3600s at crates/electrician-testkit/src/drive/tests.rs"
)]
async fn a_hang_fails_where_it_was_waited_for() {
    soon(pending::<()>()).await;
}

#[tokio::test]
async fn what_is_waited_for_is_known_as_long_as_it_is() {
    let here = || lock(&WAITS).iter().filter(|wait| wait.at.line() == line!() + 1).count();
    let waiting = soon(async { here() });
    assert_eq!((waiting.await, here()), (1, 0));
}

#[tokio::test]
async fn a_count_that_is_reached_ends_the_wait() {
    let count = Count::new();
    let counting = Arc::clone(&count);
    let reached = tokio::spawn(async move { counting.reached(2).await });
    assert_eq!((count.up(), count.up()), (0, 1));
    soon(reached).await.unwrap();
}

#[test]
fn a_barrier_lets_as_many_pass_as_it_has_permits() {
    let barrier = Barrier::default();
    barrier.open(2);
    barrier.pass();
    barrier.pass();
    assert_eq!(*lock(&barrier.0.0), 0);
}
