//! Items in, items out, the ledger balances.

use std::time::Duration;

use electrician_wire::{Retry, Wire, dead_letters};

#[tokio::test]
async fn a_wire_transforms_and_its_ledger_balances() {
    let wire = Wire::new("double", |n: u64| n.checked_mul(2).ok_or("overflow")).with_workers(3);
    let running = wire.build().unwrap().start().unwrap();
    let mut output = running.output();
    let inlet = running.inlet();
    let feeding = tokio::spawn(async move {
        for n in 0..10_000 {
            inlet.submit(n).await.unwrap();
        }
    });
    let mut seen = Vec::new();
    while seen.len() < 10_000 {
        output.recv_batch(&mut seen, 100).await;
    }
    feeding.await.unwrap();
    let stopped = running.stop(Duration::from_secs(5)).await;
    seen.sort_unstable();
    assert!(seen.iter().copied().eq((0..10_000).map(|n| n * 2)));
    assert!(stopped.ledger.is_balanced(), "{}", stopped.ledger);
    assert_eq!(stopped.ledger.delivered, 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn ordered_output_is_ordered() {
    let wire = Wire::map("same", |n: u64| n).with_workers(4).ordered().with_capacity(64);
    let running = wire.build().unwrap().start().unwrap();
    let mut output = running.output();
    let inlet = running.inlet();
    let feeding = tokio::spawn(async move {
        for n in 0..50_000 {
            inlet.submit(n).await.unwrap();
        }
    });
    for n in 0..50_000 {
        assert_eq!(output.recv().await, Some(n));
    }
    feeding.await.unwrap();
    let stopped = running.stop(Duration::from_secs(5)).await;
    assert!(stopped.is_clean(), "{stopped:?}");
}

async fn never(n: &u64) -> Result<u64, String> {
    Err(format!("no {n}"))
}

#[tokio::test(start_paused = true)]
async fn async_by_ref_is_retried_and_dead_lettered() {
    let (port, mut letters) = dead_letters(8);
    let wire = Wire::async_by_ref("price", never)
        .with_concurrency(4)
        .with_timeout(Duration::from_millis(200))
        .with_retry(Retry::exponential(2))
        .with_dead_letters(port);
    let running = wire.build().unwrap().start().unwrap();
    running.submit(7).await.unwrap();
    let letter = letters.recv().await.unwrap();
    assert_eq!((letter.attempts, letter.accept()), (3, 7));
    let stopped = running.stop(Duration::from_secs(1)).await;
    assert_eq!((stopped.ledger.dead_lettered, stopped.ledger.retried), (1, 2));
    assert!(stopped.is_clean());

    let by_closure = Wire::async_by_ref("closure", async |n: &u64| Ok::<_, String>(*n + 1));
    let running = by_closure.build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    assert_eq!(running.stop(Duration::MAX).await.outputs.pop().unwrap().accept(), 2);
}
