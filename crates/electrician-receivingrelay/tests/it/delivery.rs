//! What is sent arrives, once, and is acknowledged when it is processed.

use std::sync::Arc;
use std::time::Duration;

use electrician_forwardrelay::ForwardRelay;
use electrician_receivingrelay::ReceivingRelay;
use electrician_relay::codec::compress::{Compression, ZstdLevel};
use electrician_relay::codec::seal::{KeyRing, SealKey};
use electrician_relay::session::{AckOn, Acks};
use electrician_relay::{EnvelopeReader, EnvelopeWriter, RawPayload};
use electrician_testkit::Verdicts;
use electrician_testkit::drive::soon;
use electrician_types::{Batch, Next, OpenSource, Sink, Source};

use crate::support::{Store, assert_acked, open_relay, plain_sender, sender, start, write};

#[tokio::test]
async fn every_item_arrives_once_in_order_and_is_acknowledged() {
    for acks in [Acks::Batch(64), Acks::PerMessage] {
        let store = Store::new();
        let far = start(open_relay().build().unwrap(), &store).await;
        let target = far.address.to_string();
        let mut near = sender()
            .dangerously_in_plaintext()
            .with_target(target)
            .with_acks(acks)
            .build()
            .unwrap();
        let stats = near.stats();
        let verdicts = Verdicts::plain();
        soon(near.open()).await.unwrap();
        write(&mut near, &verdicts, 0..5000).await;
        soon(near.flush()).await.unwrap();
        assert_acked(&verdicts, 0..5000);
        assert_eq!(store.items(), (0..5000).collect::<Vec<_>>(), "{acks:?}");
        soon(near.close()).await.unwrap();
        let link = stats.links().remove(0);
        assert_eq!((link.acked, link.failed, link.resent), (5000, 0, 0));
        assert_eq!(far.handle.stats().received, 5000);
        let stopped = far.stopped().await;
        assert_eq!(stopped.ledger.delivered, 5000);
        assert!(stopped.source_errors.is_empty(), "{:?}", stopped.source_errors);
    }
}

#[tokio::test]
async fn nothing_is_acknowledged_before_it_is_processed() {
    let store = Store::closed();
    let far = start(open_relay().build().unwrap(), &store).await;
    let mut near = plain_sender(far.address);
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..10).await;
    soon(store.gate.wait_for_waiting(1)).await;
    assert_eq!(verdicts.settled(), 0, "the first is being processed");
    store.gate.open();
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..10);
    soon(near.close()).await.unwrap();
    far.stop().await;
}

#[tokio::test]
async fn acknowledging_what_was_taken_can_be_chosen() {
    let store = Store::closed();
    let relay = open_relay().with_ack_on(AckOn::Accepted).build().unwrap();
    let far = start(relay, &store).await;
    let mut near = plain_sender(far.address);
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..10).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..10);
    assert_eq!(store.items(), [] as [u64; 0], "none is processed");
    store.gate.open();
    soon(near.close()).await.unwrap();
    far.stop().await;
    assert_eq!(store.items().len(), 10);
}

#[tokio::test]
async fn without_acknowledgements_what_was_sent_counts() {
    let store = Store::new();
    let far = start(open_relay().build().unwrap(), &store).await;
    let target = far.address.to_string();
    let near = sender().dangerously_in_plaintext().with_target(target).with_acks(Acks::None);
    let mut near = near.build().unwrap();
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..100).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..100);
    soon(store.count.reached(100)).await;
    soon(near.close()).await.unwrap();
    far.stop().await;
}

#[tokio::test]
async fn payloads_are_compressed_and_encrypted_on_the_way() {
    let ring = || Arc::new(KeyRing::new(SealKey::from_bytes(&[7; 32]).unwrap()));
    let store = Store::new();
    let relay = open_relay().with_reader(move || EnvelopeReader::json().with_keys(ring()));
    let far = start(relay.build().unwrap(), &store).await;
    let target = far.address.to_string();
    let writer = EnvelopeWriter::json()
        .with_compression(Compression::Zstd(ZstdLevel::DEFAULT))
        .with_keys(ring());
    let near = sender().dangerously_in_plaintext().with_target(target).with_writer(writer);
    let mut near = near.build().unwrap();
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..200).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..200);
    soon(near.close()).await.unwrap();

    // A sender without the key is told so, and nothing of it gets in.
    let mut other = plain_sender(far.address);
    soon(other.open()).await.unwrap();
    write(&mut other, &verdicts, 500..501).await;
    let error = soon(other.flush()).await.unwrap_err();
    assert!(error.to_string().contains("encrypt"), "{error}");
    assert!(verdicts.is_nacked(500));
    soon(other.close()).await.unwrap();
    far.stop().await;
    assert_eq!(store.items().len(), 200);
}

