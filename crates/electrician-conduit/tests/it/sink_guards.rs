//! Guards before a sink.

use electrician_conduit::Conduit;
use electrician_types::NackReason;
use electrician_wire::{Retry, WhenDenied};

use crate::door::Door;
use crate::record::{Log, Record};
use crate::script::{Act, Do, Scripted, scripted, written};
use crate::support::{
    branch, finish, gated, ms, names_all, numbers, same, settle, stop, stop_within,
};

fn well(log: &Log<Act>) -> electrician_conduit::SinkStage<u64, Scripted> {
    scripted(log, |_| Do::Well)
}

#[tokio::test(start_paused = true)]
async fn a_write_waits_for_leave_and_what_was_written_is_flushed_before() {
    let (door, log, record) = (Door::opened(), Log::default(), Record::new());
    let stage = scripted(&log, |_| Do::Hold).with_guard(door.clone(), WhenDenied::Pause);
    let (head, gate) = gated("head", 16);
    let running = Conduit::from(head).sink_stage(stage).build().unwrap().start().unwrap();
    for token in 0..3 {
        running.inlet().submit_item(record.item(token, token)).await.unwrap();
    }
    gate.open(1);
    settle().await;
    door.close();
    gate.open(9);
    settle().await;
    assert_eq!((written(&log), record.counts()), (vec![0], (1, 0)), "acknowledged by its flush");
    let sink = &running.progress()[1];
    assert_eq!((sink.ledger.delivered, sink.ledger.in_flight()), (1, 2), "{sink:?}");
    door.open();
    let stopped = stop(running).await;
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!((written(&log), record.counts()), (vec![0, 1, 2], (3, 0)));
    let (successes, failures, ignored) = door.outcomes();
    assert!(successes >= 2 && (failures, ignored) == (0, 0), "{successes} writes");
}

#[tokio::test(start_paused = true)]
async fn a_long_batch_is_flushed_and_accounted_for_before_the_wait() {
    let (door, log) = (Door::opened(), Log::default());
    let closing = door.clone();
    let stage = scripted(&log, move |act| match act {
        // The first write of the batch takes two items and fails on the third.
        Act::Write(2) => {
            closing.close();
            Do::Nothing
        }
        _ => Do::Hold,
    });
    let stage = stage.with_guard(door.clone(), WhenDenied::Reject);
    let conduit = Conduit::from(same("head", 8)).sink_stage(stage).build().unwrap();
    let running = conduit.start().unwrap();
    running.submit_batch(&mut (0..5).collect()).await.unwrap();
    settle().await;
    assert_eq!(log.all().last(), Some(&Act::Flush), "{:?}", log.all());
    let sink = &running.progress()[1];
    assert_eq!((sink.ledger.delivered, sink.in_hand + sink.queued as u64), (2, 3), "{sink:?}");
    let stopped = stop_within(running, ms(10)).await;
    assert_eq!((stopped.ledger.delivered, stopped.ledger.returned), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_reported_and_a_retry_asks_again() {
    let (door, log) = (Door::opened(), Log::default());
    let (closing, mut failures) = (door.clone(), 2);
    let stage = scripted(&log, move |act| {
        if act == Act::Write(1) && failures > 0 {
            failures -= 1;
            closing.close();
            return Do::Fail;
        }
        Do::Well
    });
    let stage =
        stage.with_retry(Retry::fixed(5, ms(10))).with_guard(door.clone(), WhenDenied::Pause);
    let conduit = Conduit::from(same("head", 8)).sink_stage(stage).build().unwrap();
    let running = conduit.start().unwrap();
    running.submit(1).await.unwrap();
    for attempts in 1..=2 {
        tokio::time::sleep(ms(1000)).await;
        assert_eq!((door.granted(), door.outcomes()), (attempts, (0, attempts, 0)));
        assert_eq!(running.progress()[1].ledger.retried, attempts as u64 - 1, "made, not planned");
        door.open();
    }
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.delivered, stopped.ledger.retried), (1, 2));
    assert_eq!(door.outcomes(), (1, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn diverted_items_take_their_receipts_along() {
    let (door, log, record) = (Door::default(), Log::default(), Record::new());
    let (backup, gate) = gated("backup", 64);
    let backup = Conduit::from(backup).discard().build().unwrap().start().unwrap();
    let stage = well(&log).with_guard(door.clone(), WhenDenied::divert(backup.inlet()));
    let running = branch("head").sink_stage(stage).build().unwrap().start().unwrap();
    for token in 0..5 {
        running.inlet().submit_item(record.item(token, token)).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.diverted, written(&log)), (5, vec![]), "{stopped:?}");
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!(record.counts(), (0, 0));
    gate.open(5);
    assert_eq!(stop(backup).await.ledger.delivered, 5);
    assert_eq!(record.counts(), (5, 0));
}

#[tokio::test(start_paused = true)]
async fn a_way_that_refuses_fails_the_item() {
    let (log, record) = (Log::default(), Record::new());
    let backup = branch("backup").discard().build().unwrap().start().unwrap();
    let way = WhenDenied::divert(backup.inlet());
    assert!(stop(backup).await.is_clean());
    let stage = well(&log).with_guard(Door::default(), way);
    let running = branch("head").sink_stage(stage).build().unwrap().start().unwrap();
    running.inlet().submit_item(record.item(0, 0)).await.unwrap();
    assert_eq!(stop(running).await.ledger.failed, 1);
    assert_eq!(record.nack(0), Some(NackReason::Failed));
}

#[tokio::test(start_paused = true)]
async fn a_write_cut_short_is_neither_a_success_nor_a_failure() {
    let (door, log) = (Door::opened(), Log::default());
    let stage = scripted(&log, |act| if act == Act::Write(0) { Do::Hang } else { Do::Well });
    let stage = stage.with_guard(door.clone(), WhenDenied::Pause);
    let conduit = branch("head").sink_stage(stage).with_source(numbers(0..3)).build().unwrap();
    let running = conduit.start().unwrap();
    settle().await;
    let stopped = stop_within(running, ms(10)).await;
    assert_eq!((stopped.ledger.returned, door.outcomes()), (3, (0, 0, 1)));
}

#[tokio::test(start_paused = true)]
async fn too_many_guards_are_a_problem() {
    let mut stage = well(&Log::default());
    for _ in 0..5 {
        stage = stage.with_guard(Door::default(), WhenDenied::Pause);
    }
    let error = branch("head").sink_stage(stage).build().unwrap_err();
    names_all(error.problems(), &["sink \"out\": 5 guards"], &error);
    let stage = well(&Log::default()).with_guard(Door::opened(), WhenDenied::Pause);
    let conduit = branch("head").sink_stage(stage).with_source(numbers(0..3)).build().unwrap();
    assert!(finish(conduit.start().unwrap()).await.is_clean());
}
