//! Every kind of event, once.

use std::collections::BTreeSet;
use std::time::Duration;

use electrician_sensor::types::{
    BoxError, Denial, Error, Event, EventKind, Field, Ledger, Refusal,
};

pub(crate) const FIELDS: &[(&str, Field<'_>)] =
    &[("partition", Field::Unsigned(3)), ("topic", Field::Text("strikes"))];

/// Gives one event of each kind to `f`.
pub(crate) fn each(mut f: impl FnMut(&Event<'_>)) {
    let error = &Error::failed(BoxError::from("no")).with_component("price");
    let (component, after) = ("price", Duration::from_millis(5));
    let mut account = Ledger::default();
    (account.accepted, account.delivered) = (2, 2);
    let ledger = &account;
    for event in [
        Event::Started { component, workers: 2 },
        Event::Processed { component, taken: 64, emitted: 63 },
        Event::Retrying { component, attempt: 1, after, error },
        Event::Failed { component, attempts: 3, error, dead_lettered: true },
        Event::Recovered { component, attempts: 2 },
        Event::Denied { component, reason: Denial::RateLimited, retry_after: Some(after) },
        Event::Diverted { component, items: 7 },
        Event::Dropped { component, items: 8 },
        Event::Refused { component, items: 9, reason: Refusal::Full },
        Event::HandedBack { component, items: 10 },
        Event::WorkerPanicked { component, worker: 1, lost: 4, error, is_renewed: true },
        Event::SinkOpened { component },
        Event::SinkClosed { component },
        Event::SinkFailed { component, error },
        Event::ConduitStarted { component, stages: 5 },
        Event::ConduitStopped { component, ledger },
        Event::Edge { component, kind: "kafka.assigned", error: None, fields: FIELDS },
        Event::SourceStarted { component },
        Event::SourceEnded { component, items: 11, error: Some(error) },
        Event::Restarting { component, restart: 1, after, error: None },
        Event::Tripped { component, open_for: Some(after), trips: 1 },
        Event::HalfOpened { component },
        Event::Reset { component },
        Event::RateLimited { component, wait: after },
        Event::BlackoutBegan { component },
        Event::BlackoutEnded { component },
        Event::SurgeTripped { component },
        Event::SurgeReset { component },
        Event::BackupUsed { component, items: 12 },
        Event::BackupFailed { component, items: 13, reason: Refusal::Full },
        Event::OverflowDropped { component, items: 14 },
        Event::Queued { component, items: 15 },
        Event::Requeued { component, items: 16 },
        Event::Dequeued { component, items: 17 },
        Event::Emptied { component },
        Event::Expired { component, items: 18 },
        Event::Exhausted { component, items: 19 },
        Event::Stopped { component, ledger },
    ] {
        f(&event);
    }
}

#[test]
fn each_has_a_kind_a_name_and_a_component() {
    let (mut kinds, mut names) = (BTreeSet::new(), BTreeSet::new());
    let mut count = 0;
    each(|event| {
        count += 1;
        assert_eq!(event.component(), "price");
        assert!(kinds.insert(event.kind()), "{event:?}");
        assert!(names.insert(event.kind().as_str()), "{event:?}");
        assert_eq!(event.kind().to_string(), event.kind().as_str());
    });
    assert_eq!(kinds.len(), count);
    assert!(kinds.contains(&EventKind::Edge("kafka.assigned")));
    assert!(names.contains("worker_panicked") && names.contains("kafka.assigned"));
}

#[test]
fn what_they_carry_can_be_had_without_knowing_the_kind() {
    let mut lines = Vec::new();
    each(|event| {
        let mut line = event.kind().to_string();
        event.each_field(|name, field| line += &format!(" {name}={field}"));
        line += if event.error().is_some() { " error" } else { "" };
        line += if event.ledger().is_some() { " ledger" } else { "" };
        lines.push(line);
    });
    let expected = [
        "started workers=2",
        "processed taken=64 emitted=63",
        "retrying attempt=1 after=5ms error",
        "failed attempts=3 dead_lettered=true error",
        "recovered attempts=2",
        "denied reason=rate_limited after=5ms",
        "diverted items=7",
        "dropped items=8",
        "refused items=9 reason=full",
        "handed_back items=10",
        "worker_panicked worker=1 items=4 renewed=true error",
        "sink_opened",
        "sink_closed",
        "sink_failed error",
        "conduit_started stages=5",
        "conduit_stopped ledger",
        "kafka.assigned partition=3 topic=strikes",
        "source_started",
        "source_ended items=11 error",
        "restarting attempt=1 after=5ms",
        "tripped after=5ms trips=1",
        "half_opened",
        "reset",
        "rate_limited after=5ms",
        "blackout_began",
        "blackout_ended",
        "surge_tripped",
        "surge_reset",
        "backup_used items=12",
        "backup_failed items=13 reason=full",
        "overflow_dropped items=14",
        "queued items=15",
        "requeued items=16",
        "dequeued items=17",
        "emptied",
        "expired items=18",
        "exhausted items=19",
        "stopped ledger",
    ];
    assert_eq!(lines, expected);
}