#[tokio::test]
async fn a_dedupe_key_is_known_on_every_stream() {
    let store = Store::new();
    let keys = Arc::new(electrician_relay::session::DedupeKeys::new(1000));
    let far = start(open_relay().with_dedupe_keys(keys).build().unwrap(), &store).await;
    let verdicts = Verdicts::plain();
    for run in 0..2 {
        // As after a restart of the process: nothing is left of the stream before.
        let mut near = sender()
            .dangerously_in_plaintext()
            .with_target(far.address.to_string())
            .with_dedupe_key(|n, key| key.push_str(&(n % 100).to_string()))
            .build()
            .unwrap();
        soon(near.open()).await.unwrap();
        write(&mut near, &verdicts, run * 100..run * 100 + 100).await;
        soon(near.flush()).await.unwrap();
        soon(near.close()).await.unwrap();
    }
    assert_acked(&verdicts, 0..200);
    assert_eq!(store.sorted(), (0..100).collect::<Vec<_>>());
    assert_eq!(far.handle.stats().duplicates, 100);
    far.stop().await;
}

#[tokio::test]
async fn an_item_that_is_not_processed_comes_again() {
    let relay = open_relay().build().unwrap();
    let mut source = relay.open().unwrap();
    let mut near = sender()
        .dangerously_in_plaintext()
        .with_target(soon(relay.handle().bound()).await.to_string())
        .with_retries(3, Duration::from_millis(1))
        .build()
        .unwrap();
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 7..8).await;
    for attempt in 1..=3 {
        let mut batch = Batch::new();
        assert_eq!(soon(source.read(&mut batch, 8)).await.unwrap(), Next::More);
        let item = batch.take().unwrap();
        assert_eq!(*item.value(), 7);
        if attempt < 3 {
            drop(item); // nobody said what became of it
        } else {
            item.accept();
        }
    }
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 7..8);
    soon(near.close()).await.unwrap();
    let mut rest = Batch::new();
    source.hand_over(&mut rest);
    soon(source.close()).await.unwrap();
}

#[tokio::test]
async fn a_deadline_ends_the_waiting() {
    // Nobody listens there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let failed = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&failed);
    let mut near = sender()
        .dangerously_in_plaintext()
        .with_target(address.to_string())
        .with_deadline(Duration::from_millis(30))
        .with_failures(move |failure| {
            seen.lock().unwrap().push(format!("{:?}", failure.outcome));
        })
        .build()
        .unwrap();
    let stats = near.stats();
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..5).await;
    let error = soon(near.flush()).await.unwrap_err();
    assert!(error.to_string().contains("5 payloads were not delivered"), "{error}");
    assert!((0..5).all(|n| verdicts.is_nacked(n)));
    assert_eq!(failed.lock().unwrap().len(), 5);
    assert!(stats.links()[0].last_error.is_some());
    soon(near.close()).await.unwrap();
}

#[tokio::test]
async fn a_payload_passes_through_a_hop_as_it_is() {
    let store = Store::new();
    let far = start(open_relay().build().unwrap(), &store).await;
    let hop = ReceivingRelay::<RawPayload>::builder("127.0.0.1:0")
        .dangerously_in_plaintext()
        .with_authenticator(electrician_receivingrelay::auth::Authenticator::nobody_is_asked())
        .passing_through()
        .build()
        .unwrap();
    let mut source = hop.open().unwrap();
    let address = soon(hop.handle().bound()).await;
    let mut onward = ForwardRelay::<RawPayload>::builder()
        .dangerously_in_plaintext()
        .with_target(far.address.to_string())
        .passing_through()
        .build()
        .unwrap();
    soon(onward.open()).await.unwrap();
    let mut near = plain_sender(address);
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..50).await;
    let mut passed = 0;
    let mut batch = Batch::new();
    while passed < 50 {
        soon(source.read(&mut batch, 64)).await.unwrap();
        passed += batch.len();
        // What the stream said of payloads goes along with each.
        assert!(batch.values().all(|payload| payload.metadata().is_some()));
        soon(onward.write(&mut batch)).await.unwrap();
    }
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..50);
    assert_eq!(store.items(), (0..50).collect::<Vec<_>>());
    soon(near.close()).await.unwrap();
    soon(onward.close()).await.unwrap();
    source.hand_over(&mut Batch::new());
    soon(source.close()).await.unwrap();
    far.stop().await;
}
