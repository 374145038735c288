//! No task outlives its run, however the run ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use electrician_conduit::{Conduit, Ended, Routes};
use electrician_generator::{Generator, Restart};
use electrician_plug::{Plug, Tap, sink_fn};
use electrician_wire::{Retry, Running, Wire};

use crate::record::Dropped;
use crate::support::{branch, finish, ms, numbers, settle, stalled, stop, stop_within};

fn tasks() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// Sources of every kind, branches, a side, sinks.
fn everything() -> Conduit<u64, Ended> {
    let side = branch("side").with_source(numbers(0..20));
    let failing = Plug::try_iter(|| [Ok(1), Err("as told")]);
    let function = Plug::function(|tap: Tap<u64>| async move {
        for n in 0..10 {
            tap.submit(n).await?;
        }
        Ok::<_, electrician_types::Refused<u64>>(())
    });
    let nothing = sink_fn(|_: &u64| Ok::<_, String>(()));
    let routes = Routes::new()
        .when(|n: &u64| n.is_multiple_of(2), branch("even").sink("evens", nothing))
        .otherwise(branch("odd").broadcast([branch("a").discard(), branch("b").discard()]));
    Conduit::from(Wire::map("head", |n: u64| n).with_workers(2))
        .fed_by(side)
        .with_source(numbers(0..30))
        .with_source(
            Generator::new("failing", failing)
                .with_restart(Restart::on_failure(Retry::fixed(2, ms(1)).only_if(|_| true))),
        )
        .with_source(Generator::new("function", function))
        .route(routes)
        .build()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_thousand_runs_leave_no_task() {
    let mut conduit = everything();
    for round in 0..1000_u64 {
        let running = conduit.start().unwrap();
        conduit = match round % 4 {
            0 => stop_within(running, Duration::ZERO).await.component,
            1 => stop(running).await.component,
            2 => {
                for _ in 0..round % 50 {
                    tokio::task::yield_now().await;
                }
                stop_within(running, ms(round % 3)).await.component
            }
            _ => {
                settle().await;
                stop(running).await.component
            }
        };
        assert_eq!(tasks(), 0, "round {round}");
    }
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_runs_of_a_source_and_a_sink_leave_no_task() {
    let mut conduit = branch("head").discard().with_source(numbers(0..40)).build().unwrap();
    for round in 0..10_000_u64 {
        let running = conduit.start().unwrap();
        for _ in 0..round % 10 {
            tokio::task::yield_now().await;
        }
        let deadline = if round % 2 == 0 { Duration::ZERO } else { ms(1000) };
        conduit = stop_within(running, deadline).await.component;
        assert_eq!(tasks(), 0, "round {round}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_to_the_end_leaves_no_task() {
    let conduit = branch("head")
        .with_source(numbers(0..100))
        .fed_by(branch("side").with_source(numbers(0..100)))
        .broadcast([branch("a"), branch("b")])
        .discard()
        .build()
        .unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert_eq!((stopped.ledger.delivered, tasks()), (400, 0));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_dropped_leaves_no_task_and_drops_what_it_held() {
    let drops = Arc::new(AtomicUsize::new(0));
    for before in [0, 1, 10, 200] {
        drop(everything().start().unwrap());
        let guard = Dropped(Arc::clone(&drops));
        let sink = sink_fn(move |_: &u64| {
            let _ = &guard;
            Ok::<_, String>(())
        });
        let endless = branch("head").with_source(numbers(0..)).broadcast([
            Conduit::from(stalled("stalled", 4)).discard(),
            branch("b").sink("guarded", sink),
        ]);
        let running = endless.build().unwrap().start().unwrap();
        for _ in 0..before {
            tokio::task::yield_now().await;
        }
        assert!(tasks() > 0);
        let inlet = running.inlet();
        drop(running);
        settle().await;
        assert_eq!(tasks(), 0, "dropped after {before} turns");
        assert!(inlet.try_submit(1).is_err_and(|refused| refused.is_closed()));
    }
    assert_eq!(drops.load(Ordering::SeqCst), 4, "the sinks went with their runs");
}

#[tokio::test(start_paused = true)]
async fn a_stop_or_finish_that_is_cancelled_cancels_the_run() {
    let start = || -> Running<Conduit<u64, u64>> {
        let conduit = Conduit::from(stalled("stalled", 4)).with_source(numbers(0..));
        conduit.build().unwrap().start().unwrap()
    };
    let waits = tokio::time::timeout(ms(5), start().finish()).await;
    assert!(waits.is_err());
    settle().await;
    assert_eq!(tasks(), 0);
    let running = start();
    settle().await;
    let waits = tokio::time::timeout(ms(5), running.stop(Duration::from_mins(1))).await;
    assert!(waits.is_err());
    settle().await;
    assert_eq!(tasks(), 0);
    let ends = start().finish_or_stop(std::future::pending(), ms(1));
    assert!(tokio::time::timeout(ms(5), ends).await.is_err());
    settle().await;
    assert_eq!(tasks(), 0);
}
