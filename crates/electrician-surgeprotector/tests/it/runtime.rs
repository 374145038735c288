//! With the clock of the runtime, which a builder has by default.

use std::time::Duration;

use electrician_surgeprotector::{
    Adaptive, Admission, Burst, Guarded, Overflow, RuntimeClock, SurgeProtector,
};
use electrician_types::{Clock, Submit};

use crate::support::{Target, ms};

#[tokio::test(start_paused = true)]
async fn the_default_clock_follows_the_runtime() {
    let start = RuntimeClock.now();
    let protector =
        SurgeProtector::builder().with_rate("100/s".parse().unwrap(), Burst::ONE).build().unwrap();
    let entrance = Guarded::new(protector.clone(), Target::open(), Overflow::Wait);
    for item in 0..101 {
        entrance.submit(item).await.unwrap();
    }
    assert_eq!(RuntimeClock.now() - start, Duration::from_secs(1));
    assert_eq!(protector.try_admit(1), Admission::Wait(ms(10)));
}

#[tokio::test(start_paused = true)]
async fn tasks_wait_for_permits_and_for_changes() {
    let limit = Adaptive::builder().with_initial(1).build().unwrap();
    let permit = limit.acquire().await;
    let waiting = tokio::spawn({
        let limit = limit.clone();
        async move { limit.acquire().await.ignore() }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    permit.ignore();
    waiting.await.unwrap();

    let protector = SurgeProtector::builder().build().unwrap();
    let mut watch = protector.watch();
    let watching = tokio::spawn(async move { watch.changed().await });
    tokio::task::yield_now().await;
    protector.trip();
    assert!(watching.await.unwrap().is_closed());
}
