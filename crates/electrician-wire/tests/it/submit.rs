//! Submitting: accepted or given back, never anything else.

use std::sync::Arc;

use electrician_wire::types::{Item, Refusal, Refused, Submit};
use electrician_wire::{Inlet, Wire};

use crate::support::{Record, balanced, gated, same, settle, soon, stalled, stop, values};

#[tokio::test(start_paused = true)]
async fn every_way_in_accepts() {
    let running = same(64).start().unwrap();
    let record = Record::new();
    let inlet = running.inlet();
    running.submit(0).await.unwrap();
    running.try_submit(1).unwrap();
    running.submit_batch(&mut vec![2, 3]).await.unwrap();
    running.submit_from(&mut Some(11)).await.unwrap();
    running.submit_item(record.item(1, 12)).await.unwrap();
    inlet.submit(4).await.unwrap();
    inlet.try_submit(5).unwrap();
    inlet.submit_batch(&mut vec![6, 7]).await.unwrap();
    inlet.submit_from(&mut Some(8)).await.unwrap();
    inlet.submit_item(record.item(0, 9)).await.unwrap();
    inlet.try_submit_item(Item::new(10)).unwrap();
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.accepted, 13);
    let mut outputs = values(stopped.outputs);
    outputs.sort_unstable();
    assert_eq!(outputs, (0..13).collect::<Vec<_>>());
    assert!(record.is_acked(0) && record.is_acked(1));
}

