//! Peers that are gone without saying so, and those that take their time.

use std::time::Duration;

use electrician_relay::proto::AckMode;
use electrician_testkit::drive::soon;
use electrician_testkit::{FaultProxy, Verdicts};
use electrician_types::Sink;
use futures_util::{StreamExt, stream};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::raw::{client, connect, opening};
use crate::support::{Store, assert_acked, open_relay, plain_sender, sender, start, write};

/// How often one asks, and how long the other has to answer.
const OFTEN: Duration = Duration::from_millis(20);

/// How a client of HTTP/2 begins: the preface, and settings without any.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";

/// A part of a request's headers, on stream 1, to which more is to follow.
const SOME_HEADERS: &[u8] = b"\x00\x00\x01\x01\x00\x00\x00\x00\x01\x83";

#[tokio::test]
async fn a_sender_finds_out_that_its_receiver_is_gone() {
    let store = Store::new();
    let far = start(open_relay().build().unwrap(), &store).await;
    let proxy = FaultProxy::start(far.address, 1).await.unwrap();
    let mut near = sender()
        .dangerously_in_plaintext()
        .with_target(proxy.address().to_string())
        .with_keep_alive(Some(OFTEN), OFTEN)
        .with_ack_timeout(Duration::from_hours(1))
        .build()
        .unwrap();
    let (stats, verdicts) = (near.stats(), Verdicts::plain());
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..10).await;
    soon(near.flush()).await.unwrap();

    proxy.swallow();
    write(&mut near, &verdicts, 10..20).await;
    while stats.links()[0].attempts < 2 {
        tokio::task::yield_now().await;
    }
    proxy.pass();
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..20);
    assert_eq!(store.items(), (0..20).collect::<Vec<_>>());
    soon(near.close()).await.unwrap();
    far.stop().await;
}

#[tokio::test]
async fn a_receiver_finds_out_that_its_sender_is_gone() {
    let store = Store::new();
    let relay = open_relay().with_max_streams(1).with_keep_alive(OFTEN, OFTEN).build().unwrap();
    let far = start(relay, &store).await;
    let proxy = FaultProxy::start(far.address, 1).await.unwrap();
    let mut tasks = JoinSet::new();
    let gone = connect(proxy.address(), &mut tasks).await;
    let frames = stream::iter([opening("gone", AckMode::AckBatch, 8)]).chain(stream::pending());
    let held = soon(client(gone).stream_receive(frames)).await.unwrap();
    proxy.swallow();
    // Its place is free as soon as the receiver has seen that it is gone.
    let requests = connect(far.address, &mut tasks).await;
    let open = || stream::iter([opening("other", AckMode::AckBatch, 8)]);
    while soon(client(requests.clone()).stream_receive(open())).await.is_err() {
        tokio::task::yield_now().await;
    }
    drop(held);
    far.stop().await;
}

#[tokio::test]
async fn those_who_take_their_time_keep_nobody_out() {
    let store = Store::new();
    let relay = open_relay()
        .with_max_connections(3)
        .with_handshake_timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    let far = start(relay, &store).await;
    // One in the middle of its first word, one before its first request, one within its headers.
    let half_headers = [PREFACE, SOME_HEADERS].concat();
    let mut slow = Vec::new();
    for said in [&PREFACE[..7], PREFACE, &half_headers] {
        let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
        soon(tcp.write_all(said)).await.unwrap();
        slow.push(tcp);
    }
    let mut near = plain_sender(far.address);
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..10).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..10);
    soon(near.close()).await.unwrap();
    drop(slow);
    far.stop().await;
}
