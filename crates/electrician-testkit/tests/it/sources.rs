//! Faulty sources and sinks in a pipeline, and how they were treated.

use std::time::Duration;

use electrician_conduit::{Conduit, SinkStage};
use electrician_generator::{Generator, Restart};
use electrician_testkit::{Fault, FaultPlan, Faults, FaultySink, FaultySource, Written, within};
use electrician_types::{Batch, Item, NackReason, Next, Sink, Source, Verdict};
use electrician_wire::transforms::Logic;
use electrician_wire::{Retry, Wire, WireBuilder};

const AMPLE: Duration = Duration::from_secs(20);

fn same() -> WireBuilder<u64, impl Logic<u64, Out = u64>> {
    Wire::map("same", |n: u64| n).with_workers(1)
}

fn plan(faults: &[(u64, Fault)]) -> Faults {
    let add = |plan: FaultPlan, (number, fault): &(u64, Fault)| plan.with_fault(*number, *fault);
    Faults::new(faults.iter().fold(FaultPlan::none(), add).lasting(1))
}

#[tokio::test]
async fn a_source_fails_is_opened_again_and_goes_on() {
    let faults =
        plan(&[(3, Fault::Error), (5, Fault::Panic), (7, Fault::Duplicate), (9, Fault::Drop)]);
    let source = FaultySource::new(12, |n| n).with_faults(faults).yielding();
    let reading = source.clone();
    let again = Restart::on_failure(Retry::fixed(3, Duration::ZERO).only_if(|_| true));
    let generator = Generator::new("source", move || Ok(reading.clone())).with_restart(again);
    let conduit = Conduit::from(same()).with_source(generator).build().unwrap();
    let running = conduit.start().unwrap();
    let output = running.output();
    let (stopped, all) = tokio::join!(running.finish(), output.collect());
    let expected = [0, 1, 2, 3, 4, 5, 6, 7, 7, 8, 10, 11];
    assert_eq!((all.as_slice(), source.given().as_slice()), (&expected[..], &expected[..]));
    assert!(stopped.is_clean(), "{stopped:?}");
    assert!(source.is_exhausted() && source.verdicts().open().is_empty());
    assert!(expected.iter().all(|n| source.verdicts().is_acked(*n)));
    assert_eq!((source.closed(), source.breaches()), (3, vec![]));
}

#[tokio::test]
async fn a_source_notices_how_it_is_treated() {
    let source = FaultySource::new(2, |n| n);
    let mut reading = source.clone();
    let mut batch = Batch::new();
    assert_eq!(reading.read(&mut batch, 0).await.unwrap(), Next::More);
    assert_eq!(reading.read(&mut batch, 9).await.unwrap(), Next::End);
    reading.read(&mut batch, 9).await.unwrap();
    reading.close().await.unwrap();
    reading.close().await.unwrap();
    reading.hand_over(&mut batch);
    reading.hand_over(&mut batch);
    let expected = [
        "read was called without demand",
        "read was called after the end or an error",
        "close was called before hand_over",
        "close was called twice",
        "close was called before hand_over",
        "hand_over was called after close",
        "hand_over was called twice",
        "hand_over was called after close",
    ];
    assert_eq!(source.breaches(), expected);
}

#[tokio::test]
async fn what_a_source_has_read_ahead_is_handed_over_or_given_later() {
    let source = FaultySource::new(10, |n| n).with_read_ahead(3);
    let numbers = |batch: Batch<u64>| batch.into_iter().map(Item::accept).collect::<Vec<_>>();
    let mut one = source.clone();
    let mut batch = Batch::new();
    one.read(&mut batch, 2).await.unwrap();
    drop(one);
    assert_eq!(numbers(std::mem::take(&mut batch)), [0, 1]);
    let mut other = source.clone();
    other.read(&mut batch, 1).await.unwrap();
    other.hand_over(&mut batch);
    assert_eq!(numbers(batch), [2, 3, 4, 5], "the first went back upstream when it was dropped");
}

