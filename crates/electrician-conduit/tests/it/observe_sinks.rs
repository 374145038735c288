//! What is told of items on their way to a sink: times, traces, drops.

use std::time::Duration;

use electrician_conduit::{Conduit, Routes};
use electrician_plug::sink_async;
use electrician_testkit::Recorder;
use electrician_types::Verdict;
use electrician_wire::{Batching, Wire};
use tokio::time::sleep;

use crate::support::{branch, ms, settle, stop};

#[tokio::test(start_paused = true)]
async fn the_work_of_a_sink_is_told_whole_though_it_flushes_later() {
    let recorder = Recorder::new();
    let write = sink_async(|_: u64| async {
        sleep(ms(5)).await;
        Ok::<_, std::io::Error>(())
    });
    let conduit = Conduit::from(Wire::map("head", |n: u64| n).with_workers(1))
        .sink("out", write)
        .with_observer(recorder.clone())
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    running.submit(0).await.unwrap();
    sleep(ms(1)).await;
    // While it writes, others come: it does not flush until they are written as well.
    running.submit_batch(&mut vec![1, 2]).await.unwrap();
    sleep(ms(20)).await;
    let stage = recorder.stage_named("out");
    assert_eq!(stage.totals(), (3, 3, 0));
    let worked: Duration = stage.batches().iter().map(|batch| batch.worked).sum();
    assert_eq!(worked, ms(15), "{:?}", stage.batches());
    let head = recorder.stage_named("head");
    let finished: Vec<_> = head.finished().iter().map(|item| (item.age, item.verdict)).collect();
    assert_eq!(
        finished,
        [(ms(5), Verdict::Ack), (ms(9), Verdict::Ack)],
        "it settles each item itself"
    );
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn a_trace_arrives_at_the_sink_through_splits_and_merges() {
    let recorder = Recorder::new().with_traces();
    let split = Wire::map("split", |n: u64| n).flat_map(|n| [n; 2]).with_workers(1);
    let conduit = Conduit::from(split)
        .then(Wire::batch("gather", Batching::items(2)))
        .discard()
        .with_observer(recorder.clone())
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    for n in 0..2 {
        running.submit(n).await.unwrap();
        settle().await;
    }
    let traces = |name: &str| -> Vec<u128> {
        let batches = recorder.stage_named(name).batches();
        batches.iter().flat_map(|batch| batch.traces.iter().map(|trace| trace.trace_id())).collect()
    };
    assert_eq!(traces("split"), [1, 2]);
    assert_eq!(traces("gather"), [1, 1, 2, 2], "each part belongs to it");
    assert_eq!(traces("discard"), [1, 2]);
    let finished = recorder.stage_named("split").finished();
    let ended: Vec<_> = finished.iter().filter_map(|item| item.trace).collect();
    assert_eq!(ended.iter().map(|trace| trace.trace_id()).collect::<Vec<_>>(), [1, 2]);
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn what_a_route_drops_and_how_a_sink_fares_is_told() {
    let recorder = Recorder::new();
    let routes = Routes::new().when(|n| *n < 2, branch("few")).otherwise_drop();
    let conduit = Conduit::from(Wire::map("head", |n: u64| n))
        .route(routes)
        .discard()
        .named("orders")
        .with_observer(recorder.clone())
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    running.submit_batch(&mut (0..10).collect()).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.dropped, 8);
    let events = recorder.events();
    let told = |line: &str| events.iter().filter(|event| *event == line).count();
    for line in ["discard sink_opened", "discard sink_closed", "orders conduit_stopped"] {
        assert_eq!(told(line), 1, "{line}: {events:?}");
    }
    assert!(told("route dropped") > 0, "{events:?}");
    assert_eq!(events.first().map(String::as_str), Some("orders conduit_started"));
    assert_eq!(events.last().map(String::as_str), Some("orders conduit_stopped"));
}
