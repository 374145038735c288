//! Routes and partitions: each item goes to one branch, and what matches none is named.

use std::collections::BTreeMap;
use std::sync::Mutex;

use electrician_conduit::{Conduit, ConduitBuilder, Ended, Routes};
use electrician_types::{ErrorKind, NackReason};
use electrician_wire::Wire;

use crate::record::{Log, Record};
use crate::script::{Act, Do, scripted, written};
use crate::support::{branch, finish, numbers, same, sorted, stop, values};

fn marked(name: &'static str) -> ConduitBuilder<u64, (&'static str, u64)> {
    Conduit::from(Wire::map(name, move |n: u64| (name, n)).with_workers(1))
}

fn kept(log: &Log<Act>) -> ConduitBuilder<u64, Ended> {
    Conduit::from(same("kept", 8)).sink_stage(scripted(log, |_| Do::Well))
}

#[tokio::test(start_paused = true)]
async fn the_first_condition_that_is_met_decides() {
    let routes = Routes::new()
        .when(|n: &u64| n.is_multiple_of(15), marked("both"))
        .when(|n| n.is_multiple_of(3), marked("three"))
        .otherwise(marked("none"))
        // Conditions added after the last branch come before it all the same.
        .when(|n| n.is_multiple_of(5), marked("five"));
    let conduit = branch("head").route(routes).with_source(numbers(0..60)).build().unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    let mut by_branch = BTreeMap::<_, Vec<_>>::new();
    for (name, n) in values(stopped.outputs) {
        by_branch.entry(name).or_default().push(n);
    }
    let of = |f: fn(u64) -> bool| (0..60).filter(|n| f(*n)).collect::<Vec<_>>();
    assert_eq!(by_branch["both"], of(|n| n.is_multiple_of(15)), "in order");
    assert_eq!(by_branch["three"], of(|n| n.is_multiple_of(3) && n % 5 != 0));
    assert_eq!(by_branch["five"], of(|n| n.is_multiple_of(5) && n % 3 != 0));
    assert_eq!(by_branch["none"], of(|n| n % 3 != 0 && n % 5 != 0));
    assert_eq!(stopped.ledger.split, 0);
}

