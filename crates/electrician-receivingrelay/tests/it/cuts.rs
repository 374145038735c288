//! Connections that are cut, and receivers that go away.
//!
//! 120 cuts for each play, or as many as `RELAY_CHAOS_CUTS` says; `RELAY_CHAOS_SEED` repeats the dice
//! of another run. `cargo xtask chaos relay` sets both.

use std::collections::BTreeSet;
use std::env;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use electrician_receivingrelay::ReceivingRelayBuilder;
use electrician_relay::session::{Acks, DedupeKeys, NumberedBy};
use electrician_testkit::drive::{soon, stop_within};
use electrician_testkit::{FaultProxy, Verdicts};
use electrician_types::Sink;

use crate::support::{Store, assert_acked, open_relay, plain_sender, sender, start, write};

/// How many cuts, unless told.
const CUTS: u64 = 120;

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// Sends until the proxy has cut so many connections, each after some of `bytes`. Gives what was
/// stored.
async fn survive_cuts(
    play: &str,
    acks: Acks,
    bytes: Range<usize>,
    relay: ReceivingRelayBuilder<u64>,
) -> Vec<u64> {
    let cuts = usize::try_from(number("RELAY_CHAOS_CUTS").unwrap_or(CUTS)).unwrap();
    let seed = number("RELAY_CHAOS_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("{play}: {cuts} cuts, seed {seed}");
    let store = Store::new();
    let far = start(relay.build().unwrap(), &store).await;
    let proxy = FaultProxy::start(far.address, seed).await.unwrap();
    proxy.cut_after(bytes);
    let mut near = sender()
        .dangerously_in_plaintext()
        .with_target(proxy.address().to_string())
        .with_acks(acks)
        .with_backoff(Duration::from_millis(1), Duration::from_millis(2))
        .with_window(256)
        .with_dedupe_key(|item, key| key.push_str(&item.to_string()))
        .build()
        .unwrap();
    let stats = near.stats();
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    let mut sent = 0;
    while proxy.cuts() < cuts {
        write(&mut near, &verdicts, sent..sent + 50).await;
        sent += 50;
    }
    proxy.heal();
    soon(near.flush()).await.unwrap();
    soon(near.close()).await.unwrap();
    assert_acked(&verdicts, 0..sent);
    let link = stats.links().remove(0);
    assert!(link.resent > 0, "seed {seed}: {link:?}");
    let (items, duplicates) = (store.sorted(), far.handle.stats().duplicates);
    println!(
        "{play}: {sent} items, {} stored, {} sent again, {duplicates} recognised, {} streams",
        items.len(),
        link.resent,
        link.connections,
    );
    let distinct: BTreeSet<u64> = items.iter().copied().collect();
    assert!(distinct.into_iter().eq(0..sent), "seed {seed}: something is lost");
    far.stop().await;
    items
}

fn assert_once(items: &[u64]) {
    let twice: Vec<_> = items.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?} came twice");
}

#[tokio::test]
async fn cuts_lose_and_double_nothing() {
    let items = survive_cuts("in batches", Acks::Batch(16), 1..12_000, open_relay()).await;
    assert_once(&items);
}

#[tokio::test]
async fn cuts_with_an_acknowledgement_for_each_lose_and_double_nothing() {
    let items = survive_cuts("one by one", Acks::PerMessage, 1..6_000, open_relay()).await;
    assert_once(&items);
}

#[tokio::test]
async fn cuts_after_few_bytes_do_not_stop_it() {
    let items = survive_cuts("few bytes", Acks::Batch(64), 1..2_500, open_relay()).await;
    assert_once(&items);
}

#[tokio::test]
async fn cuts_with_keys_alone_lose_and_double_nothing() {
    let relay = open_relay()
        .with_numbered_by(NumberedBy::Never)
        .with_dedupe_keys(Arc::new(DedupeKeys::new(1 << 16)));
    let items = survive_cuts("by keys", Acks::Batch(16), 1..12_000, relay).await;
    assert_once(&items);
}

#[tokio::test]
async fn cuts_without_anything_to_recognise_repeats_lose_nothing() {
    let relay = open_relay().with_numbered_by(NumberedBy::Never);
    let items = survive_cuts("at least once", Acks::Batch(16), 1..12_000, relay).await;
    let mut once = items.clone();
    once.dedup();
    assert!(once.len() < items.len(), "nothing came twice, which nobody prevented");
}

#[tokio::test]
async fn a_receiver_that_is_restarted_gets_the_rest() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let relay = electrician_receivingrelay::ReceivingRelay::on(listener)
        .dangerously_in_plaintext()
        .with_authenticator(electrician_receivingrelay::auth::Authenticator::nobody_is_asked())
        .with_reader(electrician_relay::EnvelopeReader::json)
        .with_ack_age(Duration::from_millis(2))
        .build()
        .unwrap();
    let store = Store::new();
    let mut far = start(relay, &store).await;
    let mut near = plain_sender(far.address);
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    for round in 0..5 {
        let handle = far.handle.clone();
        let from = round * 2000;
        let (writing, stopping) = (write(&mut near, &verdicts, from..from + 2000), async {
            let middle = usize::try_from(from).unwrap() + 500;
            soon(store.count.reached(middle)).await;
            // Without grace: what is under way comes back, and is sent again.
            stop_within(far.running, Duration::ZERO).await
        });
        let (stopped, ()) = tokio::join!(
            async {
                let stopped = stopping.await;
                let running = stopped.component.start().unwrap();
                let address = soon(handle.bound()).await;
                crate::support::Far { running, handle, address }
            },
            writing
        );
        far = stopped;
    }
    soon(near.flush()).await.unwrap();
    soon(near.close()).await.unwrap();
    assert_acked(&verdicts, 0..10_000);
    let mut items = store.sorted();
    let all = items.len();
    items.dedup();
    assert_eq!(items, (0..10_000).collect::<Vec<_>>(), "nothing is lost");
    // An item in the sink's hands at the deadline may have been stored.
    assert!(all - items.len() <= 5, "{} came twice", all - items.len());
    far.stop().await;
}

#[tokio::test]
async fn a_receiver_that_comes_later_gets_everything() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut near = plain_sender(address);
    let stats = near.stats();
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..100).await;
    while stats.links()[0].attempts < 3 {
        tokio::task::yield_now().await;
    }
    let store = Store::new();
    let far =
        start(crate::support::open_relay_at(&address.to_string()).build().unwrap(), &store).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..100);
    soon(near.close()).await.unwrap();
    far.stop().await;
}
