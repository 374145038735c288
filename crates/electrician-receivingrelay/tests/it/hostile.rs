//! What no decent sender does.

use std::time::Duration;

use bytes::Bytes;
use electrician_relay::grpc::RelayCodec;
use electrician_relay::proto::{AckMode, StreamClose};
use electrician_relay::{Ack, EnvelopeWriter, Frame, RawPayload, Text};
use electrician_testkit::drive::soon;
use futures_util::{StreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::{Code, Request};

use crate::raw::{client, connect, opening, payload};
use crate::support::{Store, open_relay, start};

#[tokio::test]
async fn a_message_that_is_too_large_ends_its_stream_alone() {
    let store = Store::new();
    let far = start(open_relay().with_max_message_bytes(1000).build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let large = RawPayload::parse(Bytes::from(
        vec![0x1a, 0xd0, 0x0f].into_iter().chain([b'1'; 2000]).collect::<Vec<u8>>(),
    ))
    .unwrap();
    let frames = stream::iter([opening("large", AckMode::AckPerMessage, 0), Frame::Payload(large)]);
    let answer = soon(client(requests.clone()).stream_receive(frames)).await.unwrap();
    let said: Vec<_> = soon(answer.into_inner().collect::<Vec<_>>()).await;
    let status = said.last().unwrap().as_ref().unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status}");
    // The connection goes on.
    let mut writer = EnvelopeWriter::json();
    let one = writer.write(&7, &electrician_relay::About::default()).unwrap();
    let mut one_client = client(requests);
    let ack = soon(one_client.receive(one)).await.unwrap().into_inner();
    assert!(ack.success, "{ack:?}");
    assert_eq!(store.items(), [7]);
    far.stop().await;
}

#[tokio::test]
async fn a_frame_that_is_none_ends_its_stream() {
    let store = Store::new();
    let far = start(open_relay().build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let mut grpc = tonic::client::Grpc::with_origin(requests, "http://relay".parse().unwrap());
    soon(grpc.ready()).await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/electrician.RelayService/StreamReceive");
    // An acknowledgement: its first field is a number, where a frame has a message.
    let wrong = Ack { success: true, ..Ack::of_stream(Text::EMPTY, "") };
    let codec = RelayCodec::<Ack, Ack>::default();
    let answer = soon(grpc.streaming(Request::new(stream::iter([wrong])), path, codec)).await;
    let said: Vec<_> = soon(answer.unwrap().into_inner().collect::<Vec<_>>()).await;
    let status = said.last().unwrap().as_ref().unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    far.stop().await;
}

#[tokio::test]
async fn a_payload_that_cannot_be_read_is_refused_for_good_and_the_others_go_on() {
    let store = Store::new();
    let far = start(open_relay().build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let mut client = client(connect(far.address, &mut tasks).await);
    let mut writer = EnvelopeWriter::json();
    let broken = RawPayload::parse(Bytes::from_static(b"\x0a\x03bad\x1a\x02{[")).unwrap();
    let frames = [
        opening("s", AckMode::AckPerMessage, 0),
        Frame::Payload(payload(&mut writer, 1, 1)),
        Frame::Payload(broken.with_seq(2)),
        Frame::Payload(payload(&mut writer, 3, 3)),
        Frame::Close(StreamClose { reason: "end".into() }),
    ];
    let acks = soon(client.stream_receive(stream::iter(frames))).await.unwrap().into_inner();
    let acks: Vec<Ack> = soon(acks.map(Result::unwrap).collect()).await;
    let about = |seq| acks.iter().find(|ack| ack.seq == seq).unwrap();
    assert!(about(1).success && about(3).success, "{acks:?}");
    assert!(!about(2).success && !about(2).retryable && about(2).code == 400, "{:?}", about(2));
    assert_eq!(store.items(), [1, 3]);
    assert_eq!(far.handle.stats().unreadable, 1);
    far.stop().await;
}

#[tokio::test]
async fn one_payload_by_itself_is_acknowledged_when_it_is_processed() {
    let store = Store::closed();
    let far = start(open_relay().build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let mut client = client(connect(far.address, &mut tasks).await);
    let mut writer = EnvelopeWriter::<u64>::json().with_metadata_in_each();
    let payload = payload(&mut writer, 9, 0);
    let call = tokio::spawn(async move { client.receive(payload).await });
    soon(store.gate.wait_for_waiting(1)).await;
    assert!(!call.is_finished());
    store.gate.open();
    let ack = soon(call).await.unwrap().unwrap().into_inner();
    assert!(ack.success, "{ack:?}");
    assert_eq!(store.items(), [9]);
    far.stop().await;
}

#[tokio::test]
async fn a_stream_too_many_is_told_so() {
    let store = Store::new();
    let far = start(open_relay().with_max_streams(1).build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let open = || stream::iter([opening("s", AckMode::AckBatch, 8)]);
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let ending = stream::once(async move {
        let _ = ended.await;
        opening("s", AckMode::AckBatch, 8)
    });
    let mut one = client(requests.clone());
    let first = soon(one.stream_receive(open().chain(ending))).await.unwrap();
    let status = soon(client(requests.clone()).stream_receive(open())).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    drop((end, first));
    // Its place is free as soon as the server has seen it go.
    while soon(client(requests.clone()).stream_receive(open())).await.is_err() {
        tokio::task::yield_now().await;
    }
    far.stop().await;
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_is_ended() {
    let store = Store::new();
    let relay = open_relay().with_handshake_timeout(Duration::from_millis(20)).build().unwrap();
    let far = start(relay, &store).await;
    // One that says nothing, and one that is polite and then silent.
    for said in [&b""[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"]
    {
        let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
        tcp.write_all(said).await.unwrap();
        let mut rest = Vec::new();
        let _ = soon(tcp.read_to_end(&mut rest)).await;
    }
    far.stop().await;
}

#[tokio::test]
async fn what_is_no_service_of_ours_is_unimplemented() {
    let store = Store::new();
    let far = start(open_relay().build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let origin: http::Uri = "http://relay".parse().unwrap();
    let mut grpc = tonic::client::Grpc::with_origin(requests, origin);
    soon(grpc.ready()).await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/electrician.Other/Call");
    let codec = RelayCodec::<Ack, Ack>::default();
    let call = grpc.unary(Request::new(Ack::of_stream(Text::EMPTY, "")), path, codec);
    assert_eq!(soon(call).await.unwrap_err().code(), Code::Unimplemented);
    far.stop().await;
}
