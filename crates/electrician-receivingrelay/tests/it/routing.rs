//! Several targets.

use std::sync::Arc;

use electrician_forwardrelay::{ForwardRelay, Routing};
use electrician_relay::EnvelopeWriter;
use electrician_testkit::drive::soon;
use electrician_testkit::{Verdicts, contract};
use electrician_types::Sink;

use crate::support::{Far, Store, assert_acked, open_relay, sender, start, write};

async fn several(count: usize) -> (Vec<Arc<Store>>, Vec<Far>) {
    let stores: Vec<_> = (0..count).map(|_| Store::new()).collect();
    let mut fars = Vec::new();
    for store in &stores {
        fars.push(start(open_relay().build().unwrap(), store).await);
    }
    (stores, fars)
}

fn to(fars: &[Far], routing: Routing) -> electrician_forwardrelay::ForwardRelayBuilder<u64> {
    let builder = sender().dangerously_in_plaintext().with_routing(routing);
    fars.iter().fold(builder, |builder, far| builder.with_target(far.address.to_string()))
}

#[tokio::test]
async fn broadcast_reaches_all_before_it_is_acknowledged() {
    let (stores, fars) = several(3).await;
    let mut near = to(&fars, Routing::Broadcast).build().unwrap();
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..500).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..500);
    for store in &stores {
        assert_eq!(store.items(), (0..500).collect::<Vec<_>>());
    }
    soon(near.close()).await.unwrap();
    for far in fars {
        far.stop().await;
    }
}

#[tokio::test]
async fn balanced_by_key_keeps_a_key_at_one_target() {
    let (stores, fars) = several(3).await;
    let mut near = to(&fars, Routing::Balanced)
        .with_balancing_key(|n, key| key.push_str(&(n % 30).to_string()))
        .build()
        .unwrap();
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..600).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..600);
    let shares: Vec<Vec<u64>> = stores.iter().map(|store| store.items()).collect();
    assert_eq!(shares.iter().map(Vec::len).sum::<usize>(), 600);
    for key in 0..30 {
        let holders = shares.iter().filter(|share| share.iter().any(|n| n % 30 == key)).count();
        assert_eq!(holders, 1, "key {key}");
    }
    assert!(shares.iter().all(|share| !share.is_empty()), "{shares:?}");
    soon(near.close()).await.unwrap();
    for far in fars {
        far.stop().await;
    }
}

#[tokio::test]
async fn balanced_without_a_key_uses_all() {
    let (stores, fars) = several(2).await;
    let mut near = to(&fars, Routing::Balanced).build().unwrap();
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..100).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..100);
    assert!(stores.iter().all(|store| store.items().len() == 50), "in turn");
    soon(near.close()).await.unwrap();
    for far in fars {
        far.stop().await;
    }
}

#[tokio::test]
async fn failover_goes_to_the_next_and_takes_the_rest_along() {
    let (stores, mut fars) = several(2).await;
    // The second store takes nothing until the first target is gone.
    let mut near = to(&fars, Routing::Failover).build().unwrap();
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..100).await;
    soon(near.flush()).await.unwrap();
    assert_eq!(stores[0].items().len(), 100, "the first is there");
    fars.remove(0).stop().await;
    write(&mut near, &verdicts, 100..200).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..200);
    assert_eq!(stores[1].items(), (100..200).collect::<Vec<_>>());
    soon(near.close()).await.unwrap();
    for far in fars {
        far.stop().await;
    }
}

#[tokio::test]
async fn opening_can_demand_a_receiver() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut near = sender()
        .dangerously_in_plaintext()
        .with_target(address.to_string())
        .with_connect_at_open(std::time::Duration::from_millis(30))
        .build()
        .unwrap();
    let error = soon(near.open()).await.unwrap_err();
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    let store = Store::new();
    let far = start(open_relay().build().unwrap(), &store).await;
    let mut near = to(&[], Routing::Failover)
        .with_target(far.address.to_string())
        .with_connect_at_open(std::time::Duration::from_mins(1))
        .build()
        .unwrap();
    soon(near.open()).await.unwrap();
    soon(near.close()).await.unwrap();
    far.stop().await;
}

#[tokio::test]
async fn the_laws_of_sinks_hold() {
    // Each sink has a receiver of its own, all made before.
    let mut ready = Vec::new();
    let mut fars = Vec::new();
    for _ in 0..24 {
        let store = Store::new();
        let far = start(open_relay().build().unwrap(), &store).await;
        ready.push((far.address, store));
        fars.push(far);
    }
    let ready = std::sync::Mutex::new(ready);
    let make = || {
        let (address, store) = ready.lock().unwrap().pop().expect("receivers enough");
        let near = ForwardRelay::<u64>::builder()
            .dangerously_in_plaintext()
            .with_target(address.to_string())
            .with_writer(EnvelopeWriter::json())
            .build()
            .unwrap();
        (near, move || Some(store.items()))
    };
    contract::sink(make, |number| number).await.unwrap();
    for far in fars {
        far.stop().await;
    }
}
