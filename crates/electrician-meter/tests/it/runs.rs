//! Components that start again, that are dropped, that are many.

use electrician_meter::{Meter, StageState};
use electrician_wire::Wire;
use electrician_wire::types::ComponentKind;

use crate::support::{Dummy, stage};

fn wire(meter: &Meter) -> Wire<u64, u64> {
    Wire::map("same", |n: u64| n).with_observer(meter.clone()).build().unwrap()
}

#[tokio::test]
async fn a_component_that_starts_again_keeps_its_place_and_its_counts() {
    let meter = Meter::new("again");
    let mut component = wire(&meter);
    for run in 1..=3 {
        let running = component.start().unwrap();
        let mut output = running.output();
        for n in 0..10 {
            running.submit(n).await.unwrap();
            output.recv().await.unwrap();
        }
        drop(output);
        component = running.finish().await.component;
        let snapshot = meter.snapshot();
        let shown = stage(&snapshot, "same");
        assert_eq!((shown.runs, shown.ledger.accepted), (run, 10 * run));
        assert_eq!(shown.latency.service.count, 10 * run);
        assert_eq!(snapshot.total.ledger.accepted, 10 * run);
        assert_eq!(snapshot.total.ledger.delivered, 10 * run);
        assert_eq!(snapshot.stages.len(), 2, "the wire and its output");
    }
}

#[tokio::test]
async fn stages_of_one_name_that_run_at_once_are_told_apart() {
    let meter = Meter::new("twins");
    let first = wire(&meter).start().unwrap();
    let second = wire(&meter).start().unwrap();
    first.submit(1).await.unwrap();
    first.output().recv().await.unwrap();
    let snapshot = meter.snapshot();
    let twins: Vec<_> = snapshot
        .stages
        .iter()
        .filter(|stage| &*stage.name == "same")
        .map(|stage| (stage.instance, stage.ledger.accepted))
        .collect();
    assert_eq!(twins, [(0, 1), (1, 0)]);
    // The one that stops is the one whose account is told.
    drop(second.finish().await);
    let snapshot = meter.snapshot();
    let state = |instance| {
        let is = |stage: &&electrician_meter::StageSnapshot| {
            &*stage.name == "same" && stage.instance == instance
        };
        snapshot.stages.iter().find(is).unwrap().state
    };
    assert_eq!((state(0), state(1)), (StageState::Running, StageState::Stopped));
    drop(first.finish().await);
}

#[tokio::test]
async fn a_run_that_is_dropped_is_gone_with_what_was_seen_last() {
    let meter = Meter::new("dropped");
    let running = wire(&meter).start().unwrap();
    running.submit(1).await.unwrap();
    running.output().recv().await.unwrap();
    meter.tick();
    drop(running);
    // Its tasks are cancelled, and then it is gone.
    while stage(&meter.snapshot(), "same").state == StageState::Running {
        tokio::task::yield_now().await;
    }
    let snapshot = meter.snapshot();
    let shown = stage(&snapshot, "same");
    assert_eq!((shown.state, shown.ledger.accepted), (StageState::Gone, 1));
}

#[tokio::test]
async fn the_meter_keeps_no_run_alive() {
    let meter = Meter::new("weak");
    let dummy = Dummy::new(ComponentKind::Wire, "dummy");
    let observer = dummy.attach(&meter);
    assert!(observer.is_some());
    let weak = std::sync::Arc::downgrade(&dummy);
    drop(dummy);
    assert!(weak.upgrade().is_none());
}

#[test]
fn there_are_at_most_so_many_stages() {
    let meter = Meter::builder("few").with_max_stages(2).build().unwrap();
    let dummies = ["a", "b", "c"].map(|name| Dummy::new(ComponentKind::Wire, name));
    let measured = dummies.iter().filter(|dummy| dummy.attach(&meter).is_some()).count();
    assert_eq!(measured, 2);
    let snapshot = meter.snapshot();
    assert_eq!((snapshot.stages.len(), snapshot.unmetered_stages), (2, 1));
}

#[test]
fn pipelines_of_one_meter_have_their_own_names() {
    let meter = Meter::new("all");
    let dummies = [(); 2].map(|()| Dummy::new(ComponentKind::Wire, "stage"));
    let _first = dummies[0].attach(&meter.for_pipeline("orders"));
    let _second = dummies[1].attach(&meter);
    let snapshot = meter.snapshot();
    let shown: Vec<_> =
        snapshot.stages.iter().map(|stage| (&*stage.pipeline, stage.instance)).collect();
    assert_eq!(shown, [("orders", 0), ("all", 0)]);
}

#[test]
fn a_bad_configuration_is_told_at_once() {
    let error = Meter::builder("bad")
        .with_max_stages(0)
        .with_max_custom(1 << 20)
        .with_sample_every(std::time::Duration::ZERO)
        .build()
        .unwrap_err()
        .to_string();
    for part in ["bad: 0 stages", "1048576 own metrics", "a sample every 0 s"] {
        assert!(error.contains(part), "{error}");
    }
}
