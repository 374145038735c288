//! Every kind of transform, alone and in chains.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use electrician_wire::types::{AsyncTransform, BoxError, Transform};
use electrician_wire::{Component, Retry, Running, Wire, dead_letters};

use crate::support::{Count, Record, balanced, ms, settle, soon, stop, values};

/// Feeds `inputs`, stops, checks the account, and gives the outputs.
async fn run<C: Component>(running: Running<C>, inputs: Vec<C::In>) -> Vec<C::Out> {
    let mut inputs = inputs;
    soon(running.submit_batch(&mut inputs)).await.unwrap();
    values(stop(running).await.outputs)
}

#[tokio::test(start_paused = true)]
async fn by_value_from_one_type_to_another() {
    let wire = Wire::new("parse", |text: &'static str| text.parse::<u16>()).with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    assert_eq!(run(running, vec!["1", "x", "3", "70000"]).await, [1, 3]);

    let wire = Wire::map("len", |text: String| text.len()).with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    assert_eq!(run(running, vec!["a".into(), "bcd".into()]).await, [1, 3]);
}

#[tokio::test(start_paused = true)]
async fn by_reference_without_clone() {
    struct Unique(u64);
    let wire = Wire::by_ref("look", |u: &Unique| Ok::<_, String>(u.0 + 1)).with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    assert_eq!(run(running, vec![Unique(1), Unique(2)]).await, [2, 3]);
}

#[tokio::test(start_paused = true)]
async fn in_place() {
    let wire = Wire::in_place("push", |text: &mut String| {
        text.push('!');
        if text.len() > 3 { Err("too long") } else { Ok(()) }
    });
    let running = wire.with_workers(1).build().unwrap().start().unwrap();
    assert_eq!(run(running, vec!["a".into(), "abc".into(), "b".into()]).await, ["a!", "b!"]);
}

#[tokio::test(start_paused = true)]
async fn asynchronous_by_value_and_by_reference() {
    let wire = Wire::new_async("double", |n: u64| async move {
        tokio::task::yield_now().await;
        n.checked_mul(2).ok_or("overflow")
    });
    let running = wire.with_concurrency(1).build().unwrap().start().unwrap();
    assert_eq!(run(running, vec![1, u64::MAX, 3]).await, [2, 6]);

    let wire = Wire::async_by_ref("len", async |text: &String| {
        tokio::task::yield_now().await;
        Ok::<_, String>(text.len())
    });
    let running = wire.with_concurrency(1).build().unwrap().start().unwrap();
    assert_eq!(run(running, vec!["a".into(), "bcd".into()]).await, [1, 3]);
}

#[tokio::test(start_paused = true)]
async fn filters_and_their_account() {
    let record = Record::new();
    let wire = Wire::filter("even", |n: &u64| n.is_multiple_of(2)).with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    for n in 0..10 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.filtered, 5);
    assert_eq!(record.counts(), (5, 0), "filtered items are done with");
    assert_eq!(values(stopped.outputs), [0, 2, 4, 6, 8]);

    let wire = Wire::filter_map("parse", |text: &'static str| text.parse::<u8>().ok());
    let running = wire.with_workers(1).build().unwrap().start().unwrap();
    assert_eq!(run(running, vec!["1", "x", "3"]).await, [1, 3]);
}

#[tokio::test(start_paused = true)]
async fn flat_maps_and_their_account() {
    let wire = Wire::flat_map("many", |n: usize| vec![n; n]).with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut vec![0, 1, 2, 3]).await.unwrap();
    let stopped = stop(running).await;
    let ledger = stopped.ledger;
    assert_eq!((ledger.accepted, ledger.filtered, ledger.split), (4, 1, 3));
    assert_eq!(values(stopped.outputs), [1, 2, 2, 3, 3, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_chain_is_one_stage() {
    let looked = Arc::new(AtomicU64::new(0));
    let sum = Arc::clone(&looked);
    let wire = Wire::new("chain", |text: &'static str| text.parse::<u64>())
        .map(|n| n * 2)
        .filter(|n| *n != 4)
        .and_then(|n| if n == 6 { Err("six") } else { Ok(n) })
        .filter_map(|n| (n != 8).then_some(n))
        .inspect(move |n| _ = sum.fetch_add(*n, Ordering::Relaxed))
        .flat_map(|n| [n, n + 1])
        .map(|n| format!("<{n}>"))
        .with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    let names: Vec<_> = running.progress().iter().map(|stage| stage.name.to_string()).collect();
    assert_eq!(names, ["chain"]);
    running.submit_batch(&mut vec!["1", "2", "3", "4", "5", "x"]).await.unwrap();
    let stopped = stop(running).await;
    let ledger = stopped.ledger;
    assert_eq!((ledger.filtered, ledger.failed, ledger.split), (2, 2, 2), "{ledger}");
    assert_eq!(values(stopped.outputs), ["<2>", "<3>", "<10>", "<11>"]);
    assert_eq!(looked.load(Ordering::Relaxed), 12);
}

#[tokio::test(start_paused = true)]
async fn a_chain_after_an_asynchronous_transform() {
    let wire = Wire::new_async("chain", |n: u64| async move { Ok::<_, String>(n) })
        .map(|n| n + 1)
        .filter(|n| *n != 2)
        .and_then(|n| if n == 3 { Err("three") } else { Ok(n) })
        .filter_map(|n| (n != 4).then_some(n))
        .inspect(|n| assert_ne!(*n, 5, "five"))
        .flat_map(|n| vec![n; 2])
        .with_concurrency(1);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..6).collect()).await.unwrap();
    let stopped = stop(running).await;
    let ledger = stopped.ledger;
    assert_eq!((ledger.filtered, ledger.failed, ledger.split), (2, 2, 2), "{ledger}");
    assert_eq!(values(stopped.outputs), [1, 1, 6, 6]);
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_leaves_no_output() {
    // The third part of item 2 fails: its first two parts must not be seen.
    let wire = Wire::flat_map("split", |n: u64| (0..4).map(move |part| (n, part)))
        .and_then(|(n, part)| if (n, part) == (2, 2) { Err("2.2") } else { Ok((n, part)) })
        .with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut vec![1, 2, 3]).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.failed, stopped.ledger.split), (1, 6));
    let whole: Vec<_> = [1, 3].into_iter().flat_map(|n| (0..4).map(move |p| (n, p))).collect();
    assert_eq!(values(stopped.outputs), whole);
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_of_an_asynchronous_chain_leaves_no_output() {
    let wire = Wire::new_async("split", |n: u64| async move { Ok::<_, String>(n) })
        .flat_map(|n| (0..4).map(move |part| (n, part)))
        .inspect(|(n, part)| assert_ne!((*n, *part), (2, 2)))
        .with_concurrency(1);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut vec![1, 2, 3]).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.failed, stopped.ledger.split), (1, 6));
    assert!(values(stopped.outputs).iter().all(|(n, _)| *n != 2));
}

