//! What a stop does with what is under way.

use std::time::Duration;

use electrician_relay::EnvelopeWriter;
use electrician_relay::Frame;
use electrician_relay::proto::AckMode;
use electrician_testkit::Verdicts;
use electrician_testkit::drive::{AMPLE, soon};
use electrician_types::Sink;
use futures_util::{StreamExt, stream};
use tokio::task::JoinSet;
use tonic::Code;

use crate::raw::{client, connect, opening, payload};
use crate::support::{Store, assert_acked, open_relay, plain_sender, start, write};

#[tokio::test]
async fn what_was_taken_is_processed_and_acknowledged_before_the_connection_ends() {
    let store = Store::closed();
    let far = start(open_relay().build().unwrap(), &store).await;
    let mut near = plain_sender(far.address);
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..5).await;
    soon(store.gate.wait_for_waiting(1)).await;
    while far.handle.stats().received < 5 {
        tokio::task::yield_now().await;
    }
    let stopping = tokio::spawn(far.running.stop(AMPLE));
    while far.handle.local_addr().is_some() {
        tokio::task::yield_now().await;
    }
    store.gate.open();
    let stopped = soon(stopping).await.unwrap();
    assert_eq!((stopped.ledger.delivered, stopped.stuck), (5, 0), "{:?}", stopped.ledger);
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..5);
    soon(near.close()).await.unwrap();
}

#[tokio::test]
async fn a_stream_that_is_open_learns_that_the_relay_stops() {
    let store = Store::new();
    let far = start(open_relay().build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let mut client = client(connect(far.address, &mut tasks).await);
    let mut writer = EnvelopeWriter::json();
    let frames =
        [opening("s", AckMode::AckBatch, 1024), Frame::Payload(payload(&mut writer, 1, 1))];
    let frames = stream::iter(frames).chain(stream::pending());
    let acks = soon(client.stream_receive(frames)).await.unwrap().into_inner();
    soon(store.count.reached(1)).await;
    let stopped = far.stopped().await;
    assert_eq!(stopped.ledger.delivered, 1);
    let said: Vec<_> = soon(acks.collect::<Vec<_>>()).await;
    let (last, before) = said.split_last().unwrap();
    assert_eq!(last.as_ref().unwrap_err().code(), Code::Unavailable);
    let acknowledged: u32 = before.iter().map(|ack| ack.as_ref().unwrap().ok_count).sum();
    assert_eq!(acknowledged, 1, "the rest of a batch is acknowledged at the end");
}

#[tokio::test]
async fn what_does_not_make_the_deadline_is_not_acknowledged() {
    let store = Store::closed();
    let far = start(open_relay().build().unwrap(), &store).await;
    let mut near = plain_sender(far.address);
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..40).await;
    soon(store.gate.wait_for_waiting(1)).await;
    let stopped = electrician_testkit::drive::stop_within(far.running, Duration::ZERO).await;
    assert_eq!(stopped.ledger.delivered, 0);
    drop(stopped);
    assert_eq!(verdicts.settled(), 0, "the sender keeps them");
    drop(near);
    assert!((0..40).all(|n| verdicts.is_nacked(n)), "and gives them back when it ends");
}
