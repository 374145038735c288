//! What no decent peer does.

use electrician_receivingrelay::Mesh;
use electrician_relay::grpc::RelayCodec;
use electrician_relay::grpc::mesh_service_client::MeshServiceClient;
use electrician_relay::mesh::{Exchange, Filter, MeshFrame};
use electrician_relay::proto::{
    ClockSyncRequest, MessageMetadata, RoutingOptions, StreamOpen, SubscribeRequest,
    SubscriptionSpec, WrappedPayload,
};
use electrician_relay::{Ack, RawPayload, Text};
use electrician_testkit::drive::soon;
use futures_util::{StreamExt, stream};
use tokio::task::JoinSet;
use tonic::{Code, Request, Status};

use super::{next, on, peer, relay};
use crate::raw::{Requests, connect};
use crate::support::{Far, Store, open_relay, start};

fn raw(requests: &Requests) -> MeshServiceClient<Requests> {
    MeshServiceClient::with_origin(requests.clone(), "http://relay".parse().unwrap())
}

/// All that the mesh says to these frames, behind which nothing comes.
async fn say(requests: &Requests, frames: Vec<MeshFrame>) -> Vec<Result<MeshFrame, Status>> {
    let answer = soon(raw(requests).connect(stream::iter(frames))).await.unwrap();
    soon(answer.into_inner().collect()).await
}

/// The mesh goes on for others.
async fn assert_alive(far: &Far) {
    let ((publisher, _), (subscriber, mut inbox)) = (peer(far.address), peer(far.address));
    soon(subscriber.subscribe("s", &Filter::channel("alive"))).await.unwrap();
    soon(publisher.publish(on("alive", 1))).await.unwrap();
    assert_eq!(next(&mut inbox).await.1, 1);
}

/// Of payloads that are named: their numbers, and what is said of them.
fn codes(said: &[Result<MeshFrame, Status>]) -> Vec<(u64, i32)> {
    let named = said.iter().filter_map(|frame| match frame.as_ref().unwrap() {
        MeshFrame::Ack(ack) if ack.seq > 0 => Some((ack.seq, ack.code)),
        _ => None,
    });
    named.collect()
}

fn open(id: &str) -> MeshFrame {
    MeshFrame::Open(Box::new(StreamOpen { stream_id: id.to_owned(), ..StreamOpen::default() }))
}

#[tokio::test]
async fn frames_that_are_none_or_too_large_end_their_stream_alone() {
    let store = Store::new();
    let far = start(relay(Mesh::new()).build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let subscriptions = vec![SubscriptionSpec::default(); 40_000];
    let wishes = MeshFrame::Subscribe(SubscribeRequest { subscriptions });
    let said = say(&requests, vec![open("s"), wishes]).await;
    let status = said.last().unwrap().as_ref().unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    assert!(status.message().contains("at most 65536"), "{status}");

    let mut grpc =
        tonic::client::Grpc::with_origin(requests.clone(), "http://relay".parse().unwrap());
    soon(grpc.ready()).await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/electrician.MeshService/Connect");
    // Its first field is a number, where a frame has a message.
    let wrong = Ack { success: true, ..Ack::of_stream(Text::EMPTY, "") };
    let codec = RelayCodec::<Ack, Ack>::default();
    let answer = soon(grpc.streaming(Request::new(stream::iter([wrong])), path, codec)).await;
    let said: Vec<_> = soon(answer.unwrap().into_inner().collect::<Vec<_>>()).await;
    let status = said.last().unwrap().as_ref().unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");

    let said = say(&requests, vec![open("one"), open("other")]).await;
    let status = said.last().unwrap().as_ref().unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    assert_alive(&far).await;
    far.stop().await;
}

#[tokio::test]
async fn payloads_that_cannot_be_published_are_refused_and_others_go_on() {
    let store = Store::new();
    let far = start(relay(Mesh::new()).build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let routing = RoutingOptions { principals: vec!["me".to_owned()], ..Default::default() };
    let metadata = MessageMetadata { routing: Some(routing), ..MessageMetadata::default() };
    let private = WrappedPayload { metadata: Some(metadata), ..on("c", 1).decode().unwrap() };
    let payload = |payload: RawPayload, seq| MeshFrame::Payload(payload.with_seq(seq));
    let frames = vec![
        open("s"),
        payload(RawPayload::from_message(&private), 1),
        payload(on(&"x".repeat(300), 2), 2),
        payload(on("c", 3), 3),
    ];
    let said = say(&requests, frames).await;
    assert_eq!(codes(&said), [(1, 501), (2, 400), (3, 0)]);
    far.stop().await;
}

/// What its stream says of a payload goes on with it, and others take frames of the same size.
#[tokio::test]
async fn a_payload_that_would_be_too_large_for_subscribers_is_refused() {
    let store = Store::new();
    let built = relay(Mesh::new()).with_max_message_bytes(2000).build().unwrap();
    let far = start(built, &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let headers = [("x".to_owned(), "y".repeat(1000))].into();
    let defaults = Some(MessageMetadata { headers, ..MessageMetadata::default() });
    let open = StreamOpen { defaults, ..StreamOpen::default() };
    let sized = |bytes: usize, seq| {
        let message = WrappedPayload {
            channel: "c".to_owned(),
            payload: vec![0; bytes].into(),
            seq,
            ..WrappedPayload::default()
        };
        MeshFrame::Payload(RawPayload::from_message(&message))
    };
    let frames = vec![MeshFrame::Open(Box::new(open)), sized(900, 1), sized(1000, 2)];
    assert_eq!(codes(&say(&requests, frames).await), [(1, 0), (2, 413)]);
    far.stop().await;
}

#[tokio::test]
async fn questions_whose_answers_are_not_read_are_not_read_either() {
    let store = Store::new();
    let far = start(relay(Mesh::new()).build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let count = 20_000_u64;
    let questions =
        (0..count).map(|nonce| MeshFrame::ClockSync(ClockSyncRequest { nonce, t1_unix_ns: 1 }));
    let said = say(&requests, questions.collect()).await;
    let nonces: Vec<u64> = said
        .into_iter()
        .map(|frame| match frame.unwrap() {
            MeshFrame::ClockSynced(answer) => answer.nonce,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(nonces.into_iter().eq(0..count), "each is answered, in order");
    assert_alive(&far).await;
    far.stop().await;
}

#[tokio::test]
async fn a_peer_too_many_is_told_so_and_a_mesh_is_served_only_where_it_is_asked_for() {
    let store = Store::new();
    let mesh = Mesh::new().with_exchange(Exchange::builder().with_members(1));
    let far = start(relay(mesh).build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let ending = stream::once(async move {
        let _ = ended.await;
        MeshFrame::Other
    });
    let first = soon(raw(&requests).connect(ending)).await.unwrap();
    let second = soon(raw(&requests).connect(stream::pending::<MeshFrame>())).await;
    assert_eq!(second.unwrap_err().code(), Code::ResourceExhausted);
    drop((end, first));
    // Its place is free as soon as the server has seen that nothing follows.
    while soon(raw(&requests).connect(stream::pending::<MeshFrame>())).await.is_err() {
        tokio::task::yield_now().await;
    }
    far.stop().await;

    let far = start(open_relay().build().unwrap(), &store).await;
    let requests = connect(far.address, &mut tasks).await;
    let status = soon(raw(&requests).connect(stream::pending::<MeshFrame>())).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(far.handle.mesh_stats(), None);
    far.stop().await;
    let wrong = Mesh::new().with_exchange(Exchange::builder().with_outbox(0, 0));
    assert!(relay(wrong).build().unwrap_err().to_string().contains("wait for a peer"));
}
