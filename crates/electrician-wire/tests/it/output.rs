//! Reading: one by one, in batches, as a stream, by several, or by nobody.

use std::time::Duration;

use electrician_wire::types::{NackReason, Receive};
use electrician_wire::{Output, Wire};
use futures_util::StreamExt;

use crate::support::{
    AMPLE, Record, balanced, ms, now, poll_once, same, settle, soon, stop, values,
};

/// Reads slowly, to the end.
async fn read_slowly(mut output: Output<u64>) -> Vec<u64> {
    let mut all = Vec::new();
    while let Some(n) = output.recv().await {
        all.push(n);
        tokio::time::sleep(ms(1)).await;
    }
    all
}

#[tokio::test(start_paused = true)]
async fn every_way_out_gives_what_is_there() {
    let running = same(64).start().unwrap();
    let mut output = running.output();
    assert_eq!(output.try_recv(), None);
    assert!(output.is_empty());
    running.submit_batch(&mut (0..20).collect()).await.unwrap();
    settle().await;
    assert_eq!(output.len(), 20);
    assert_eq!(output.recv().await, Some(0));
    assert_eq!(output.try_recv(), Some(1));
    assert_eq!(output.recv_item().await.unwrap().accept(), 2);
    let mut batch = vec![99];
    assert_eq!(output.recv_batch(&mut batch, 3).await, 3);
    assert_eq!(batch, [99, 3, 4, 5], "appended, at most what was asked for");
    assert_eq!(output.recv_batch(&mut batch, 0).await, 0);
    assert_eq!(output.next().await, Some(6));
    assert_eq!(output.receive().await.unwrap().accept(), 7);
    assert_eq!(output.len(), 12);
    let stopping = tokio::spawn(stop(running));
    assert_eq!(soon(output.collect()).await, (8..20).collect::<Vec<_>>());
    assert_eq!(soon(stopping).await.unwrap().ledger.delivered, 20);
}

