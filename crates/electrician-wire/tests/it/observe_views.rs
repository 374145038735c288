//! What a running stage says about itself, in each of the states that it can be in.

use electrician_testkit::{Recorder, StageRecord};
use electrician_wire::types::{ComponentKind, Doing};
use electrician_wire::{Retry, WhenDenied, Wire};

use crate::guards::Gatekeeper;
use crate::support::{Gate, ms, settle, soon, stop};

/// Idle, working, handing on, denied, pausing, absent.
const fn doing(doing: Doing) -> [usize; 6] {
    let Doing { idle, working, handing_on, denied, pausing, absent, .. } = doing;
    [idle, working, handing_on, denied, pausing, absent]
}

#[track_caller]
fn view(stage: &StageRecord) -> electrician_wire::types::StageView {
    stage.view().expect("the run goes on")
}

#[tokio::test(start_paused = true)]
async fn absent_idle_and_working() {
    let recorder = Recorder::new();
    let gate = Gate::default();
    let pass = gate.clone();
    let wire = Wire::new_async("watched", move |n: u64| {
        let gate = pass.clone();
        async move {
            gate.pass().await;
            Ok::<_, String>(n)
        }
    });
    let wire = wire.with_concurrency(3).with_capacity(8).with_observer(recorder.clone());
    let running = wire.build().unwrap().start().unwrap();
    let stage = recorder.stage_named("watched");
    assert_eq!(doing(view(&stage).doing), [0, 0, 0, 0, 0, 3], "no task has run yet");
    settle().await;
    assert_eq!(doing(view(&stage).doing), [3, 0, 0, 0, 0, 0]);
    running.submit_batch(&mut (0..2).collect()).await.unwrap();
    settle().await;
    let now = view(&stage);
    assert_eq!(doing(now.doing), [1, 2, 0, 0, 0, 0]);
    assert_eq!((now.queued, now.in_hand, now.ledger.accepted), (0, 2, 2));
    running.submit_batch(&mut (2..7).collect()).await.unwrap();
    settle().await;
    let now = view(&stage);
    assert_eq!(doing(now.doing), [0, 3, 0, 0, 0, 0]);
    assert_eq!((now.queued, now.capacity, now.in_hand), (4, 8, 3));
    assert_eq!((&*now.name, now.kind, now.workers), ("watched", ComponentKind::Wire, 3));
    gate.open(7);
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn handing_on() {
    let recorder = Recorder::new();
    let wire = Wire::map("watched", |n: u64| n).with_workers(1).with_output_capacity(1);
    let running = wire.with_observer(recorder.clone()).build().unwrap().start().unwrap();
    let stage = recorder.stage_named("watched");
    running.submit_batch(&mut (0..4).collect()).await.unwrap();
    settle().await;
    let now = view(&stage);
    assert_eq!(doing(now.doing), [0, 0, 1, 0, 0, 0]);
    assert_eq!(now.in_hand, 4, "the account is closed when the batch is handed on");
    let output = recorder.stage_named("output");
    let out = view(&output);
    assert_eq!((out.kind, out.queued, out.capacity), (ComponentKind::Output, 1, 1));
    assert_eq!(now.feeds, [out.id]);
    let mut reader = running.output();
    for _ in 0..4 {
        assert!(soon(reader.recv()).await.is_some());
    }
    settle().await;
    assert_eq!(doing(view(&stage).doing), [1, 0, 0, 0, 0, 0]);
    assert_eq!(view(&output).ledger.delivered, 4);
    drop(reader);
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn denied() {
    let recorder = Recorder::new();
    let guard = Gatekeeper::new(0);
    let wire = Wire::map("watched", |n: u64| n).with_workers(2);
    let wire = wire.with_guard(guard.clone(), WhenDenied::Pause).with_observer(recorder.clone());
    let running = wire.build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    settle().await;
    let stage = recorder.stage_named("watched");
    assert_eq!(doing(view(&stage).doing), [1, 0, 0, 1, 0, 0]);
    assert_eq!(recorder.events().last().map(String::as_str), Some("watched denied"));
    guard.set(usize::MAX);
    settle().await;
    assert_eq!(doing(view(&stage).doing), [2, 0, 0, 0, 0, 0]);
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn pausing_and_parked() {
    for (parked, expected) in [(0, [0, 0, 0, 0, 1, 0]), (2, [1, 0, 0, 0, 0, 0])] {
        let recorder = Recorder::new();
        let wire = Wire::by_ref("watched", |n: &u64| if *n < 2 { Err("no") } else { Ok(*n) });
        let wire = wire.with_workers(1).with_retry(Retry::fixed(1, ms(50))).with_parked(parked);
        let running = wire.with_observer(recorder.clone()).build().unwrap().start().unwrap();
        running.submit(1).await.unwrap();
        settle().await;
        let stage = recorder.stage_named("watched");
        let (count, is_parked) = if parked == 0 { (1, 0) } else { (1, 1) };
        let now = view(&stage);
        assert_eq!((doing(now.doing), now.in_hand, now.parked), (expected, count, is_parked));
        if parked == 2 {
            // Those that wait do not keep the others from being worked on, until there are too many.
            running.submit_batch(&mut vec![5, 0]).await.unwrap();
            settle().await;
            let now = view(&stage);
            assert_eq!((doing(now.doing), now.parked), ([0, 0, 0, 0, 1, 0], 2));
            assert_eq!(now.ledger.delivered, 1);
        }
        drop(stop(running).await);
        assert_eq!(stage.view().map(|view| view.parked), None);
    }
}