#[tokio::test(start_paused = true)]
async fn what_matches_no_condition_fails_unless_it_is_said_otherwise() {
    let record = Record::new();
    let running = branch("head")
        .route(Routes::new().when(|n: &u64| *n < 3, marked("small")))
        .build()
        .unwrap()
        .start()
        .unwrap();
    for n in 0..10 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.failed, stopped.ledger.dropped), (7, 0));
    assert_eq!(stopped.failures[0].component(), "route");
    assert!(stopped.failures[0].to_string().contains("no route"), "{:?}", stopped.failures);
    assert!((3..10).all(|n| record.nack(n) == Some(NackReason::Failed)));
    assert_eq!(values(stopped.outputs).len(), 3);
    assert_eq!(record.counts(), (3, 7));
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_by_policy_is_counted_and_acknowledged() {
    let (record, log) = (Record::new(), Log::default());
    let routes = Routes::new().when(|n: &u64| *n < 3, kept(&log)).otherwise_drop();
    let running = branch("head").route(routes).build().unwrap().start().unwrap();
    for n in 0..10 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    let stopped = stop(running).await;
    assert!(stopped.is_clean(), "a drop that was asked for is no failure: {stopped:?}");
    assert_eq!((stopped.ledger.delivered, stopped.ledger.dropped), (3, 7));
    assert_eq!(record.counts(), (10, 0));
    assert_eq!(written(&log), [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_condition_or_key_that_panics_fails_its_item_alone() {
    let routes = Routes::new()
        .when(|n: &u64| *n == 100, marked("hundred"))
        .when(|n| n.checked_rem(n % 4).is_some() || panic!("as told"), marked("rest"));
    let conduit = branch("head").route(routes).with_source(numbers(0..40)).build().unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert_eq!(stopped.ledger.failed, 10);
    assert_eq!(stopped.failures[0].kind(), ErrorKind::Panicked);
    assert_eq!(values(stopped.outputs).len(), 30);

    let key = |n: &u64| n.checked_rem(n % 4).expect("as told");
    let conduit = branch("head").partition_by_key(key, [branch("a"), branch("b")]);
    let stopped =
        finish(conduit.with_source(numbers(0..40)).build().unwrap().start().unwrap()).await;
    assert_eq!(stopped.ledger.failed, 10);
    assert_eq!(stopped.failures[0].kind(), ErrorKind::Panicked);
    assert_eq!(stopped.failures[0].component(), "partition");
    let expected = (0..40).filter(|n| n % 4 != 0).collect::<Vec<_>>();
    assert_eq!(sorted(values(stopped.outputs)), expected);
}

#[tokio::test(start_paused = true)]
async fn all_items_of_a_key_go_to_one_branch_in_order_also_after_a_restart() {
    let names = ["a", "b", "c"];
    let mut conduit = branch("head")
        .partition_by_key(|n| n % 20, names.map(marked))
        .with_source(numbers(0..400))
        .build()
        .unwrap();
    let places = Mutex::new(BTreeMap::new());
    for _ in 0..3 {
        let stopped = finish(conduit.start().unwrap()).await;
        let mut last = BTreeMap::new();
        for (name, n) in values(stopped.outputs) {
            let place = *places.lock().unwrap().entry(n % 20).or_insert(name);
            assert_eq!(place, name, "key {} went to two branches", n % 20);
            assert!(last.insert(n % 20, n).is_none_or(|before| before < n), "in order");
        }
        assert_eq!((last.len(), stopped.ledger.accepted), (20, 400));
        conduit = stopped.component;
    }
    let used: std::collections::BTreeSet<_> = places.lock().unwrap().values().copied().collect();
    assert!(used.len() > 1, "twenty keys spread");
}

#[tokio::test(start_paused = true)]
async fn routes_broadcasts_and_partitions_nest_and_end_in_sinks() {
    let logs = [Log::default(), Log::default(), Log::default(), Log::default()];
    let [odd, left, right, all] = &logs;
    let even = branch("even").partition_by_key(|n| *n, [kept(left), kept(right)]);
    let routes = Routes::new().when(|n: &u64| n.is_multiple_of(2), even).otherwise(kept(odd));
    let conduit = Conduit::from(same("head", 4))
        .broadcast([branch("routed").route(routes), kept(all)])
        .with_source(numbers(0..200))
        .build()
        .unwrap();
    let mut conduit = conduit;
    for round in 1..=2 {
        let stopped = finish(conduit.start().unwrap()).await;
        assert!(stopped.is_clean(), "{stopped:?}");
        let ledger = stopped.ledger;
        assert_eq!((ledger.accepted, ledger.split, ledger.delivered), (200, 200, 400));
        assert_eq!(written(all).len(), 200 * round);
        assert_eq!(written(odd).len(), 100 * round);
        assert_eq!(written(left).len() + written(right).len(), 100 * round);
        conduit = stopped.component;
    }
}

#[tokio::test(start_paused = true)]
async fn outputs_of_branches_and_items_that_go_around_them_merge() {
    let squared = Conduit::from(Wire::map("squared", |n: u64| n * n));
    let routes = Routes::new().when(|n: &u64| *n > 5, squared).otherwise(branch("plain"));
    let conduit = branch("head").route(routes).then(Wire::map("text", |n: u64| n.to_string()));
    let stopped =
        finish(conduit.with_source(numbers(0..10)).build().unwrap().start().unwrap()).await;
    let expected = ["0", "1", "2", "3", "36", "4", "49", "5", "64", "81"];
    assert_eq!(sorted(values(stopped.outputs)), expected);
}
