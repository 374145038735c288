//! Stopping: in time, at once, at a deadline, by itself.

use std::future::{pending, ready};
use std::time::Duration;

use electrician_wire::types::Item;
use electrician_wire::{Batching, Wire};
use tokio::time::advance;

use crate::support::{
    AMPLE, Record, balanced, gated, ms, now, same, settle, soon, stalled, stop, values,
};

#[tokio::test(start_paused = true)]
async fn nothing_accepted_is_lost_by_a_stop() {
    // As many as fit, and a stop right behind them.
    for round in 0..50 {
        let wire = Wire::map("same", |n: u64| n).with_workers(3).with_capacity(500);
        let running = wire.build().unwrap().start().unwrap();
        running.submit_batch(&mut (0..500).collect()).await.unwrap();
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        let stopped = stop(running).await;
        let mut all = values(stopped.outputs);
        all.sort_unstable();
        assert_eq!(all, (0..500).collect::<Vec<_>>());
        assert!(stopped.inputs.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_run_stops_at_once() {
    let running = same(8).start().unwrap();
    let before = now();
    let stopped = soon(running.stop(Duration::MAX)).await;
    assert_eq!(now() - before, Duration::ZERO);
    assert_eq!(balanced(&stopped).accepted, 0);
    assert!(stopped.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_clean_stop_says_so_and_others_do_not() {
    let running = same(8).start().unwrap();
    let mut output = running.output();
    running.submit(1).await.unwrap();
    assert_eq!(soon(output.recv()).await, Some(1));
    assert!(stop(running).await.is_clean());

    let running = same(8).start().unwrap();
    running.submit(1).await.unwrap();
    assert!(!stop(running).await.is_clean(), "an output came back");

    let running = stalled(8).start().unwrap();
    running.submit(1).await.unwrap();
    assert!(!soon(running.stop(ms(1))).await.is_clean(), "an input came back");
}

#[tokio::test(start_paused = true)]
async fn a_stop_at_once_gives_everything_back_in_order() {
    let record = Record::new();
    let running = stalled(100).start().unwrap();
    for n in 0..50 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    let before = now();
    let stopped = soon(running.stop(Duration::ZERO)).await;
    assert!(now() - before < ms(10));
    assert_eq!(balanced(&stopped).returned, 50);
    assert_eq!(record.counts(), (0, 0));
    assert_eq!(values(stopped.inputs), (0..50).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_stop_before_anything_ran_gives_everything_back() {
    let running = same(100).start().unwrap();
    for n in 0..50 {
        running.try_submit(n).unwrap();
    }
    let stopped = soon(running.stop(Duration::ZERO)).await;
    balanced(&stopped);
    let mut all = values(stopped.outputs);
    all.extend(values(stopped.inputs));
    assert_eq!(all, (0..50).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_references_come_back_and_values_are_abandoned() {
    let running = stalled(8).start().unwrap();
    running.submit_batch(&mut vec![1, 2]).await.unwrap();
    let before = now();
    let stopped = soon(running.stop(ms(300))).await;
    let took = now() - before;
    assert!((ms(300)..ms(400)).contains(&took), "{took:?}");
    let ledger = balanced(&stopped);
    assert_eq!((ledger.returned, ledger.abandoned), (2, 0));
    assert_eq!(values(stopped.inputs), [1, 2]);

    let by_value = |_: u64| pending::<Result<u64, String>>();
    let running = Wire::new_async("hang", by_value).with_concurrency(1).build().unwrap();
    let running = running.start().unwrap();
    running.submit_batch(&mut vec![1, 2]).await.unwrap();
    let stopped = soon(running.stop(ms(300))).await;
    let ledger = balanced(&stopped);
    assert_eq!((ledger.returned, ledger.abandoned), (1, 1));
    assert_eq!(values(stopped.inputs), [2]);

    let kept = Wire::new_async("hang", by_value).keep_by_clone().with_concurrency(1);
    let running = kept.build().unwrap().start().unwrap();
    running.submit_batch(&mut vec![1, 2]).await.unwrap();
    let stopped = soon(running.stop(ms(300))).await;
    assert_eq!(balanced(&stopped).abandoned, 0);
    assert_eq!(values(stopped.inputs), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn what_is_done_by_the_deadline_is_done() {
    let wire = Wire::async_by_ref("slow", async |n: &u64| {
        tokio::time::sleep(ms(100)).await;
        Ok::<_, String>(*n)
    });
    let running = wire.with_concurrency(2).build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..20).collect()).await.unwrap();
    let stopped = soon(running.stop(ms(450))).await;
    assert_eq!(balanced(&stopped).returned, 20);
    let mut done = values(stopped.outputs);
    done.sort_unstable();
    assert_eq!(done, (0..8).collect::<Vec<_>>(), "four rounds of two");
    let mut rest = values(stopped.inputs);
    assert_eq!(rest.split_off(2), (10..20).collect::<Vec<_>>(), "the queue in order");
    rest.sort_unstable();
    assert_eq!(rest, [8, 9]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_what_is_under_way() {
    let (wire, gate) = gated(8);
    let running = wire.start().unwrap();
    running.submit_batch(&mut (0..5).collect()).await.unwrap();
    let stopping = tokio::spawn(stop(running));
    settle().await;
    assert!(!stopping.is_finished());
    gate.open(5);
    assert_eq!(values(soon(stopping).await.unwrap().outputs), (0..5).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn finish_closes_the_intake_and_waits_for_everything() {
    let (wire, gate) = gated(8);
    let running = wire.start().unwrap();
    let (inlet, output) = (running.inlet(), running.output());
    running.submit_batch(&mut (0..5).collect()).await.unwrap();
    let finishing = tokio::spawn(running.finish());
    settle().await;
    assert!(inlet.is_closed());
    advance(Duration::from_hours(1)).await;
    assert!(!finishing.is_finished(), "it has no deadline");
    let reading = tokio::spawn(output.collect());
    gate.open(5);
    let stopped = soon(finishing).await.unwrap();
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!(balanced(&stopped).delivered, 5);
    assert_eq!(soon(reading).await.unwrap(), (0..5).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn finish_or_stop_ends_by_itself() {
    let running = same(8).start().unwrap();
    running.submit_batch(&mut vec![1, 2]).await.unwrap();
    let stopped = soon(running.finish_or_stop(pending(), Duration::ZERO)).await;
    balanced(&stopped);
    assert_eq!(values(stopped.outputs), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn finish_or_stop_stops_when_told() {
    let running = stalled(8).start().unwrap();
    running.submit_batch(&mut vec![1, 2]).await.unwrap();
    let before = now();
    let signal = tokio::time::sleep(Duration::from_secs(5));
    let stopped = soon(running.finish_or_stop(signal, Duration::from_secs(2))).await;
    assert_eq!((now() - before).as_secs(), 7);
    balanced(&stopped);
    assert_eq!(values(stopped.inputs), [1, 2]);

    // Outputs that were collected before the signal are not lost by it.
    let (wire, gate) = gated(8);
    let running = wire.start().unwrap();
    running.submit_batch(&mut vec![1, 2, 3]).await.unwrap();
    gate.open(2);
    let signal = tokio::time::sleep(Duration::from_secs(5));
    let stopped = soon(running.finish_or_stop(signal, ms(1))).await;
    assert_eq!(balanced(&stopped).abandoned, 1);
    assert_eq!(values(stopped.outputs), [1, 2]);

    let running = same(8).start().unwrap();
    running.submit(1).await.unwrap();
    let stopped = soon(running.finish_or_stop(ready(()), AMPLE)).await;
    balanced(&stopped);
    assert_eq!(values(stopped.outputs), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_blocked_output_does_not_outlast_the_deadline() {
    let wire = Wire::batch("batch", Batching::<u64>::items(2)).with_output_capacity(1);
    let running = wire.build().unwrap().start().unwrap();
    let output = running.output();
    running.submit_batch(&mut (0..11).collect()).await.unwrap();
    settle().await;
    let stopped = soon(running.stop(ms(50))).await;
    let ledger = balanced(&stopped);
    let mut items = stopped.outputs.into_iter().flat_map(Item::accept).count();
    items += stopped.inputs.len();
    assert_eq!((items, ledger.accepted), (11, 11));
    drop(output);
}
