//! An inlet as a `futures` sink.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use electrician_wire::engine::Start;
use electrician_wire::types::{Refusal, Refused};
use electrician_wire::{Component, IntoSegment, Running, RuntimeClock, Wire};
use futures_util::{Sink, SinkExt, StreamExt, stream};
use tokio::sync::Notify;

use crate::support::{AMPLE, balanced, gated, poll_once, same, settle, soon, stop, values};

#[tokio::test(start_paused = true)]
async fn a_stream_is_forwarded() {
    let running = same(4).start().unwrap();
    let output = running.output();
    let sink = running.inlet().into_sink();
    let forwarding = tokio::spawn(stream::iter(0..500).map(Ok).forward(sink));
    let reading = tokio::spawn(output.collect());
    soon(forwarding).await.unwrap().unwrap();
    settle().await;
    assert_eq!(stop(running).await.ledger.delivered, 500);
    assert_eq!(soon(reading).await.unwrap(), (0..500).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn what_was_flushed_was_accepted() {
    let running = same(4).start().unwrap();
    let mut sink = running.inlet().into_sink();
    sink.feed(1).await.unwrap();
    assert_eq!(running.progress()[0].ledger.accepted, 0, "one item may be held");
    sink.flush().await.unwrap();
    assert_eq!(running.progress()[0].ledger.accepted, 1);
    sink.send(2).await.unwrap();
    assert_eq!(running.progress()[0].ledger.accepted, 2);
    assert_eq!(values(stop(running).await.outputs), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn closing_the_sink_leaves_the_inlet_open() {
    let running = same(4).start().unwrap();
    let mut sink = running.inlet().into_sink();
    sink.feed(1).await.unwrap();
    sink.close().await.unwrap();
    assert_eq!(running.progress()[0].ledger.accepted, 1);
    running.submit(2).await.unwrap();
    let (inlet, held) = sink.into_parts();
    assert_eq!(held, None);
    inlet.submit(3).await.unwrap();
    assert_eq!(values(stop(running).await.outputs), [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_send_keeps_the_item_in_the_sink() {
    let (wire, gate) = gated(1);
    let running = wire.start().unwrap();
    running.submit(0).await.unwrap();
    settle().await;
    running.submit(1).await.unwrap();
    let mut sink = running.inlet().into_sink();
    assert!(poll_once(sink.send(2)).is_pending());
    // A second item without room for it is refused, not swallowed.
    assert_eq!(Pin::new(&mut sink).start_send(3), Err(Refused::new(3, Refusal::Full)));
    let (inlet, held) = sink.into_parts();
    assert_eq!(held, Some(2));
    drop(inlet);
    gate.open(2);
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.accepted, 2);
    assert_eq!(values(stopped.outputs), [0, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_sink_waits_for_room() {
    let (wire, gate) = gated(1);
    let running = wire.start().unwrap();
    let mut sink = running.inlet().into_sink();
    let feeding = tokio::spawn(async move {
        for n in 0..10 {
            sink.send(n).await.unwrap();
        }
    });
    settle().await;
    assert!(!feeding.is_finished());
    gate.open(10);
    soon(feeding).await.unwrap();
    assert_eq!(values(stop(running).await.outputs), (0..10).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn after_the_stop_the_sink_gives_the_item_back() {
    let running = same(4).start().unwrap();
    let mut sink = running.inlet().into_sink();
    sink.feed(1).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(soon(sink.flush()).await.unwrap_err(), Refused::new(1, Refusal::Closed));
    assert_eq!(soon(sink.send(2)).await.unwrap_err(), Refused::new(2, Refusal::Closed));
    assert_eq!(soon(sink.close()).await, Ok(()), "nothing is held");
    assert_eq!(stopped.ledger.accepted, 0);
}

/// A component whose head is kept open by a source, as conduits have.
struct Fed;

impl Component for Fed {
    type In = u64;
    type Out = u64;
}

/// Starts a wire that a source feeds; the source ends when `done` is notified.
fn fed(wire: Wire<u64, u64>, done: &Arc<Notify>) -> Running<Fed> {
    let start =
        Start { clock: Arc::new(RuntimeClock), output_capacity: 8, has_sources: true, told: None };
    let done = Arc::clone(done);
    Running::start(Fed, &*wire.into_segment(), start, |launch, feeder| {
        let feeder = feeder.clone();
        launch.add_task(async move {
            done.notified().await;
            drop(feeder);
        });
        Ok(())
    })
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_sink_is_refused_while_a_source_still_holds_the_intake_open() {
    let done = Arc::new(Notify::new());
    let running = fed(same(8), &done);
    let inlet = running.inlet();
    let mut sink = running.inlet().into_sink();
    sink.feed(1).await.unwrap();
    let stopping = tokio::spawn(running.stop(AMPLE));
    settle().await;
    assert!(!stopping.is_finished() && inlet.is_closed());
    assert_eq!(soon(sink.flush()).await.unwrap_err(), Refused::new(1, Refusal::Closed));
    assert_eq!(soon(inlet.submit(2)).await.unwrap_err(), Refused::new(2, Refusal::Closed));
    done.notify_one();
    let stopped = soon(stopping).await.unwrap();
    assert_eq!(balanced(&stopped).accepted, 0);
}

#[tokio::test(start_paused = true)]
async fn an_idle_sink_does_not_keep_others_from_their_turn() {
    let (wire, gate) = gated(1);
    let running = wire.start().unwrap();
    running.submit(0).await.unwrap();
    settle().await;
    running.submit(1).await.unwrap();
    // The sink waits for room and is then left alone, as by a `select!` that took another branch.
    let mut sink = running.inlet().into_sink();
    sink.start_send_unpin(2).unwrap();
    assert!(sink.poll_flush_unpin(&mut Context::from_waker(Waker::noop())).is_pending());
    let inlet = running.inlet();
    let other = tokio::spawn(async move { inlet.submit(3).await });
    settle().await;
    gate.open(1);
    soon(other).await.unwrap().unwrap();
    gate.open(2);
    assert_eq!(values(stop(running).await.outputs), [0, 1, 3]);
}
