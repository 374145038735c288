//! Many small messages while little is read.
//!
//! The protection of HTTP/2 against floods of small frames ends a connection whose window is small.

use electrician_relay::proto::{AckMode, StreamClose};
use electrician_relay::{EnvelopeReader, EnvelopeWriter, Frame};
use electrician_testkit::drive::{settle, soon};
use futures_util::{StreamExt, stream};
use tokio::task::JoinSet;

use crate::raw::{client, connect, opening, payload};
use crate::support::{Store, open_relay, start};

const MESSAGES: u64 = 20_000;

async fn slow(streams: u64) {
    let store = Store::closed();
    let relay = open_relay().with_reader(EnvelopeReader::json).with_queue(1).build().unwrap();
    let far = start(relay, &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let each = MESSAGES / streams;
    let mut talks = JoinSet::new();
    for number in 0..streams {
        let mut client = client(requests.clone());
        talks.spawn(async move {
            let mut writer = EnvelopeWriter::<u64>::json();
            let payloads = (0..each)
                .map(move |n| Frame::Payload(payload(&mut writer, number * each + n, n + 1)));
            let frames = [opening(&format!("s{number}"), AckMode::AckBatch, 64)]
                .into_iter()
                .chain(payloads)
                .chain([Frame::Close(StreamClose { reason: "end".into() })]);
            let acks = client.stream_receive(stream::iter(frames)).await.unwrap().into_inner();
            acks.fold(0, async |sum, ack| sum + ack.unwrap().ok_count).await
        });
    }
    // All that the windows take is sent, and nothing is read.
    soon(store.gate.wait_for_waiting(1)).await;
    for _ in 0..50 {
        settle().await;
    }
    store.gate.open();
    while let Some(acknowledged) = soon(talks.join_next()).await {
        assert_eq!(u64::from(acknowledged.unwrap()), each, "{streams} streams");
    }
    assert_eq!(store.sorted(), (0..each * streams).collect::<Vec<_>>(), "{streams} streams");
    far.stop().await;
}

#[tokio::test]
async fn twenty_thousand_on_one_stream() {
    slow(1).await;
}

#[tokio::test]
async fn twenty_thousand_on_four_streams() {
    slow(4).await;
}

#[tokio::test]
async fn twenty_thousand_on_sixteen_streams() {
    slow(16).await;
}

#[tokio::test]
async fn twenty_thousand_on_sixty_four_streams() {
    slow(64).await;
}
