//! Connections that are cut, and receivers that go away.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use electrician_relay::session::Acks;
use electrician_testkit::Verdicts;
use electrician_testkit::drive::{soon, stop_within};
use electrician_types::Sink;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::support::{Store, assert_acked, open_relay, plain_sender, sender, start, write};

/// Passes bytes on, and cuts each connection after so many of them as its dice say.
struct Cutter {
    address: SocketAddr,
    cuts: Arc<AtomicUsize>,
    /// The most bytes of a connection; 0 is no limit.
    most: Arc<AtomicUsize>,
    _running: JoinSet<()>,
}

impl Cutter {
    async fn new(to: SocketAddr, most: usize, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cuts = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(most));
        let dice = Mutex::new(fastrand::Rng::with_seed(seed));
        let mut running = JoinSet::new();
        let (count, limit) = (Arc::clone(&cuts), Arc::clone(&most));
        running.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                let most = limit.load(Ordering::SeqCst);
                let budget =
                    if most == 0 { usize::MAX } else { dice.lock().unwrap().usize(1..most) };
                let count = Arc::clone(&count);
                connections.spawn(async move {
                    let Ok(far) = TcpStream::connect(to).await else { return };
                    if pass(near, far, budget).await {
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        Self { address, cuts, most, _running: running }
    }
}

/// Whether it was cut.
async fn pass(mut near: TcpStream, mut far: TcpStream, mut budget: usize) -> bool {
    let (mut from_near, mut to_near) = near.split();
    let (mut from_far, mut to_far) = far.split();
    let (mut one, mut other) = ([0; 2048], [0; 2048]);
    loop {
        let written = tokio::select! {
            read = from_near.read(&mut one) => match read {
                Ok(read) if read > 0 => {
                    let part = read.min(budget);
                    to_far.write_all(&one[..part]).await.map(|()| part)
                }
                _ => return false,
            },
            read = from_far.read(&mut other) => match read {
                Ok(read) if read > 0 => {
                    let part = read.min(budget);
                    to_near.write_all(&other[..part]).await.map(|()| part)
                }
                _ => return false,
            },
        };
        let Ok(written) = written else { return false };
        budget -= written;
        if budget == 0 {
            return true;
        }
    }
}

async fn survives_cuts(acks: Acks, most: usize, seed: u64) {
    let store = Store::new();
    let far = start(open_relay().build().unwrap(), &store).await;
    let cutter = Cutter::new(far.address, most, seed).await;
    let mut near = sender()
        .dangerously_in_plaintext()
        .with_target(cutter.address.to_string())
        .with_acks(acks)
        .with_backoff(Duration::from_millis(1), Duration::from_millis(2))
        .with_window(256)
        .build()
        .unwrap();
    let stats = near.stats();
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    let mut sent = 0;
    while cutter.cuts.load(Ordering::SeqCst) < 120 {
        write(&mut near, &verdicts, sent..sent + 50).await;
        sent += 50;
    }
    cutter.most.store(0, Ordering::SeqCst);
    soon(near.flush()).await.unwrap();
    soon(near.close()).await.unwrap();
    assert_acked(&verdicts, 0..sent);
    assert_eq!(store.sorted(), (0..sent).collect::<Vec<_>>(), "seed {seed}: each of them once");
    assert!(stats.links()[0].resent > 0, "seed {seed}: {stats:?}");
    far.stop().await;
}

#[tokio::test]
async fn more_than_a_hundred_cuts_lose_and_double_nothing() {
    survives_cuts(Acks::Batch(16), 12_000, 1).await;
}

#[tokio::test]
async fn cuts_with_an_acknowledgement_for_each_lose_and_double_nothing() {
    survives_cuts(Acks::PerMessage, 6_000, 2).await;
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