#[tokio::test(start_paused = true)]
async fn through_the_contract() {
    async fn feed(into: &impl Submit<u64>) -> Result<(), Refused<u64>> {
        into.try_submit(1)?;
        into.submit(2).await
    }
    let running = same(8).start().unwrap();
    let inlet = running.inlet();
    feed(&inlet).await.unwrap();
    assert_eq!(values(stop(running).await.outputs), [1, 2]);
    assert!(feed(&inlet).await.unwrap_err().is_closed());
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_gives_the_item_back() {
    let running = stalled(2).start().unwrap();
    running.submit(0).await.unwrap();
    settle().await;
    running.try_submit(1).unwrap();
    running.try_submit(2).unwrap();
    let refused = running.try_submit(3).unwrap_err();
    assert!(refused.is_full() && !refused.is_closed());
    assert_eq!((refused.reason, refused.item), (Refusal::Full, 3));

    let record = Record::new();
    let refused = running.inlet().try_submit_item(record.item(7, 4)).unwrap_err();
    assert_eq!(record.verdict(7), None, "a refused item is the caller's, receipt and all");
    assert_eq!(refused.into_item().accept(), 4);
    assert!(record.is_acked(7));

    let inlet = running.inlet();
    assert_eq!((inlet.len(), inlet.capacity(), inlet.is_empty()), (2, 2, false));
    let stopped = soon(running.stop(std::time::Duration::ZERO)).await;
    assert_eq!(balanced(&stopped).accepted, 3);
    assert_eq!(values(stopped.inputs), [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn submit_waits_for_room_and_wakes() {
    let (wire, gate) = gated(1);
    let running = wire.start().unwrap();
    running.submit(0).await.unwrap();
    settle().await;
    running.submit(1).await.unwrap();
    let inlet = running.inlet();
    let waiting = tokio::spawn(async move { inlet.submit(2).await });
    settle().await;
    assert!(!waiting.is_finished(), "the queue is full");
    gate.open(1);
    soon(waiting).await.unwrap().unwrap();
    gate.open(2);
    assert_eq!(values(stop(running).await.outputs), [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn every_waiting_submit_gets_its_turn() {
    let (wire, gate) = gated(2);
    let running = wire.start().unwrap();
    let waiting: Vec<_> = (0..20)
        .map(|n| {
            let inlet = running.inlet();
            tokio::spawn(async move { inlet.submit(n).await })
        })
        .collect();
    settle().await;
    assert_eq!(running.progress()[0].ledger.accepted, 3, "one in hand, two in the queue");
    gate.open(20);
    for submitting in waiting {
        soon(submitting).await.unwrap().unwrap();
    }
    let mut all = values(stop(running).await.outputs);
    all.sort_unstable();
    assert_eq!(all, (0..20).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_batch_enters_front_first_and_keeps_its_allocation() {
    let (wire, gate) = gated(4);
    let running = wire.start().unwrap();
    let inlet = running.inlet();
    let feeding = tokio::spawn(async move {
        let mut batch: Vec<u64> = Vec::with_capacity(100);
        batch.extend(0..50);
        inlet.submit_batch(&mut batch).await.unwrap();
        batch
    });
    settle().await;
    assert!(!feeding.is_finished(), "50 items do not fit into 4 places");
    gate.open(50);
    let batch = soon(feeding).await.unwrap();
    assert!(batch.is_empty());
    assert!(batch.capacity() >= 100, "{}", batch.capacity());
    assert_eq!(values(stop(running).await.outputs), (0..50).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn nothing_to_submit_is_accepted_at_once() {
    let running = stalled(1).start().unwrap();
    running.submit(0).await.unwrap();
    settle().await;
    running.submit(1).await.unwrap();
    let inlet = running.inlet();
    soon(inlet.submit_from(&mut None)).await.unwrap();
    soon(inlet.submit_batch(&mut Vec::new())).await.unwrap();
    assert_eq!(running.progress()[0].ledger.accepted, 2);
    let stopped = soon(running.stop(std::time::Duration::ZERO)).await;
    assert_eq!(balanced(&stopped).accepted, 2);
}

async fn refused_by_all(inlet: &Inlet<u64>) {
    assert!(inlet.is_closed());
    assert_eq!(soon(inlet.submit(1)).await.unwrap_err(), Refused::new(1, Refusal::Closed));
    assert_eq!(inlet.try_submit(2).unwrap_err(), Refused::new(2, Refusal::Closed));
    let mut slot = Some(3);
    assert_eq!(soon(inlet.submit_from(&mut slot)).await, Err(Refusal::Closed));
    assert_eq!(slot, Some(3));
    let mut batch = vec![4, 5, 6];
    assert_eq!(soon(inlet.submit_batch(&mut batch)).await, Err(Refusal::Closed));
    assert_eq!(batch, [4, 5, 6]);
    let record = Record::new();
    let refused = soon(inlet.submit_item(record.item(0, 7))).await.unwrap_err();
    assert_eq!((refused.reason, *refused.item.value()), (Refusal::Closed, 7));
    let refused = inlet.try_submit_item(record.item(1, 8)).unwrap_err();
    assert_eq!((refused.reason, *refused.item.value()), (Refusal::Closed, 8));
    assert_eq!(record.counts(), (0, 0), "refused receipts are still open");
}

#[tokio::test(start_paused = true)]
async fn after_the_stop_every_submit_is_refused() {
    let running = same(8).start().unwrap();
    let inlet = running.inlet();
    assert!(!inlet.is_closed());
    running.submit(0).await.unwrap();
    let stopped = stop(running).await;
    for _ in 0..100 {
        refused_by_all(&inlet).await;
    }
    assert_eq!(stopped.ledger.accepted, 1);
}

#[tokio::test(start_paused = true)]
async fn while_stopping_every_submit_is_refused() {
    let (wire, gate) = gated(8);
    let running = wire.start().unwrap();
    let inlet = running.inlet();
    running.submit(0).await.unwrap();
    let stopping = tokio::spawn(stop(running));
    settle().await;
    assert!(!stopping.is_finished());
    refused_by_all(&inlet).await;
    gate.open(1);
    assert_eq!(values(soon(stopping).await.unwrap().outputs), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_run_refuses_every_submit() {
    let running = same(8).start().unwrap();
    let inlet = running.inlet();
    drop(running);
    refused_by_all(&inlet).await;
}

#[tokio::test(start_paused = true)]
async fn waiting_submits_are_refused_when_the_stop_begins() {
    let (wire, gate) = gated(2);
    let running = wire.start().unwrap();
    running.submit(0).await.unwrap();
    settle().await;
    let (first, second) = (running.inlet(), running.inlet());
    // The batch gets the two places that are left; the rest of it and the single item wait.
    let batch = tokio::spawn(async move {
        let mut batch = vec![1, 2, 3, 4];
        let refusal = first.submit_batch(&mut batch).await.unwrap_err();
        (refusal, batch)
    });
    settle().await;
    let single = tokio::spawn(async move { second.submit(5).await });
    settle().await;
    assert!(!batch.is_finished() && !single.is_finished());
    let stopping = tokio::spawn(stop(running));
    assert_eq!(soon(batch).await.unwrap(), (Refusal::Closed, vec![3, 4]));
    assert_eq!(soon(single).await.unwrap().unwrap_err(), Refused::new(5, Refusal::Closed));
    gate.open(10);
    let stopped = soon(stopping).await.unwrap();
    assert_eq!(stopped.ledger.accepted, 3);
    assert_eq!(values(stopped.outputs), [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_submit_that_waits_is_refused_when_the_run_is_dropped() {
    let running = stalled(1).start().unwrap();
    running.submit(0).await.unwrap();
    settle().await;
    running.submit(1).await.unwrap();
    let inlet = running.inlet();
    let waiting = tokio::spawn(async move { inlet.submit(2).await });
    settle().await;
    drop(running);
    assert_eq!(soon(waiting).await.unwrap().unwrap_err(), Refused::new(2, Refusal::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_what_to_do_and_hides_the_item() {
    let secret: Arc<str> = "secret".into();
    let wire = Wire::map("same", |s: Arc<str>| s).with_capacity(1).build().unwrap();
    let running = wire.start().unwrap();
    let inlet = running.inlet();
    drop(stop(running).await);
    let refused = inlet.try_submit(secret).unwrap_err();
    assert_eq!(refused.to_string(), "submit refused: the intake is closed: the run has stopped");
    assert!(!format!("{refused:?}").contains("secret"));
    let other = refused.map(|text| text.len());
    assert_eq!((other.item, other.reason), (6, Refusal::Closed));
}
