//! Races between a stop and the hands on either end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use electrician_wire::{Wire, dead_letters};
use tokio::sync::oneshot;

use crate::support::{AMPLE, Record, balanced, poll_once, same, soon, values};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_accepted_while_a_stop_begins_is_in_its_account() {
    const BATCH: u64 = 20_000;
    let mut settled = 0;
    for round in 0..150 {
        let running = same(65_536).start().unwrap();
        let accepted = Arc::new(AtomicU64::new(0));
        let threads: Vec<_> = (0..6)
            .map(|_| {
                let (inlet, accepted) = (running.inlet(), Arc::clone(&accepted));
                thread::spawn(move || {
                    let mut batch = Vec::new();
                    loop {
                        batch.extend(0..BATCH - batch.len() as u64);
                        let submitted = poll_once(inlet.submit_batch(&mut batch));
                        accepted.fetch_add(BATCH - batch.len() as u64, Ordering::Relaxed);
                        if let Poll::Ready(Err(_)) = submitted {
                            return;
                        }
                    }
                })
            })
            .collect();
        tokio::task::yield_now().await;
        let stopped = soon(running.stop(Duration::ZERO)).await;
        for thread in threads {
            thread.join().unwrap();
        }
        let ledger = stopped.ledger;
        assert!(ledger.is_balanced(), "round {round}: {ledger}");
        assert_eq!(ledger.accepted, accepted.load(Ordering::Relaxed), "round {round}: {ledger}");
        // A machine that is busy may leave a worker without a core for longer than its grace.
        if stopped.stuck == 0 {
            balanced(&stopped);
            settled += 1;
        }
    }
    assert!(settled > 75, "workers were late in {} of 150 rounds", 150 - settled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outputs_that_come_and_go_while_a_stop_drains() {
    for round in 0..300_usize {
        let wire = Wire::map("same", |n: u64| n).with_workers(2).with_capacity(64);
        let running = wire.with_output_capacity(7).build().unwrap().start().unwrap();
        running.submit_batch(&mut (0..60).collect()).await.unwrap();
        let readers: Vec<_> = (0..3)
            .map(|reader| {
                let mut output = running.output();
                tokio::spawn(async move {
                    let mut read = Vec::new();
                    for _ in 0..(round * 7 + reader * 3) % 25 {
                        read.extend(output.recv().await);
                    }
                    read
                })
            })
            .collect();
        let stopped = soon(running.stop(AMPLE)).await;
        let ledger = balanced(&stopped);
        let mut all = values(stopped.outputs);
        for reading in readers {
            all.extend(soon(reading).await.unwrap());
        }
        all.sort_unstable();
        assert_eq!(all, (0..60).collect::<Vec<_>>(), "round {round}: {ledger}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_of_letters_that_leaves_at_any_moment() {
    for round in 0..300_usize {
        let (port, mut letters) = dead_letters(4);
        let wire = Wire::by_ref("never", |n: &u64| Err::<u64, _>(n.to_string()));
        let wire = wire.with_workers(3).with_dead_letters(port).build().unwrap();
        let running = wire.start().unwrap();
        let record = Record::new();
        for n in 0..40 {
            running.inlet().submit_item(record.item(n, n)).await.unwrap();
        }
        let (done, is_done) = oneshot::channel::<()>();
        let burying = tokio::spawn(async move {
            let mut is_done = is_done;
            for _ in 0..round % 45 {
                tokio::select! {
                    letter = letters.recv() => assert!(letter.unwrap().accept() < 40),
                    _ = &mut is_done => return,
                }
            }
        });
        let stopped = soon(running.stop(AMPLE)).await;
        let ledger = balanced(&stopped);
        assert_eq!(ledger.dead_lettered + ledger.failed, 40, "round {round}: {ledger}");
        // The wire lives on and with it the port; the letters that nobody read are nacked.
        drop(done);
        soon(burying).await.unwrap();
        soon(record.settled(40)).await;
        drop(stopped);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_accepted_while_a_run_is_dropped_is_nacked() {
    for round in 0..300_u64 {
        let record = Record::new();
        let running = same(64).start().unwrap();
        let inlets: Vec<_> = (0..4).map(|_| running.inlet()).collect();
        let threads: Vec<_> = (0..)
            .zip(&inlets)
            .map(|(id, inlet)| {
                let (inlet, record) = (inlet.clone(), Arc::clone(&record));
                thread::spawn(move || {
                    for n in id * 1_000_000.. {
                        match inlet.try_submit_item(record.item(n, n)) {
                            Err(refused) if refused.is_closed() => return n - id * 1_000_000 + 1,
                            _ => {} // A refused item is dropped, and has its verdict.
                        }
                    }
                    0
                })
            })
            .collect();
        for _ in 0..round % 7 {
            tokio::task::yield_now().await;
        }
        drop(running);
        let made: u64 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        soon(record.settled(usize::try_from(made).unwrap())).await;
        assert_eq!(record.counts().0, 0, "round {round}: nobody read anything");
        drop(inlets);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_producers_and_readers_through_one_place() {
    const EACH: u64 = 2_000;
    let wire = Wire::map("narrow", |n: u64| n).with_workers(3).with_capacity(1);
    let running = wire.with_output_capacity(1).build().unwrap().start().unwrap();
    let readers: Vec<_> = (0..4).map(|_| tokio::spawn(running.output().collect())).collect();
    let producers: Vec<_> = (0..6)
        .map(|id| {
            let inlet = running.inlet();
            tokio::spawn(async move {
                for n in id * EACH..(id + 1) * EACH {
                    inlet.submit(n).await.unwrap();
                }
            })
        })
        .collect();
    for producing in producers {
        soon(producing).await.unwrap();
    }
    let stopped = soon(running.stop(AMPLE)).await;
    assert_eq!(balanced(&stopped).delivered, 6 * EACH);
    let mut all = Vec::new();
    for reading in readers {
        all.extend(soon(reading).await.unwrap());
    }
    all.sort_unstable();
    assert_eq!(all, (0..6 * EACH).collect::<Vec<_>>());
}
