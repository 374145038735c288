//! What has not made the deadline comes back: from the head, from between, and at the output.

use std::time::Duration;

use electrician_conduit::Conduit;
use electrician_types::NackReason;
use electrician_wire::{Batching, Wire};

use crate::record::Record;
use crate::support::{branch, ms, numbers, same, settle, sorted, stalled, stop_within, values};

#[tokio::test(start_paused = true)]
async fn items_come_back_from_head_between_and_output_each_with_its_type() {
    let text = Wire::map("text", |n: u64| n.to_string()).with_workers(1).with_capacity(2);
    let stuck = Wire::async_by_ref("stuck", async |text: &String| {
        if text.len() > 1 {
            std::future::pending::<()>().await;
        }
        Ok::<_, String>(text.len())
    });
    let conduit =
        Conduit::from(same("head", 3)).then(text).then(stuck.with_concurrency(1).with_capacity(2));
    let running = conduit.build().unwrap().start().unwrap();
    let record = Record::new();
    let inlet = running.inlet();
    let mut accepted = 0;
    for n in [1, 2].into_iter().chain(10..) {
        settle().await;
        if inlet.try_submit_item(record.item(n, n)).is_err() {
            break;
        }
        accepted += 1;
    }
    let stopped = stop_within(running, ms(50)).await;
    assert_eq!((stopped.ledger.accepted, stopped.ledger.returned), (accepted, accepted));
    assert_eq!(values(stopped.outputs), [1, 1], "what was done and not read");
    let (mut texts, mut numbers) = (Vec::new(), Vec::new());
    for left in stopped.between {
        match left.downcast::<String>() {
            Ok((text, receipt)) => {
                receipt.nack(NackReason::Returned);
                texts.push(text);
            }
            Err(left) => {
                assert_eq!(&*left.stage, "text", "bound for the stage that takes numbers");
                numbers.push(left.downcast::<u64>().unwrap().0);
            }
        }
    }
    let inputs = values(stopped.inputs);
    assert!(!texts.is_empty() && !inputs.is_empty(), "{texts:?} {numbers:?} {inputs:?}");
    let mut all: Vec<u64> = texts.iter().map(|text| text.parse().unwrap()).collect();
    let (first, in_texts) = (all.len(), all.clone());
    all.extend(&numbers);
    all.extend(&inputs);
    assert_eq!(sorted(all), (10..10 + accepted - 2).collect::<Vec<_>>(), "each once");
    assert!(in_texts.iter().all(|n| *n < 10 + first as u64), "the first are the furthest");
    assert!(in_texts.iter().all(|n| record.nack(*n) == Some(NackReason::Returned)));
    assert!(inputs.iter().all(|n| record.is_acked(*n)), "each verdict is the receiver's");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_of_zero_stops_at_once() {
    let running = Conduit::from(stalled("stalled", 8)).build().unwrap().start().unwrap();
    for n in 0..5 {
        running.submit(n).await.unwrap();
    }
    let stopped = stop_within(running, Duration::ZERO).await;
    assert_eq!(sorted(values(stopped.inputs)), [0, 1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_half_full_batch_comes_back_as_items() {
    let conduit = Conduit::from(Wire::batch("tens", Batching::items(10)))
        .then(Wire::async_by_ref("stuck", async |_: &Vec<u64>| {
            std::future::pending::<Result<u64, String>>().await
        }))
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    running.submit_batch(&mut (0..13).collect()).await.unwrap();
    settle().await;
    let stopped = stop_within(running, ms(10)).await;
    let ledger = stopped.ledger;
    // The end of the input closes the last batch; both wait for the stuck stage.
    assert_eq!((ledger.accepted, ledger.merged, ledger.returned), (13, 11, 2));
    let batches = stopped.between.into_iter().map(|left| left.downcast::<Vec<u64>>().unwrap().0);
    assert_eq!(sorted(batches.flatten().collect()), (0..13).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn fan_outs_hand_back_what_their_branches_did_not_take() {
    let record = Record::new();
    let conduit = branch("head")
        .broadcast([branch("quick"), Conduit::from(stalled("slow", 2))])
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    for n in 0..10 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    settle().await;
    let stopped = stop_within(running, ms(10)).await;
    let ledger = stopped.ledger;
    assert_eq!(ledger.accepted + ledger.split, ledger.returned);
    assert_eq!(values(stopped.outputs).len() as u64, ledger.split, "the quick branch has done");
    let copies: Vec<_> =
        stopped.between.into_iter().map(|left| left.downcast::<u64>().unwrap()).collect();
    assert_eq!(record.counts(), (0, 0), "nothing is acknowledged while a branch has not done");
    drop(copies);
    drop(values(stopped.inputs));
    assert_eq!(record.counts().0 + record.counts().1, 10);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_cannot_get_rid_of_its_items_gets_them_back() {
    let conduit = Conduit::from(same("head", 2)).then(stalled("tail", 2)).with_source(numbers(0..));
    let running = conduit.build().unwrap().start().unwrap();
    settle().await;
    let stopped = stop_within(running, ms(10)).await;
    let mut all = values(stopped.inputs);
    all.extend(stopped.between.into_iter().map(|left| left.downcast::<u64>().unwrap().0));
    let count = all.len() as u64;
    assert_eq!(sorted(all), (0..count).collect::<Vec<_>>());
    assert!((5..=10).contains(&count), "bounded: {count}");
}