#[tokio::test(start_paused = true)]
async fn the_end_is_seen_by_every_way_out() {
    let running = same(8).start().unwrap();
    let mut output = running.output();
    drop(stop(running).await);
    for _ in 0..3 {
        assert_eq!(soon(output.recv()).await, None);
        assert!(soon(output.recv_item()).await.is_none());
        assert_eq!(soon(output.recv_batch(&mut Vec::new(), 9)).await, 0);
        assert_eq!(soon(output.next()).await, None);
        assert_eq!(output.try_recv(), None);
    }
    assert!(soon(output.collect()).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn recv_waits_and_wakes() {
    let running = same(8).start().unwrap();
    let mut output = running.output();
    let reading = tokio::spawn(async move { (output.recv().await, output.recv().await) });
    settle().await;
    assert!(!reading.is_finished());
    running.submit(1).await.unwrap();
    settle().await;
    running.submit(2).await.unwrap();
    assert_eq!(soon(reading).await.unwrap(), (Some(1), Some(2)));
    assert_eq!(stop(running).await.ledger.delivered, 2);
}

#[tokio::test(start_paused = true)]
async fn several_outputs_share_the_items() {
    let running = same(256).start().unwrap();
    let readers: Vec<_> = (0..3).map(|_| tokio::spawn(read_slowly(running.output()))).collect();
    for n in 0..600 {
        running.submit(n).await.unwrap();
    }
    let stopped = stop(running).await;
    let mut all = values(stopped.outputs);
    for reading in readers {
        let part = soon(reading).await.unwrap();
        assert!(!part.is_empty(), "every reader got a share");
        all.extend(part);
    }
    all.sort_unstable();
    assert_eq!(all, (0..600).collect::<Vec<_>>(), "each item went to one of them");
}

#[tokio::test(start_paused = true)]
async fn an_idle_output_does_not_keep_items_from_others() {
    let running = same(8).start().unwrap();
    let (mut idle, mut busy) = (running.output(), running.output());
    // A `select!` that took another branch: nothing was received, and nobody will ask again.
    assert!(poll_once(idle.recv()).is_pending());
    let reading = tokio::spawn(async move { busy.recv().await });
    settle().await;
    running.submit(1).await.unwrap();
    assert_eq!(soon(reading).await.unwrap(), Some(1));
    drop(idle);
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_output_gives_back_what_it_had_not_handed_out() {
    let record = Record::new();
    let running = same(16).start().unwrap();
    let inlet = running.inlet();
    for n in 0..10 {
        inlet.submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    let mut output = running.output();
    assert_eq!(output.recv().await, Some(0));
    drop(output);
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.delivered, stopped.ledger.returned), (1, 9));
    assert_eq!(record.counts(), (1, 0), "the others are still open");
    let mut back = values(stopped.outputs);
    back.sort_unstable();
    assert_eq!(back, (1..10).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn what_a_dropped_output_gave_back_comes_first() {
    let running = same(200).start().unwrap();
    running.submit_batch(&mut (0..150).collect()).await.unwrap();
    settle().await;
    let mut output = running.output();
    assert_eq!(output.recv().await, Some(0)); // With a share of 64.
    drop(output);
    assert_eq!(values(stop(running).await.outputs), (1..150).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn while_an_idle_output_exists_nothing_else_reads() {
    let wire =
        Wire::map("same", |n: u64| n).with_workers(1).with_capacity(4).with_output_capacity(4);
    let running = wire.build().unwrap().start().unwrap();
    let output = running.output();
    let inlet = running.inlet();
    let feeding = tokio::spawn(async move {
        for n in 0..1000 {
            if inlet.submit(n).await.is_err() {
                return n;
            }
        }
        1000
    });
    settle().await;
    assert!(!feeding.is_finished(), "the pipeline is full");
    assert_eq!(output.len(), 4);
    // The stop has to wait for its deadline, for the output might still read.
    let before = now();
    let stopped = soon(running.stop(ms(500))).await;
    assert_eq!((now() - before).as_millis() / 100, 5);
    let accepted = soon(feeding).await.unwrap();
    let ledger = balanced(&stopped);
    assert_eq!((ledger.accepted, ledger.returned), (accepted, accepted));
    drop(output);
}

#[tokio::test(start_paused = true)]
async fn with_no_output_the_stop_collects() {
    let wire = Wire::flat_map("many", |n: u64| vec![n; 50])
        .with_workers(1)
        .with_capacity(4)
        .with_output_capacity(1);
    let running = wire.build().unwrap().start().unwrap();
    for n in 0..4 {
        running.submit(n).await.unwrap();
    }
    let stopped = stop(running).await;
    let expected: Vec<_> = (0..4).flat_map(|n| [n; 50]).collect();
    assert_eq!(values(stopped.outputs), expected);
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_leaves_while_stopping_leaves_the_rest_to_the_stop() {
    let wire =
        Wire::map("same", |n: u64| n).with_workers(1).with_capacity(64).with_output_capacity(2);
    let running = wire.build().unwrap().start().unwrap();
    let mut output = running.output();
    running.submit_batch(&mut (0..50).collect()).await.unwrap();
    settle().await;
    let stopping = tokio::spawn(stop(running));
    settle().await;
    assert!(!stopping.is_finished(), "the output might still read");
    assert_eq!(output.recv().await, Some(0));
    let before = now();
    drop(output);
    let stopped = soon(stopping).await.unwrap();
    assert_eq!(now(), before, "nothing keeps it from ending at once");
    assert_eq!((stopped.ledger.delivered, stopped.ledger.returned), (1, 49));
    let mut rest = values(stopped.outputs);
    rest.sort_unstable();
    assert_eq!(rest, (1..50).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn an_output_that_keeps_reading_gets_everything_before_the_deadline() {
    let running = same(256).start().unwrap();
    let output = running.output();
    running.submit_batch(&mut (0..200).collect()).await.unwrap();
    let reading = tokio::spawn(read_slowly(output));
    let stopped = soon(running.stop(AMPLE)).await;
    let ledger = balanced(&stopped);
    assert_eq!(soon(reading).await.unwrap(), (0..200).collect::<Vec<_>>(), "{ledger}");
    assert_eq!((ledger.delivered, ledger.returned), (200, 0));
}

#[tokio::test(start_paused = true)]
async fn finish_waits_for_an_output_that_keeps_reading() {
    let running = same(256).start().unwrap();
    let output = running.output();
    running.submit_batch(&mut (0..200).collect()).await.unwrap();
    let reading = tokio::spawn(read_slowly(output));
    let stopped = soon(running.finish()).await;
    let ledger = balanced(&stopped);
    assert_eq!(soon(reading).await.unwrap(), (0..200).collect::<Vec<_>>(), "{ledger}");
    assert!(stopped.is_clean());
}

#[tokio::test(start_paused = true)]
async fn what_was_delivered_was_read() {
    let record = Record::new();
    let running = same(16).start().unwrap();
    let inlet = running.inlet();
    for n in 0..10 {
        inlet.submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    let mut output = running.output();
    assert_eq!(output.recv().await, Some(0));
    let stopped = soon(running.stop(Duration::from_secs(1))).await;
    let ledger = balanced(&stopped);
    // Nobody asks the output any more. What it had not handed out was not delivered.
    drop(output);
    let returned = values(stopped.outputs).len();
    let nacked = (0..10).filter(|n| record.nack(*n) == Some(NackReason::Dropped)).count();
    assert_eq!((ledger.delivered, returned, nacked), (1, 9, 0), "{ledger}");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_collect_leaves_what_it_read() {
    let record = Record::new();
    let running = same(16).start().unwrap();
    let inlet = running.inlet();
    let (mut output, mut all) = (running.output(), vec![99]);
    for n in 0..10 {
        inlet.submit_item(record.item(n, n)).await.unwrap();
        if n % 5 == 4 {
            settle().await;
            assert!(poll_once(output.collect_into(&mut all)).is_pending());
        }
    }
    assert_eq!(record.counts(), (10, 0));
    running.submit(10).await.unwrap();
    let finishing = tokio::spawn(running.finish());
    soon(output.collect_into(&mut all)).await;
    assert_eq!(all, [vec![99], (0..=10).collect()].concat());
    assert_eq!(balanced(&soon(finishing).await.unwrap()).delivered, 11);
}
