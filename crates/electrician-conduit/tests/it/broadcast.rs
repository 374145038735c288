//! Broadcast: every branch gets every item, the slowest sets the pace.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use electrician_conduit::Conduit;
use electrician_types::ErrorKind;
use electrician_wire::Wire;

use crate::record::{Log, Record};
use crate::script::{Do, scripted, written};
use crate::support::{branch, columns, finish, gated, numbers, same, settle, sorted, stop, values};

#[tokio::test(start_paused = true)]
async fn every_branch_gets_every_item_in_order() {
    let logs = [Log::default(), Log::default(), Log::default()];
    let branches = logs
        .each_ref()
        .map(|log| Conduit::from(same("branch", 8)).sink_stage(scripted(log, |_| Do::Well)));
    let conduit = Conduit::from(same("head", 8)).broadcast(branches).with_source(numbers(0..300));
    let stopped = finish(conduit.build().unwrap().start().unwrap()).await;
    assert!(stopped.is_clean());
    assert_eq!(
        (stopped.ledger.accepted, stopped.ledger.split, stopped.ledger.delivered),
        (300, 600, 900)
    );
    assert!(logs.iter().all(|log| written(log).into_iter().eq(0..300)));
    let names: Vec<_> = stopped.stages.iter().map(|stage| &*stage.name).collect();
    let branch = ["branch", "out"];
    assert_eq!(names, [&["head", "broadcast"][..], &branch, &branch, &branch].concat());
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_of_one_branch_splits_nothing() {
    let conduit = branch("head").broadcast([branch("only")]).with_source(numbers(0..50));
    let stopped = finish(conduit.build().unwrap().start().unwrap()).await;
    assert_eq!(columns(&stopped.ledger)[..3], [("accepted", 50), ("split", 0), ("delivered", 0)]);
    assert_eq!(values(stopped.outputs), (0..50).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn the_slowest_branch_sets_the_pace() {
    let (slow, gate) = gated("slow", 2);
    let log = Log::default();
    let quick = Conduit::from(same("quick", 2)).sink_stage(scripted(&log, |_| Do::Well));
    let conduit = Conduit::from(same("head", 2)).broadcast([quick, Conduit::from(slow).discard()]);
    let running = conduit.with_source(numbers(0..)).build().unwrap().start().unwrap();
    settle().await;
    let stalled = written(&log).len();
    // The quick one is ahead by what fits: the slow one's queue and hand, and a batch on the way.
    assert!((3..=3 + 64).contains(&stalled), "{stalled} items passed a stalled broadcast");
    settle().await;
    assert_eq!(written(&log).len(), stalled, "it waits");
    gate.open(200);
    settle().await;
    let quick = written(&log).len();
    assert!((203..=203 + 64).contains(&quick), "{quick} when the slow one has done with 200");
    gate.open(1 << 20);
    let stopped = stop(running).await;
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!(stopped.ledger.split, stopped.ledger.accepted);
}

/// Counts its clones; the clone of a fragile one panics at the given one.
#[derive(Debug)]
struct Fragile {
    value: u64,
    panics_at: usize,
    clones: Arc<AtomicUsize>,
}

impl Clone for Fragile {
    fn clone(&self) -> Self {
        let before = self.clones.fetch_add(1, Ordering::SeqCst);
        assert_ne!(before, self.panics_at, "cloning panicked as told");
        let (value, panics_at, clones) = (self.value, self.panics_at, Arc::clone(&self.clones));
        Self { value, panics_at, clones }
    }
}

#[tokio::test(start_paused = true)]
async fn a_clone_that_panics_fails_the_item_in_all_branches() {
    let record = Record::new();
    let pass =
        |name: &str| Conduit::from(Wire::map(name, |item: Fragile| item.value).with_workers(1));
    // Of three branches, two get clones: item 3 fails at the first, item 6 at the second.
    let conduit = Conduit::from(Wire::map("head", |item: Fragile| item).with_workers(1))
        .broadcast([pass("a"), pass("b"), pass("c")])
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    for value in 0..10 {
        let panics_at = match value {
            3 => 0,
            6 => 1,
            _ => usize::MAX,
        };
        let item = Fragile { value, panics_at, clones: Arc::default() };
        running.inlet().submit_item(record.item(value, item)).await.unwrap();
    }
    let stopped = stop(running).await;
    let outputs = sorted(values(stopped.outputs));
    let expected = (0..10).filter(|n| ![3, 6].contains(n)).flat_map(|n| [n; 3]);
    assert_eq!(outputs, expected.collect::<Vec<_>>(), "all branches or none");
    let ledger = stopped.ledger;
    assert_eq!((ledger.accepted, ledger.split, ledger.failed), (10, 16, 2));
    assert_eq!(stopped.failures.len(), 2);
    assert!(
        stopped
            .failures
            .iter()
            .all(|error| error.kind() == ErrorKind::Failed || error.kind() == ErrorKind::Panicked)
    );
    assert!(stopped.failures.iter().all(|error| error.component() == "broadcast"));
    assert!([3, 6].into_iter().all(|token| record.nack(token).is_some()));
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_clone_is_of_the_kind_panicked() {
    let pass = |name: &str| Conduit::from(Wire::map(name, |item: Fragile| item.value));
    let conduit =
        Conduit::from(Wire::map("head", |item: Fragile| item)).broadcast([pass("a"), pass("b")]);
    let running = conduit.build().unwrap().start().unwrap();
    let item = Fragile { value: 1, panics_at: 0, clones: Arc::default() };
    running.submit(item).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(stopped.failures[0].kind(), ErrorKind::Panicked, "{:?}", stopped.failures);
}

#[tokio::test(start_paused = true)]
async fn a_failing_branch_does_not_disturb_the_others() {
    let broken = Conduit::from(Wire::new("broken", |n: u64| Err::<u64, _>(format!("no {n}"))));
    let conduit = branch("head").broadcast([broken, branch("sound")]).with_source(numbers(0..100));
    let stopped = finish(conduit.build().unwrap().start().unwrap()).await;
    assert_eq!((stopped.ledger.failed, stopped.ledger.split), (100, 100));
    assert_eq!(values(stopped.outputs), (0..100).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn broadcasts_nest() {
    let inner = |name: &str| branch(name).broadcast([branch("x"), branch("y"), branch("z")]);
    let conduit =
        branch("head").broadcast([inner("a"), inner("b")]).then(branch("tail").build().unwrap());
    let stopped =
        finish(conduit.with_source(numbers(0..40)).build().unwrap().start().unwrap()).await;
    let names: Vec<_> = stopped.stages.iter().map(|stage| &*stage.name).collect();
    let nest = ["broadcast", "x", "y", "z"];
    let expected = [&["head", "broadcast", "a"][..], &nest, &["b"], &nest, &["tail"]].concat();
    assert_eq!(names, expected, "front to back");
    assert_eq!((stopped.ledger.accepted, stopped.ledger.split), (40, 200));
    let expected = (0..40).flat_map(|n| [n; 6]).collect::<Vec<_>>();
    assert_eq!(sorted(values(stopped.outputs)), expected);
}
