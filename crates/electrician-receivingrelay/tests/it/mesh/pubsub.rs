//! Who gets what, and when it is acknowledged.

use std::time::Duration;

use electrician_auth::{Authenticator, StaticHeaders};
use electrician_forwardrelay::MeshError;
use electrician_receivingrelay::{Mesh, MeshAccess, ReceivingRelay};
use electrician_relay::mesh::Filter;
use electrician_relay::proto::{MessageMetadata, RoutingOptions};
use electrician_relay::session::{Acks, Outcome};
use electrician_relay::{About, EnvelopeReader, EnvelopeWriter};
use electrician_testkit::drive::soon;

use super::{client, next, on, peer, relay};
use crate::support::{Store, start};

#[tokio::test]
async fn what_is_published_comes_to_subscribers_and_not_to_the_pipeline() {
    let store = Store::new();
    let far = start(relay(Mesh::new()).build().unwrap(), &store).await;
    let (publisher, _) = peer(far.address);
    let (subscriber, mut inbox) = peer(far.address);
    soon(subscriber.subscribe("s", &Filter::prefix("metals/"))).await.unwrap();
    soon(publisher.publish(on("metals/copper", 1))).await.unwrap();
    soon(publisher.publish(on("wood", 2))).await.unwrap();
    soon(publisher.publish(on("metals/zinc", 3))).await.unwrap();
    assert_eq!(next(&mut inbox).await, ("metals/copper".to_owned(), 1));
    assert_eq!(next(&mut inbox).await, ("metals/zinc".to_owned(), 3));
    // Without a channel it is for the pipeline.
    soon(publisher.publish(on("", 4))).await.unwrap();
    assert_eq!(store.items(), [4]);
    let stats = far.handle.mesh_stats().unwrap();
    assert_eq!((stats.published, stats.matched, stats.delivered, stats.members), (4, 2, 2, 2));
    assert_eq!(far.handle.stats().received, 1);
    assert!(subscriber.unsubscribe("s") && !subscriber.unsubscribe("s"));
    assert!(soon(publisher.close(Duration::from_secs(10))).await);
    assert!(soon(subscriber.close(Duration::from_secs(10))).await);
    assert!(soon(inbox.recv()).await.is_none());
    far.stop().await;
}

#[tokio::test]
async fn what_reaches_the_pipeline_is_acknowledged_when_it_is_processed() {
    let store = Store::closed();
    let mesh = Mesh::new().with_pipeline_for([Filter::prefix("orders/")]);
    let far = start(relay(mesh).build().unwrap(), &store).await;
    let at_once = client(far.address).with_relay(|relay| relay.with_acks(Acks::PerMessage));
    let (publisher, _) = at_once.build().unwrap().start();
    let (subscriber, mut inbox) = peer(far.address);
    soon(subscriber.subscribe("s", &Filter::prefix("orders/"))).await.unwrap();
    let mut ticket = soon(publisher.submit(on("orders/new", 7))).await.unwrap();
    // The subscriber has it, the pipeline is not done with it.
    assert_eq!(next(&mut inbox).await.1, 7);
    soon(store.gate.wait_for_waiting(1)).await;
    // An acknowledgement would have come before this answer.
    soon(publisher.clock()).await.unwrap();
    assert!(electrician_testkit::drive::poll_once(&mut ticket).is_pending());
    store.gate.open();
    soon(ticket).await.unwrap();
    assert_eq!(store.items(), [7]);
    // What cannot be read for the pipeline is refused, and comes to nobody.
    let mut writer = EnvelopeWriter::<[u8]>::bytes();
    let about = About { channel: "orders/new", ..About::default() };
    let broken = writer.write(&b"{["[..], &about).unwrap();
    let error = soon(publisher.publish(broken)).await.unwrap_err();
    let MeshError::Unpublished(Outcome::Rejected { .. }) = error else { panic!("{error}") };
    soon(publisher.publish(on("orders/new", 8))).await.unwrap();
    assert_eq!(next(&mut inbox).await.1, 8);
    far.stop().await;
}

#[tokio::test]
async fn what_the_stream_says_of_payloads_comes_with_them() {
    let store = Store::new();
    let far = start(relay(Mesh::new()).build().unwrap(), &store).await;
    let mut writer = EnvelopeWriter::<u64>::json();
    let routing = RoutingOptions { topic: "t".to_owned(), ..RoutingOptions::default() };
    let defaults = MessageMetadata { routing: Some(routing), ..writer.metadata() };
    let (publisher, _) = client(far.address).with_defaults(defaults).build().unwrap().start();
    let (subscriber, mut inbox) = peer(far.address);
    soon(subscriber.subscribe("s", &Filter::topic("t"))).await.unwrap();
    let bare = writer.write(&9, &About::default()).unwrap();
    assert!(!bare.has_metadata());
    soon(publisher.publish(bare)).await.unwrap();
    assert_eq!(next(&mut inbox).await, (String::new(), 9));
    far.stop().await;
}

#[tokio::test]
async fn who_may_do_what_is_asked_for_each_payload_and_subscription() {
    let store = Store::new();
    let headers = StaticHeaders::new([("x-tenant", "local")]).unwrap();
    let asks = Authenticator::builder().with_static_headers(headers).build().unwrap();
    let mesh = Mesh::new().with_permission(|_, access| match access {
        MeshAccess::Publish { channel, .. } => channel == "open",
        MeshAccess::Subscribe(filter) => *filter == Filter::channel("open"),
        _ => false,
    });
    let relay = ReceivingRelay::builder("127.0.0.1:0")
        .dangerously_in_plaintext()
        .with_authenticator(asks)
        .with_reader(EnvelopeReader::json)
        .with_mesh(mesh);
    let far = start(relay.build().unwrap(), &store).await;

    let (stranger, _) = peer(far.address);
    while stranger.stats().last_error.is_none() {
        tokio::task::yield_now().await;
    }
    let why = stranger.stats().last_error.unwrap();
    assert!(why.is_denied() && why.to_string().contains("x-tenant"), "{why}");

    let known = client(far.address).with_relay(|relay| relay.with_header("x-tenant", "local"));
    let (known, mut inbox) = known.build().unwrap().start();
    let error = soon(known.subscribe("all", &Filter::prefix("o"))).await.unwrap_err();
    assert!(matches!(&error, MeshError::Refused(why) if why.code == 403), "{error}");
    soon(known.subscribe("open", &Filter::channel("open"))).await.unwrap();
    let error = soon(known.publish(on("secret", 1))).await.unwrap_err();
    let is_refused = matches!(&error, MeshError::Unpublished(Outcome::Rejected { code: 403, .. }));
    assert!(is_refused, "{error}");
    // Its own does not come back, and nobody else is there.
    soon(known.publish(on("open", 2))).await.unwrap();
    assert_eq!(far.handle.mesh_stats().unwrap().matched, 0);
    assert!(electrician_testkit::drive::poll_once(inbox.recv()).is_pending());
    far.stop().await;
}

#[tokio::test]
async fn clocks_are_compared() {
    let store = Store::new();
    let far = start(relay(Mesh::new()).build().unwrap(), &store).await;
    let (peer, _) = peer(far.address);
    let sample = soon(peer.clock()).await.unwrap();
    // It is the same clock, so the offset is an error, which is at most half of the delay.
    let most = i64::try_from(sample.delay.as_nanos()).unwrap();
    assert!(sample.offset_ns.abs() <= most, "{sample:?}");
    far.stop().await;
}
