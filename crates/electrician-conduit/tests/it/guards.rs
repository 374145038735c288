//! Guards at the entrance of a conduit.

use std::sync::Arc;

use electrician_conduit::{Conduit, ConduitBuilder};
use electrician_generator::Generator;
use electrician_plug::Plug;
use electrician_types::{Denial, NackReason, Refusal};
use electrician_wire::{Batching, WhenDenied, Wire};

use crate::door::Door;
use crate::record::{Record, Tracked};
use crate::support::{
    Gate, branch, finish, gated, ms, names_all, numbers, same, settle, soon, sorted, stop,
    stop_within, values,
};

/// A conduit of one short stage behind `door`.
fn behind(door: &Door, when: WhenDenied<u64>) -> ConduitBuilder<u64, u64> {
    Conduit::from(same("head", 4)).with_guard(door.clone(), when)
}

#[tokio::test(start_paused = true)]
async fn while_denied_the_source_pauses_and_nothing_is_lost() {
    let (door, record) = (Door::default(), Record::new());
    let open = Arc::clone(&record);
    let tracked = move || Ok(Tracked { record: Arc::clone(&open), next: 0, count: 100 });
    let source = Generator::new("tracked", Plug::source(tracked));
    let conduit = behind(&door, WhenDenied::Pause).discard().with_source(source).build().unwrap();
    let running = conduit.start().unwrap();
    settle().await;
    let head = &running.progress()[0];
    assert_eq!(head.ledger.delivered, 0, "nothing was worked on: {head:?}");
    // What the worker holds, what waits, and what the generator has in its hand.
    assert!(head.ledger.accepted <= 4 + 4, "the source went on: {head:?}");
    assert_eq!((door.granted(), record.counts()), (0, (0, 0)));
    door.open();
    let stopped = finish(running).await;
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!((stopped.ledger.delivered, record.counts()), (100, (100, 0)));
    assert_eq!(door.outcomes(), (100, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn rejecting_refuses_submits_and_gives_the_item_back() {
    let door = Door::default();
    let conduit = behind(&door, WhenDenied::Reject).discard().build().unwrap();
    let running = conduit.start().unwrap();
    let refused = running.submit(7).await.unwrap_err();
    assert_eq!(refused.reason, Refusal::Denied(Denial::Tripped));
    assert_eq!(refused.into_item(), 7);
    assert_eq!(running.try_submit(8).unwrap_err().into_item(), 8);
    door.open();
    running.submit(9).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.accepted, stopped.ledger.delivered), (1, 1));
    assert_eq!(door.outcomes(), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn diverting_moves_items_with_their_receipts() {
    let (door, record) = (Door::default(), Record::new());
    let (backup, gate) = gated("backup", 64);
    let backup = Conduit::from(backup).discard().build().unwrap().start().unwrap();
    let conduit = behind(&door, WhenDenied::divert(backup.inlet())).discard().build().unwrap();
    let running = conduit.start().unwrap();
    for token in 0..10 {
        running.inlet().submit_item(record.item(token, token)).await.unwrap();
    }
    settle().await;
    assert_eq!(record.counts(), (0, 0), "the backup owes the verdicts now");
    door.open();
    for token in 10..15 {
        running.inlet().submit_item(record.item(token, token)).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.diverted, stopped.ledger.delivered), (10, 5), "{stopped:?}");
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!((record.counts(), door.outcomes()), ((5, 0), (5, 0, 0)));
    gate.open(10);
    let stopped = stop(backup).await;
    assert_eq!((stopped.ledger.accepted, stopped.ledger.delivered), (10, 10));
    assert_eq!(record.counts(), (15, 0));
}

#[tokio::test(start_paused = true)]
async fn a_way_that_refuses_fails_the_item() {
    let (door, record) = (Door::default(), Record::new());
    let backup = Conduit::from(same("backup", 8)).discard().build().unwrap().start().unwrap();
    let way = WhenDenied::divert(backup.inlet());
    assert!(stop(backup).await.is_clean());
    let running = behind(&door, way).discard().build().unwrap().start().unwrap();
    running.inlet().submit_item(record.item(0, 0)).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.failed, stopped.ledger.diverted), (1, 0), "{stopped:?}");
    assert_eq!(record.nack(0), Some(NackReason::Failed));
}

