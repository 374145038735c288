//! Relays that stop and come back, and subscribers that are slow.

use std::time::Duration;

use electrician_forwardrelay::MeshError;
use electrician_receivingrelay::Mesh;
use electrician_relay::grpc::mesh_service_client::MeshServiceClient;
use electrician_relay::mesh::{Exchange, Filter, MeshFrame};
use electrician_relay::proto::{DropPolicy, SubscribeRequest, SubscriptionSpec, Throttle};
use electrician_relay::{About, Ack, EnvelopeWriter, Text};
use electrician_testkit::drive::soon;
use futures_util::{StreamExt, stream};
use tokio::task::JoinSet;
use tonic::Code;

use super::{next, on, peer, relay};
use crate::raw::connect;
use crate::support::{Store, open_relay_at, pipeline, start};

const AMPLE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_stop_delivers_what_was_taken_and_says_so() {
    let store = Store::new();
    let far = start(relay(Mesh::new()).build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let origin = "http://relay".parse().unwrap();
    let mut raw = MeshServiceClient::with_origin(connect(far.address, &mut tasks).await, origin);
    let subscriptions = vec![Filter::channel("c").subscription("s")];
    let wish = MeshFrame::Subscribe(SubscribeRequest { subscriptions });
    // It wants nothing yet, so that something waits when the relay stops.
    let throttle = Throttle { retry_after_ms: 500, ..Throttle::default() };
    let pause = Ack::refusal(Text::EMPTY, 429, "not yet").with_throttle(throttle);
    let frames = stream::iter([MeshFrame::Ack(pause), wish]).chain(stream::pending());
    let mut frames = soon(raw.connect(frames)).await.unwrap().into_inner();
    let first = soon(frames.message()).await.unwrap().unwrap();
    assert!(matches!(first, MeshFrame::Subscribed(_)), "{first:?}");
    let (publisher, _) = peer(far.address);
    for n in 0..20 {
        soon(publisher.publish(on("c", n))).await.unwrap();
    }
    far.stop().await;
    let said: Vec<_> = soon(frames.collect::<Vec<_>>()).await;
    let (last, before) = said.split_last().unwrap();
    assert_eq!(last.as_ref().unwrap_err().code(), Code::Unavailable);
    let (close, payloads) = before.split_last().unwrap();
    assert!(matches!(close, Ok(MeshFrame::Close(close)) if close.reason == "the relay stops"));
    let are_payloads = payloads.iter().all(|frame| matches!(frame, Ok(MeshFrame::Payload(_))));
    assert!(payloads.len() == 20 && are_payloads, "{payloads:?}");
}

#[tokio::test]
async fn peers_come_back_when_the_relay_does() {
    let store = Store::new();
    let far = start(relay(Mesh::new()).build().unwrap(), &store).await;
    let address = far.address;
    let (publisher, _) = peer(address);
    let (subscriber, mut inbox) = peer(address);
    soon(subscriber.subscribe("s", &Filter::channel("c"))).await.unwrap();
    soon(publisher.publish(on("c", 1))).await.unwrap();
    assert_eq!(next(&mut inbox).await.1, 1);
    far.stop().await;

    // Held until there is a relay again; the subscription is asked for again, too.
    let waiting = soon(publisher.submit(on("", 2))).await.unwrap();
    let relay = open_relay_at(&address.to_string()).with_mesh(Mesh::new()).build().unwrap();
    let handle = relay.handle();
    let running = pipeline(relay, &store).start().unwrap();
    soon(waiting).await.unwrap();
    assert_eq!(store.items(), [2]);
    while handle.mesh_stats().unwrap().subscriptions == 0 {
        tokio::task::yield_now().await;
    }
    soon(publisher.publish(on("c", 3))).await.unwrap();
    assert_eq!(next(&mut inbox).await.1, 3);
    assert!(subscriber.stats().connections >= 2);
    drop(electrician_testkit::drive::stop(running).await);
    // Nothing waits, so it can be closed though there is no relay.
    assert!(soon(publisher.close(AMPLE)).await);
    let error = soon(publisher.publish(on("c", 4))).await.unwrap_err();
    assert!(matches!(error, MeshError::Closed), "{error}");
}

#[tokio::test]
async fn what_was_not_published_in_time_is_told() {
    let store = Store::new();
    let far = start(relay(Mesh::new()).build().unwrap(), &store).await;
    let (publisher, _) = peer(far.address);
    soon(publisher.publish(on("c", 1))).await.unwrap();
    far.stop().await;
    let waiting = soon(publisher.submit(on("c", 2))).await.unwrap();
    assert!(!soon(publisher.close(Duration::from_millis(10))).await);
    let error = soon(waiting).await.unwrap_err();
    assert!(error.to_string().contains("Returned"), "{error}");
}

#[tokio::test]
async fn a_subscriber_that_reads_nothing_is_ended_and_publishers_go_on() {
    let store = Store::new();
    let exchange = Exchange::builder()
        .with_outbox(4, 1 << 20)
        .with_pause(Duration::from_millis(1))
        .with_patience(Duration::from_millis(50));
    let mesh = Mesh::new().with_exchange(exchange);
    let far = start(relay(mesh).build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let origin = "http://relay".parse().unwrap();
    let mut raw = MeshServiceClient::with_origin(connect(far.address, &mut tasks).await, origin);
    let spec = SubscriptionSpec {
        drop_policy: DropPolicy::DropNone.into(),
        ..Filter::channel("c").subscription("s")
    };
    let wish = MeshFrame::Subscribe(SubscribeRequest { subscriptions: vec![spec] });
    let frames = stream::iter([wish]).chain(stream::pending());
    let mut frames = soon(raw.connect(frames)).await.unwrap().into_inner();
    let first = soon(frames.message()).await.unwrap().unwrap();
    assert!(matches!(first, MeshFrame::Subscribed(_)), "{first:?}");

    let (publisher, _) = peer(far.address);
    let mut writer = EnvelopeWriter::<[u8]>::bytes();
    let about = About { channel: "c", ..About::default() };
    // More than fits into the window of its stream, which is 2 MiB, and what is on the way there.
    for _ in 0..512 {
        let payload = writer.write(&[0; 16 << 10][..], &about).unwrap();
        soon(publisher.publish(payload)).await.unwrap();
    }
    let stats = far.handle.mesh_stats().unwrap();
    assert_eq!((stats.ended, stats.subscriptions), (1, 0), "{stats:?}");
    assert!(stats.throttled > 0 && stats.is_balanced(), "{stats:?}");
    // When it reads, it is told.
    let said: Vec<_> = soon(frames.collect::<Vec<_>>()).await;
    let status = said.last().unwrap().as_ref().unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert!(status.message().contains("too slow"), "{status}");
    far.stop().await;
}

#[tokio::test]
async fn a_peer_that_reads_nothing_loses_the_oldest_and_learns_how_many() {
    let store = Store::new();
    let mesh = Mesh::new().with_exchange(Exchange::builder().with_outbox(4, 1 << 20));
    let far = start(relay(mesh).build().unwrap(), &store).await;
    let (publisher, _) = peer(far.address);
    let client = super::client(far.address).with_inbox(1).build().unwrap();
    let (subscriber, mut inbox) = client.start();
    soon(subscriber.subscribe("s", &Filter::channel("c"))).await.unwrap();
    let mut writer = EnvelopeWriter::<[u8]>::bytes();
    let about = About { channel: "c", ..About::default() };
    for _ in 0..64 {
        let payload = writer.write(&[0; 16 << 10][..], &about).unwrap();
        soon(publisher.publish(payload)).await.unwrap();
    }
    let dropped = far.handle.mesh_stats().unwrap().dropped;
    assert!(dropped > 0);
    for _ in 0..64 - dropped {
        soon(inbox.recv()).await.unwrap();
    }
    assert_eq!(subscriber.stats().missed, dropped);
    far.stop().await;
}