#[tokio::test]
async fn a_hanging_source_is_stopped() {
    let source = FaultySource::new(9, |n| n).with_faults(plan(&[(4, Fault::Hang)])).with_chunk(1);
    let gate = source.clone();
    let reading = source.clone();
    let generator = Generator::new("source", move || Ok(reading.clone()));
    let conduit = Conduit::from(same()).with_source(generator).build().unwrap();
    let running = conduit.start().unwrap();
    let mut output = running.output();
    let mut all = Vec::new();
    while all.len() < 4 {
        within(AMPLE, output.recv_batch(&mut all, 9)).await.unwrap();
    }
    drop(output);
    let stopped = running.stop(AMPLE).await;
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!((gate.given().len(), gate.breaches()), (4, vec![]));
}

#[tokio::test]
async fn a_sink_writes_a_part_and_fails() {
    let faults = plan(&[(2, Fault::Error), (4, Fault::Fatal), (5, Fault::Panic), (6, Fault::Drop)]);
    let sink = FaultySink::new(|n: &u64| *n).with_faults(faults);
    let record = sink.record();
    let stage = SinkStage::new("sink", sink).with_retry(Retry::fixed(1, Duration::ZERO));
    let running = Conduit::from(same()).sink_stage(stage).build().unwrap().start().unwrap();
    let source = FaultySource::new(0, |n: u64| n);
    for n in 0..9 {
        let item = source.verdicts().item(n, n);
        running.inlet().submit_item(item).await.unwrap();
    }
    let stopped = running.stop(AMPLE).await;
    assert_eq!((stopped.ledger.delivered, stopped.ledger.failed), (7, 2), "{}", stopped.ledger);
    assert_eq!(record.delivered(), [0, 1, 2, 3, 7, 8]);
    let nacks = [4, 5, 6].map(|n| source.verdicts().verdict(n).unwrap());
    let (failed, dropped) = (NackReason::Failed, NackReason::Dropped);
    assert_eq!(nacks, [failed, failed, dropped].map(Verdict::Nack));
    assert_eq!(record.breaches(), Vec::<String>::new());
}

#[tokio::test]
async fn a_buffering_sink_fails_to_flush() {
    let sink = FaultySink::new(|n: &u64| *n)
        .buffering()
        .with_faults(plan(&[(1, Fault::Duplicate)]))
        .with_flush_faults(plan(&[(0, Fault::Error)]));
    let record = sink.record();
    let mut sink = sink;
    let verdicts = electrician_testkit::Verdicts::plain();
    let mut batch: Batch<u64> = Batch::new();
    batch.extend((0..3).map(|n| verdicts.item(n, n)));
    sink.open().await.unwrap();
    sink.write(&mut batch).await.unwrap();
    assert_eq!((verdicts.settled(), record.delivered()), (0, vec![]));
    sink.flush().await.unwrap_err();
    assert!((0..3).all(|n| verdicts.is_nacked(n)));
    batch.push(verdicts.item(3, 3));
    sink.write(&mut batch).await.unwrap();
    sink.flush().await.unwrap();
    sink.close().await.unwrap();
    assert_eq!(record.delivered(), [3]);
    let written: Vec<Written> = record.drain().into_iter().map(|(written, _)| written).collect();
    let failed = Written::FlushFailed;
    assert_eq!(written, [failed, failed, failed, Written::Safe]);
    assert_eq!(record.breaches(), Vec::<String>::new());
}

#[tokio::test]
async fn a_sink_notices_how_it_is_treated() {
    let mut sink = FaultySink::new(|n: &u64| *n).buffering();
    let record = sink.record();
    let mut batch = Batch::new();
    Sink::<u64>::flush(&mut sink).await.unwrap();
    sink.write(&mut batch).await.unwrap();
    sink.open().await.unwrap();
    sink.open().await.unwrap();
    batch.push(1);
    sink.write(&mut batch).await.unwrap();
    sink.close().await.unwrap();
    let expected = [
        "flush was called on a sink that is not open",
        "write was called on a sink that is not open",
        "write was called without an item",
        "open was called on an open sink",
        "close was called before flush",
    ];
    assert_eq!(record.breaches(), expected);
}
