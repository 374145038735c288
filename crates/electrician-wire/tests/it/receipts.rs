//! Receipts end to end: a source learns what became of each item, and commits nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use electrician_wire::types::{Item, NackReason, Nacked, Watermark};
use electrician_wire::{Batching, Retry, Wire};

use crate::support::{
    Gate, Record, balanced, gated, ms, same, settle, soon, stalled, stop, values,
};

#[tokio::test(start_paused = true)]
async fn delivery_acknowledges_and_nothing_before_it_does() {
    let record = Record::new();
    let (wire, gate) = gated(16);
    let running = wire.start().unwrap();
    for n in 0..6 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    gate.open(6);
    settle().await;
    assert_eq!(record.counts(), (0, 0), "an output that nobody read is not delivered");
    let mut output = running.output();
    assert_eq!(output.recv().await, Some(0));
    assert!(record.is_acked(0));
    assert_eq!(output.recv_batch(&mut Vec::new(), 2).await, 2);
    assert_eq!(record.counts(), (3, 0));
    assert_eq!(output.try_recv(), Some(3));
    assert!(record.is_acked(3));
    // With its receipt, an item is acknowledged when its reader says so.
    let item = output.recv_item().await.unwrap();
    assert_eq!(record.verdict(4), None);
    drop(item);
    assert_eq!(record.nack(4), Some(NackReason::Dropped));
    output.recv_item().await.unwrap().into_parts().1.nack(NackReason::Rejected);
    assert_eq!(record.nack(5), Some(NackReason::Rejected));
    assert_eq!(stop(running).await.ledger.delivered, 6);
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_is_open_until_it_is_dropped() {
    let record = Record::new();
    let running = stalled(8).start().unwrap();
    for n in 0..4 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    let stopped = soon(running.stop(Duration::ZERO)).await;
    balanced(&stopped);
    assert_eq!(record.counts(), (0, 0));
    let mut inputs = stopped.inputs.into_iter();
    inputs.next().unwrap().accept();
    inputs.next().unwrap().into_parts().1.nack(NackReason::Returned);
    drop(inputs);
    assert!(record.is_acked(0));
    assert_eq!(record.nack(1), Some(NackReason::Returned));
    assert_eq!(record.counts(), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn a_failed_abandoned_or_dropped_item_is_a_nack() {
    let record = Record::new();
    let wire = Wire::new_async("one", |n: u64| async move {
        if n == 0 { Err("zero") } else { std::future::pending().await }
    });
    let wire: Wire<u64, u64> = wire.with_concurrency(1).build().unwrap();
    let running = wire.start().unwrap();
    for n in 0..2 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    let stopped = soon(running.stop(ms(10))).await;
    assert_eq!(balanced(&stopped).abandoned, 1);
    assert_eq!(record.nack(0), Some(NackReason::Failed));
    assert_eq!(record.nack(1), Some(NackReason::Dropped));
}

#[tokio::test(start_paused = true)]
async fn a_split_item_is_acknowledged_when_all_its_parts_are() {
    let record = Record::new();
    let wire = Wire::flat_map("split", |n: u64| vec![n; 3]).with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    let mut output = running.output();
    for n in 0..3 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    for _ in 0..2 {
        soon(output.recv()).await.unwrap();
        assert_eq!(record.verdict(0), None, "not all parts are read");
    }
    soon(output.recv()).await.unwrap();
    assert!(record.is_acked(0));
    // One part refused is the whole refused, when the last has settled.
    drop(output.recv_item().await.unwrap());
    let (last, second) = (output.recv_item().await.unwrap(), output.recv_item().await.unwrap());
    second.accept();
    assert_eq!(record.verdict(1), None);
    last.accept();
    assert_eq!(record.nack(1), Some(NackReason::Dropped));
    // Parts that come back keep their share of the receipt.
    drop(output);
    let stopped = stop(running).await;
    assert_eq!(stopped.outputs.len(), 3);
    assert_eq!(record.verdict(2), None);
    values(stopped.outputs);
    assert!(record.is_acked(2));
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_the_split_is_one_verdict() {
    let record = Record::new();
    let wire = Wire::flat_map("split", |n: u64| vec![n; 3])
        .and_then(|n| if n == 1 { Err("one") } else { Ok(n) })
        .with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    for n in 0..3 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    values(stop(running).await.outputs);
    assert_eq!(record.nack(1), Some(NackReason::Failed));
    assert_eq!(record.counts(), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_batch_settles_all_its_items() {
    let record = Record::new();
    let running = Wire::batch("merge", Batching::items(3)).build().unwrap().start().unwrap();
    let mut output = running.output();
    for n in 0..7 {
        let item = if n == 1 { Item::new(n) } else { record.item(n, n) };
        running.inlet().submit_item(item).await.unwrap();
    }
    assert_eq!(soon(output.recv()).await.unwrap(), [0, 1, 2]);
    assert_eq!(record.counts(), (2, 0), "one of them had no source");
    drop(soon(output.recv_item()).await.unwrap());
    assert_eq!(record.counts(), (2, 3));
    drop(output);
    assert_eq!(values(stop(running).await.outputs), [[6]]);
    assert!(record.is_acked(6));
}

#[tokio::test(start_paused = true)]
async fn merged_and_split_again_each_item_has_one_verdict() {
    let record = Record::new();
    let merge = Wire::batch("merge", Batching::items(4)).build().unwrap().start().unwrap();
    let split = Wire::unbatch("split").with_workers(1).build().unwrap().start().unwrap();
    for n in 0..10 {
        merge.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    for batch in stop(merge).await.outputs {
        split.inlet().submit_item(batch).await.unwrap();
    }
    let mut outputs = stop(split).await.outputs.into_iter();
    for item in outputs.by_ref().take(9) {
        item.accept();
    }
    assert_eq!(record.counts(), (8, 0));
    drop(outputs);
    assert_eq!(record.counts(), (8, 2), "nine and eight shared a batch");
}

#[tokio::test(start_paused = true)]
async fn a_retried_item_has_one_verdict() {
    let record = Record::new();
    let attempts = AtomicU64::new(0);
    let wire = Wire::by_ref("odd", move |n: &u64| {
        if attempts.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) { Err("odd") } else { Ok(*n) }
    });
    let wire = wire.with_workers(1).with_retry(Retry::fixed(1, ms(1)));
    let wire = wire.with_parked(0).build().unwrap();
    let running = wire.start().unwrap();
    for n in 0..10 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.retried, record.counts()), (10, (0, 0)));
    values(stopped.outputs);
    assert_eq!(record.counts(), (10, 0));
}

#[tokio::test(start_paused = true)]
async fn the_watermark_passes_only_what_is_done_however_it_completes() {
    let mut watermark = Watermark::new(64);
    // Items complete in the reverse of their order.
    let wire = Wire::new_async("reverse", |n: u64| async move {
        tokio::time::sleep(ms(100 - n)).await;
        Ok::<_, String>(n)
    });
    let running = wire.with_concurrency(10).build().unwrap().start().unwrap();
    let mut output = running.output();
    for n in 0..10 {
        let item = Item::with_receipt(n, watermark.track(1000 + n).unwrap());
        running.inlet().submit_item(item).await.unwrap();
    }
    for n in (1..10).rev() {
        assert_eq!(soon(output.recv()).await, Some(n));
        assert_eq!(watermark.advance(), None, "the first is still under way");
    }
    assert_eq!(soon(output.recv()).await, Some(0));
    assert_eq!(watermark.advance(), Some(1009));
    assert_eq!((watermark.committed(), watermark.in_flight()), (Some(1009), 0));
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn the_watermark_stands_at_a_failed_item_until_it_was_delivered_again() {
    let mut watermark = Watermark::new(64);
    let tries = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&tries);
    let wire = Wire::flat_map("flaky", move |n: u64| {
        let fails = n == 3 && count.fetch_add(1, Ordering::Relaxed) == 0;
        [Ok(n), if fails { Err("not yet") } else { Ok(n) }]
    })
    .and_then(|part| part)
    .filter(|n| *n != 5);
    let running = wire.with_workers(1).build().unwrap().start().unwrap();
    let mut output = running.output();
    for n in 0..8 {
        let item = Item::with_receipt(n, watermark.track(n).unwrap());
        running.inlet().submit_item(item).await.unwrap();
    }
    let mut read = Vec::new();
    while read.len() < 12 {
        soon(output.recv_batch(&mut read, 100)).await;
    }
    assert_eq!(watermark.advance(), Some(2));
    let nacked: Vec<_> = watermark.nacked().collect();
    assert_eq!(nacked, [Nacked { offset: 3, reason: NackReason::Failed }]);
    let again = Item::with_receipt(3, watermark.retry(3).unwrap());
    running.inlet().submit_item(again).await.unwrap();
    assert_eq!(soon(output.recv()).await, Some(3));
    assert_eq!(watermark.advance(), None, "one of two parts");
    assert_eq!(soon(output.recv()).await, Some(3));
    assert_eq!(watermark.advance(), Some(7), "what was filtered is done");
    let ledger = stop(running).await.ledger;
    assert_eq!((ledger.accepted, ledger.failed, ledger.filtered), (9, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_window_bounds_what_a_source_has_in_flight() {
    const WINDOW: usize = 4;
    let mut watermark = Watermark::new(WINDOW);
    let gate = Gate::default();
    let pass = gate.clone();
    let wire = Wire::new_async("gated", move |n: u64| {
        let gate = pass.clone();
        async move {
            gate.pass().await;
            Ok::<_, String>(n)
        }
    });
    let running = wire.with_concurrency(8).build().unwrap().start().unwrap();
    let reading = tokio::spawn(running.output().collect());
    let mut sent = 0;
    while sent < 100 {
        let Some(receipt) = watermark.track(sent) else {
            assert_eq!(watermark.in_flight(), WINDOW);
            gate.open(1);
            soon(std::future::poll_fn(|cx| watermark.poll_settled(cx))).await;
            watermark.advance();
            continue;
        };
        running.inlet().submit_item(Item::with_receipt(sent, receipt)).await.unwrap();
        sent += 1;
    }
    gate.open(WINDOW);
    let stopped = stop(running).await;
    assert_eq!(watermark.advance().or(watermark.committed()), Some(99));
    assert_eq!(stopped.ledger.delivered, 100);
    soon(reading).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn items_without_a_source_cost_no_verdict() {
    let running = same(8).start().unwrap();
    running.submit(1).await.unwrap();
    settle().await;
    let mut output = running.output();
    let item = output.recv_item().await.unwrap();
    assert!(!item.receipt().is_tracked());
    drop(stop(running).await);
}

/// Values without a size: a vector of them has room for more than there can be receipts.
#[tokio::test]
async fn items_without_a_size_have_receipts_too() {
    let record = Record::new();
    let running = Wire::map("same", |(): ()| ()).build().unwrap().start().unwrap();
    let mut output = running.output();
    for token in 0..100 {
        running.submit_item(record.item(token, ())).await.unwrap();
    }
    for _ in 0..100 {
        output.recv().await.unwrap();
    }
    assert!((0..100).all(|token| record.is_acked(token)));
    drop(output);
    assert_eq!(balanced(&stop(running).await).delivered, 100);
}