/// Emits the running total, twice.
struct Total;

impl Transform<u64> for Total {
    type Out = u64;
    type State = u64;

    fn state(&self) -> u64 {
        0
    }

    fn apply(
        &self,
        total: &mut u64,
        slot: &mut Option<u64>,
        emit: &mut impl FnMut(u64) -> Result<(), BoxError>,
    ) -> Result<(), BoxError> {
        *total += slot.take().ok_or("nothing in the slot")?;
        emit(*total)?;
        emit(*total)
    }
}

impl AsyncTransform<u64> for Total {
    type Out = u64;
    type State = u64;

    fn state(&self) -> u64 {
        0
    }

    async fn apply(&self, total: &mut u64, slot: &mut Option<u64>) -> Result<u64, BoxError> {
        tokio::task::yield_now().await;
        *total += slot.take().ok_or("nothing in the slot")?;
        Ok(*total)
    }
}

#[tokio::test(start_paused = true)]
async fn transforms_of_ones_own() {
    let wire = Wire::transform("total", Total).with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    assert_eq!(run(running, vec![1, 2, 3]).await, [1, 1, 3, 3, 6, 6]);

    let wire = Wire::transform_async("total", Total).with_concurrency(1);
    let running = wire.build().unwrap().start().unwrap();
    assert_eq!(run(running, vec![1, 2, 3]).await, [1, 3, 6]);
}

#[tokio::test(start_paused = true)]
async fn zero_sized_and_large_items_pass() {
    let running = Wire::map("unit", |()| ()).build().unwrap().start().unwrap();
    assert_eq!(run(running, vec![(); 500]).await.len(), 500);

    let wire = Wire::map("large", |block: [u64; 512]| block[511]).with_workers(1);
    let running = wire.build().unwrap().start().unwrap();
    let blocks = (0..100).map(|n| [n; 512]).collect();
    assert_eq!(run(running, blocks).await, (0..100).collect::<Vec<_>>());
}

async fn fill(list: &mut Vec<u64>) -> Result<(), String> {
    list.push(list.len() as u64);
    tokio::task::yield_now().await;
    if list.len() < 3 { Err(format!("{} of 3", list.len())) } else { Ok(()) }
}

#[tokio::test(start_paused = true)]
async fn async_in_place_keeps_what_it_changed() {
    let (port, mut letters) = dead_letters(4);
    let wire = Wire::async_in_place("fill", fill).with_retry(Retry::fixed(1, ms(1)));
    let running = wire.with_dead_letters(port).build().unwrap().start().unwrap();
    running.submit_batch(&mut vec![vec![7, 7], vec![7], vec![]]).await.unwrap();
    let stopped = stop(running).await;
    let mut all = values(stopped.outputs);
    all.sort();
    assert_eq!(all, [vec![7, 1, 2], vec![7, 7, 2]]);
    assert_eq!(soon(letters.recv()).await.unwrap().accept(), [0, 1], "as it was left");

    // Chained, it cannot be tried again; and a stop gives the item back.
    let wire = Wire::async_in_place("hang", async |n: &mut u64| {
        *n += 1;
        std::future::pending::<Result<(), String>>().await
    });
    let running = wire.map(|n| n * 2).build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    settle().await;
    let stopped = soon(running.stop(Duration::ZERO)).await;
    assert_eq!((balanced(&stopped).abandoned, values(stopped.inputs)), (0, vec![2]));
}

#[tokio::test(start_paused = true)]
async fn async_per_worker_has_one_each() {
    let made = Count::new();
    let making = Arc::clone(&made);
    let wire = Wire::async_per_worker("own", move || {
        making.up();
        let mut seen = 0;
        move |n: u64| {
            seen += 1;
            let seen = seen;
            async move {
                tokio::task::yield_now().await;
                assert_ne!(n, 3, "three");
                Ok::<_, String>(seen)
            }
        }
    });
    let running = wire.with_concurrency(1).build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..6).collect()).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(values(stopped.outputs), [1, 2, 3, 1, 2], "made anew after the panic");
    assert_eq!((made.get(), stopped.ledger.failed), (2, 1));
    let wire = Wire::async_per_worker("own", || async |n: u64| Ok::<_, String>(n));
    drop(stop(wire.with_concurrency(5).build().unwrap().start().unwrap()).await);
}