#[tokio::test(start_paused = true)]
async fn the_heads_own_guard_wins() {
    let (own, outer) = (Door::opened(), Door::default());
    let head =
        Wire::map("head", |n: u64| n).with_workers(1).with_guard(own.clone(), WhenDenied::Pause);
    let conduit = Conduit::from(head).with_guard(outer.clone(), WhenDenied::Reject);
    let conduit = conduit.discard().with_source(numbers(0..20)).build().unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert_eq!(stopped.ledger.delivered, 20);
    assert_eq!((own.outcomes(), outer.granted()), ((20, 0, 0), 0));
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_denied_returns_the_items() {
    let (door, record) = (Door::default(), Record::new());
    let conduit = behind(&door, WhenDenied::Pause).discard().build().unwrap();
    let running = conduit.start().unwrap();
    for token in 0..5 {
        // The worker takes the first, and the queue has room for four.
        soon(running.inlet().submit_item(record.item(token, token))).await.unwrap();
        settle().await;
    }
    let stopped = stop_within(running, ms(10)).await;
    assert_eq!(stopped.ledger.returned, 5);
    assert_eq!(record.counts(), (0, 0), "the receipts came back open");
    assert_eq!(sorted(values(stopped.inputs)), [0, 1, 2, 3, 4]);
    assert_eq!(door.outcomes(), (0, 0, 0));
    // The same conduit again, now open.
    door.open();
    let running = stopped.component.start().unwrap();
    running.submit(1).await.unwrap();
    assert_eq!(stop(running).await.ledger.delivered, 1);
}

#[tokio::test(start_paused = true)]
async fn outcomes_add_up_to_what_was_granted() {
    let (door, gate) = (Door::opened(), Gate::default());
    let pass = gate.clone();
    let head = Wire::new_async("head", move |n: u64| {
        let gate = pass.clone();
        async move {
            gate.pass().await;
            if n.is_multiple_of(5) { Err("as told") } else { Ok(n) }
        }
    });
    let conduit = Conduit::from(head.with_concurrency(2).with_capacity(64));
    let conduit = conduit.with_guard(door.clone(), WhenDenied::Pause).discard().build().unwrap();
    let running = conduit.start().unwrap();
    running.submit_batch(&mut (0..30).collect()).await.unwrap();
    gate.open(20);
    settle().await;
    // Two are under way when the deadline strikes: neither a success nor a failure.
    let stopped = stop_within(running, ms(10)).await;
    assert_eq!((stopped.ledger.delivered, stopped.ledger.failed), (16, 4), "{stopped:?}");
    assert_eq!(door.outcomes(), (16, 4, 2));
}

#[tokio::test(start_paused = true)]
async fn a_guard_that_closes_again_stops_the_flow_again() {
    let door = Door::opened();
    let (head, gate) = gated("head", 16);
    let conduit = Conduit::from(head).with_guard(door.clone(), WhenDenied::Pause).discard();
    let running = conduit.build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..5).collect()).await.unwrap();
    gate.open(1);
    settle().await;
    door.close();
    gate.open(9);
    settle().await;
    let worked = running.progress()[0].ledger.delivered;
    assert!(worked < 5, "what was granted before goes on, and no more: {worked}");
    assert_eq!(door.granted(), usize::try_from(worked).unwrap());
    door.open();
    assert_eq!(stop(running).await.ledger.delivered, 5);
}

#[tokio::test(start_paused = true)]
async fn as_a_part_a_conduit_keeps_its_guards() {
    let (inner, branched) = (Door::default(), Door::default());
    let part = Conduit::from(same("part", 64)).with_guard(inner.clone(), WhenDenied::Pause);
    let side = branch("branch").with_guard(branched.clone(), WhenDenied::Pause);
    let conduit = branch("head").then(part.build().unwrap()).broadcast([side, branch("other")]);
    let running = conduit.discard().build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..8).collect()).await.unwrap();
    settle().await;
    let delivered = |name: &str| {
        let all = running.progress();
        all.iter().find(|stage| &*stage.name == name).unwrap().ledger.delivered
    };
    assert_eq!((delivered("head"), delivered("part")), (8, 0));
    inner.open();
    settle().await;
    assert_eq!((delivered("part"), delivered("other"), delivered("branch")), (8, 8, 0));
    branched.open();
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.delivered, 16);
    assert_eq!((inner.outcomes(), branched.outcomes()), ((8, 0, 0), (8, 0, 0)));
}

#[test]
fn guards_that_cannot_work_are_problems() {
    let mut conduit = branch("crowded");
    for _ in 0..5 {
        conduit = conduit.with_guard(Door::default(), WhenDenied::Pause);
    }
    let batch = Conduit::from(Wire::batch("deaf", Batching::items(2)))
        .with_guard(Door::default(), WhenDenied::Pause);
    let error = conduit.then(batch).build().unwrap_err();
    names_all(error.problems(), &["\"crowded\": 5 guards", "\"deaf\": its head asks"], &error);
    assert_eq!(error.problems().len(), 2, "{error:#?}");
}
