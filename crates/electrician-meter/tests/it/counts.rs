//! What the meter shows is what the ledger says.

use electrician_meter::{Meter, StageState};
use electrician_wire::types::{ComponentKind, Ledger};

use crate::support::{ITEMS, run, stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_snapshot_shows_the_ledger() {
    let meter = Meter::new("eventful");
    let (ledger, stages, letters) = run(&meter).await;
    assert!(ledger.is_balanced(), "{ledger}");
    let snapshot = meter.snapshot();
    assert_eq!(snapshot.total.ledger, ledger);
    assert_eq!(snapshot.total.done, ledger.accepted);
    assert_eq!(snapshot.total.in_flight, 0);
    assert_eq!(snapshot.total.ledger.dead_lettered, letters);
    for expected in &stages {
        let shown = stage(&snapshot, &expected.name);
        assert_eq!(shown.ledger, expected.ledger, "{}", expected.name);
        assert_eq!(shown.state, StageState::Stopped);
        assert_eq!(shown.kind, expected.kind);
        assert_eq!(shown.id, expected.id.get());
        assert_eq!((shown.queued, shown.in_hand, shown.parked), (0, 0, 0));
    }
    let source = stage(&snapshot, "numbers");
    assert_eq!((source.ledger.accepted, source.state), (2 * ITEMS, StageState::Stopped));
    // Front first, as items go.
    let names: Vec<_> = snapshot.stages.iter().map(|stage| &*stage.name).collect();
    assert_eq!(names, ["numbers", "parse", "odd", "split", "check", "count"]);
    for pair in snapshot.stages.windows(2) {
        assert_eq!(pair[0].feeds, [pair[1].id]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_latencies_are_of_all_items() {
    let meter = Meter::new("eventful");
    run(&meter).await;
    let snapshot = meter.snapshot();
    for stage in snapshot.stages.iter().filter(|stage| stage.kind != ComponentKind::Generator) {
        let Ledger { accepted, delivered, .. } = stage.ledger;
        let latency = &stage.latency;
        assert_eq!(latency.service.count, accepted, "{}", stage.name);
        if stage.kind == ComponentKind::Wire {
            assert_eq!(latency.hand_on.count, delivered, "{}", stage.name);
        }
        for times in [&latency.service, &latency.hand_on, &latency.queue_wait] {
            let quantiles = [times.p50, times.p90, times.p99, times.p999, times.max];
            assert!(quantiles.is_sorted(), "{times:?}");
            let last = times.buckets.last().map_or(0, |bucket| bucket.count);
            assert!(last <= times.count && times.buckets.is_sorted_by_key(|bucket| bucket.count));
        }
        assert!(stage.batches > 0 && stage.batches <= accepted + delivered);
        assert!(stage.worked >= latency.service.max);
    }
    // Items enter at the head, and only there.
    let ages = snapshot.stages.iter().map(|stage| stage.latency.end_to_end.count);
    let head = &stage(&snapshot, "parse").latency;
    assert!(head.queue_wait.count > 0 && head.end_to_end.count > 0, "nothing was sampled");
    assert_eq!(ages.filter(|count| *count > 0).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn percentages_are_of_what_is_settled() {
    let meter = Meter::new("eventful");
    let (ledger, ..) = run(&meter).await;
    let total = meter.snapshot().total;
    let settled = ledger.outflow() as f64;
    let good = ledger.delivered + ledger.filtered + ledger.merged;
    assert_eq!(total.success_percent, Some(100.0 * good as f64 / settled));
    assert_eq!(
        total.error_percent,
        Some(100.0 * (ledger.failed + ledger.dead_lettered) as f64 / settled)
    );
    assert_eq!(Meter::new("none").snapshot().total.success_percent, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_difference_is_what_happened_between() {
    let meter = Meter::new("eventful");
    run(&meter).await;
    let first = meter.snapshot();
    let (second_run, ..) = run(&meter).await;
    let change = meter.snapshot().since(&first);
    assert_eq!(change.total, second_run);
    let parse = change.stages.iter().find(|stage| &*stage.name == "parse").unwrap();
    assert_eq!(parse.ledger.accepted, 2 * ITEMS);
    assert_eq!(change.events.restarts, 2);
    assert_eq!(first.since(&meter.snapshot()).total, Ledger::default());
}

#[cfg(feature = "serde")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn snapshots_and_differences_are_written_as_json() {
    let meter = Meter::new("eventful");
    let empty = meter.snapshot();
    run(&meter).await;
    let snapshot = meter.snapshot();
    let json = serde_json::to_value(&snapshot).unwrap();
    let parse = &json["stages"][1];
    assert_eq!(parse["name"], "parse");
    assert_eq!(parse["kind"], "WIRE");
    assert_eq!(parse["state"], "stopped");
    assert_eq!(parse["ledger"]["accepted"], 2 * ITEMS);
    assert!(parse["latency"]["service"]["p99"].is_f64());
    assert_eq!(json["total"]["eta"], serde_json::Value::Null);
    let change = serde_json::to_value(snapshot.since(&empty)).unwrap();
    assert_eq!(change["total"], json["total"]["ledger"]);
}
