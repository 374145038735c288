//! Receipts: one verdict for each item, when everything that came of it has done.

use std::sync::Arc;

use electrician_conduit::{Conduit, Routes};
use electrician_generator::Generator;
use electrician_types::{Batch, NackReason, Next, Result, Source, Watermark};
use electrician_wire::{Batching, Wire};

use crate::record::{Log, Record, Tracked};
use crate::script::{Act, Do, scripted};
use crate::support::{Gate, branch, finish, gated, ms, same, settle, soon, stop};

fn tracked(
    record: &Arc<Record>,
    count: u64,
) -> Generator<impl Fn() -> Result<Tracked> + Send + Sync + use<>> {
    let record = Arc::clone(record);
    Generator::new("tracked", move || Ok(Tracked { record: Arc::clone(&record), next: 0, count }))
}

#[tokio::test(start_paused = true)]
async fn through_three_stages_flat_map_batch_and_broadcast() {
    let record = Record::new();
    let fan = |name: &str| {
        Conduit::from(Wire::unbatch(name)).sink(format!("{name} end"), electrician_conduit::Discard)
    };
    let conduit = Conduit::from(Wire::map("head", |n: u64| n))
        // Item n becomes n % 4 items: none for every fourth.
        .then(Wire::flat_map("many", |n: u64| vec![n; usize::try_from(n % 4).unwrap()]))
        .then(Wire::batch("fives", Batching::items(5)))
        .broadcast([fan("left"), fan("right")])
        .with_source(tracked(&record, 100))
        .build()
        .unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!(record.counts(), (100, 0));
    assert!((0..100).all(|token| record.is_acked(token)));
    // 25 × (1 + 2 + 3) items reach both branches.
    assert_eq!((stopped.ledger.delivered, stopped.ledger.filtered), (300, 25));
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_item_is_acknowledged_when_all_branches_have_done() {
    let record = Record::new();
    let (slow, gate) = gated("slow", 8);
    let conduit = branch("head")
        .broadcast([branch("a").discard(), Conduit::from(slow).discard(), branch("b").discard()])
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    for token in 0..3 {
        running.inlet().submit_item(record.item(token, token)).await.unwrap();
    }
    for done in 0..3 {
        settle().await;
        assert_eq!(record.counts(), (done, 0), "the slow branch has done with {done}");
        gate.open(1);
    }
    assert_eq!(stop(running).await.ledger.delivered, 9);
    assert_eq!(record.counts(), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn one_failing_branch_makes_it_a_nack() {
    let record = Record::new();
    let fails = Wire::new("fails", |n: u64| if n == 1 { Err("not one") } else { Ok(n) });
    let conduit = branch("head")
        .broadcast([branch("a"), Conduit::from(fails), branch("b")])
        .discard()
        .with_source(tracked(&record, 3))
        .build()
        .unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert_eq!((stopped.ledger.delivered, stopped.ledger.failed), (8, 1));
    assert_eq!(record.nack(1), Some(NackReason::Failed));
    assert_eq!(record.counts(), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_holds_items_acknowledges_at_the_flush() {
    let (log, record) = (Log::default(), Record::new());
    let flushed = Arc::clone(&record);
    let (mut taken, mut safe) = (0, 0);
    let stage = scripted(&log, move |act| {
        assert_eq!(flushed.counts().0, safe, "acknowledged at the flush, not before");
        match act {
            Act::Write(_) => taken += 1,
            Act::Flush => safe = taken,
            Act::Open | Act::Close => {}
        }
        Do::Hold
    });
    let conduit =
        Conduit::from(same("head", 4)).sink_stage(stage).with_source(tracked(&record, 40));
    let stopped = finish(conduit.build().unwrap().start().unwrap()).await;
    assert!(stopped.is_clean());
    assert_eq!(record.counts(), (40, 0));
    assert!(log.all().contains(&Act::Flush));
}

#[tokio::test(start_paused = true)]
async fn filtered_and_dropped_items_are_done_with_failed_ones_are_not() {
    let record = Record::new();
    let routes = Routes::new().when(|n: &u64| n % 3 == 1, branch("one")).otherwise_drop();
    let conduit = Conduit::from(Wire::filter("filter", |n: &u64| !n.is_multiple_of(3)))
        .route(routes)
        .route(Routes::new().when(|n| n.is_multiple_of(2), branch("even")))
        .with_source(tracked(&record, 30))
        .discard()
        .build()
        .unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    let ledger = stopped.ledger;
    assert_eq!((ledger.filtered, ledger.dropped, ledger.delivered, ledger.failed), (10, 10, 5, 5));
    for token in 0..30 {
        let failed = token % 3 == 1 && token % 2 == 1;
        assert_eq!(record.nack(token), failed.then_some(NackReason::Failed), "{token}");
    }
    assert_eq!(record.counts(), (25, 5));
}

/// Tracks what it gives with a watermark, and notes each move of it.
struct Offsets {
    watermark: Watermark,
    next: u64,
    commits: Log<u64>,
}

impl Source for Offsets {
    type Item = u64;

    async fn read(&mut self, batch: &mut Batch<u64>, demand: usize) -> Result<Next> {
        self.commits_now();
        while batch.len() < demand && self.next < 60 {
            let Some(receipt) = self.watermark.track(self.next) else { break };
            batch.push_tracked(self.next, receipt);
            self.next += 1;
        }
        if self.next == 60 {
            return Ok(Next::End);
        }
        if batch.is_empty() {
            // The window is full: the bound of what is in flight.
            std::future::poll_fn(|cx| self.watermark.poll_settled(cx)).await;
        }
        Ok(Next::More)
    }

    async fn close(&mut self) -> Result<()> {
        while self.watermark.in_flight() > 0 {
            std::future::poll_fn(|cx| self.watermark.poll_settled(cx)).await;
            self.commits_now();
        }
        Ok(())
    }
}

impl Offsets {
    fn commits_now(&mut self) {
        if let Some(offset) = self.watermark.advance() {
            self.commits.add(offset);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_watermark_moves_over_what_is_done_without_a_gap() {
    let (commits, done) = (Log::default(), Log::default());
    let source = commits.clone();
    let open = move || {
        let commits = source.clone();
        Ok(Offsets { watermark: Watermark::new(16), next: 0, commits })
    };
    // Out of order: every eighth item takes longest.
    let unordered = Wire::new_async("unordered", async |n: u64| {
        tokio::time::sleep(ms(if n.is_multiple_of(8) { 100 } else { 1 + n % 5 })).await;
        Ok::<_, String>(n)
    });
    let (finished, committed) = (done.clone(), commits.clone());
    let check = electrician_plug::sink_fn(move |n: &u64| {
        // What is committed by now was written before this one.
        let last = committed.all().last().copied();
        let written: Vec<u64> = finished.all();
        assert!((0..=last.unwrap_or(0)).all(|n| last.is_none() || written.contains(&n)));
        finished.add(*n);
        Ok::<_, String>(())
    });
    let conduit = Conduit::from(unordered.with_concurrency(8))
        .then(same("middle", 2))
        .sink("out", check)
        .with_source(Generator::new("offsets", open))
        .build()
        .unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert!(stopped.is_clean(), "{stopped:?}");
    let commits = commits.all();
    assert!(commits.is_sorted_by(|a, b| a < b), "{commits:?}");
    assert_eq!(commits.last(), Some(&59));
    assert!(commits.len() > 4, "it moved on the way: {commits:?}");
    assert!(!done.all().is_sorted(), "or this shows nothing");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_run_nacks_what_was_inside() {
    let (record, gate) = (Record::new(), Gate::default());
    let pass = gate.clone();
    let held = Wire::new_async("held", move |n: u64| {
        let pass = pass.clone();
        async move {
            pass.pass().await;
            Ok::<_, String>(n)
        }
    });
    let conduit = branch("head").broadcast([Conduit::from(held.with_concurrency(2)), branch("b")]);
    let conduit = conduit.then(Wire::batch("tens", Batching::items(10))).build().unwrap();
    let running = conduit.start().unwrap();
    for token in 0..20 {
        running.inlet().submit_item(record.item(token, token)).await.unwrap();
    }
    settle().await;
    drop(running);
    soon(record.settled(20)).await;
    assert_eq!(record.counts(), (0, 20));
    settle().await;
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
}
