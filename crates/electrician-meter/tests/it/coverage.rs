//! Every metric of the table is fed by what really happens.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use electrician_circuitbreaker::CircuitBreaker;
use electrician_conduit::{Conduit, SinkStage};
use electrician_meter::{Meter, Metric, Snapshot, Value};
use electrician_plug::sink_fn;
use electrician_testkit::{Gate, VirtualClock};
use electrician_wire::types::{ComponentKind, Error, Event, GuardView, Observer};
use electrician_wire::{Batching, Retry, WhenDenied, Wire};

use crate::support::{Dummy, run, stage};

/// The names of the metrics that have a value other than zero somewhere.
fn fed(snapshot: &Snapshot) -> BTreeSet<&'static str> {
    let is_fed = |value: &Value<'_>| match value {
        Value::Count(count) => *count > 0,
        Value::Number(number) => *number != 0.0,
        Value::Times(times) => times.count > 0,
        _ => false,
    };
    let metrics = Metric::ALL.iter();
    let fed = metrics.filter(|metric| {
        // How much of a processor it uses may be nothing in a moment as short as this.
        let may_be_zero = metric.name() == "electrician_process_cpu_ratio";
        let samples = metric.samples(snapshot);
        samples.iter().any(|sample| may_be_zero || is_fed(&sample.value))
    });
    fed.map(Metric::name).collect()
}

#[test]
fn names_are_unique_and_say_their_unit() {
    let names: HashSet<_> = Metric::ALL.iter().map(Metric::name).collect();
    assert_eq!(names.len(), Metric::ALL.len());
    for metric in Metric::ALL {
        assert!(metric.name().starts_with("electrician_"), "{metric:?}");
        assert!(!metric.name().ends_with("_total") && metric.help().ends_with('.'), "{metric:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_metric_is_fed_by_a_real_run() {
    let mut seen = BTreeSet::new();
    seen.extend(fed(&finished().await));
    seen.extend(fed(&busy().await));
    seen.extend(fed(&guarded().await));
    seen.extend(fed(&told()));
    let all: BTreeSet<_> = Metric::ALL.iter().map(Metric::name).collect();
    let missing: Vec<_> = all.difference(&seen).collect();
    assert!(missing.is_empty(), "never fed: {missing:?}");
}

/// Restarts, retries, dead letters, failures, filters, splits.
async fn finished() -> Snapshot {
    let meter = Meter::builder("finished").with_total(10).build().unwrap();
    run(&meter).await;
    meter.snapshot()
}

/// Items in every place at once, and then a stop that leaves them there: merged, parked, queued,
/// in hand, returned, abandoned.
async fn busy() -> Snapshot {
    let clock = VirtualClock::new();
    let meter = Meter::builder("busy").with_total(1_000).with_clock(Arc::new(clock.clone()));
    #[cfg(feature = "host")]
    let meter = meter.with_host();
    let meter = meter.build().unwrap();
    let gate = Gate::new();
    let shut = gate.clone();
    let flaky =
        Wire::async_by_ref("flaky", async |n: &u64| if *n == 0 { Err("zero") } else { Ok(*n) });
    let flaky = flaky.with_concurrency(4).with_retry(Retry::fixed(9, Duration::from_hours(1)));
    let slow = Wire::new_async("slow", move |n: Vec<u64>| {
        let shut = shut.clone();
        async move {
            shut.pass().await;
            Ok::<_, Error>(n)
        }
    });
    let conduit = Conduit::from(flaky)
        .then(Wire::batch("batch", Batching::items(2)))
        .then(slow.with_concurrency(1).with_capacity(2))
        .with_observer(meter.clone())
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    for n in 0..=20 {
        running.submit(n).await.unwrap();
    }
    // Until everybody who can has come to a stop.
    loop {
        let snapshot = meter.snapshot();
        let (flaky, batch) = (stage(&snapshot, "flaky"), stage(&snapshot, "batch"));
        let slow = stage(&snapshot, "slow");
        if flaky.parked == 1 && batch.doing.handing_on == 1 && slow.queued == 2 {
            break;
        }
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(2));
    let snapshot = meter.snapshot();
    assert!(fed(&snapshot).contains("electrician_in_flight_items"));
    gate.open();
    drop(running.stop(Duration::ZERO).await);
    snapshot
}

/// A breaker that is the guard of a stage, and trips.
async fn guarded() -> Snapshot {
    let meter = Meter::new("guarded");
    let breaker = CircuitBreaker::builder("breaker").with_observer(meter.clone());
    let breaker = breaker.with_consecutive_failures(1).build().unwrap();
    let sink = sink_fn(|_: &u64| Ok::<_, io::Error>(()));
    let guarded = Wire::map("guarded", |n: u64| n).with_guard(breaker.clone(), WhenDenied::Pause);
    let conduit = Conduit::from(guarded)
        .sink_stage(SinkStage::new("sink", sink))
        .with_observer(meter.clone())
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    breaker.trip();
    breaker.reset();
    let stopped = running.finish().await;
    assert!(stopped.is_clean());
    meter.snapshot()
}

/// What the pipelines above do not do, as the engine would tell of it.
fn told() -> Snapshot {
    let clock = VirtualClock::new();
    let meter = Meter::builder("told").with_max_stages(2).with_clock(Arc::new(clock.clone()));
    #[cfg(feature = "host")]
    let meter = meter.with_host();
    let meter = meter.build().unwrap();
    let dummy = Dummy::new(ComponentKind::Wire, "dummy");
    dummy.attach(&meter);
    let source = Dummy::new(ComponentKind::Generator, "source");
    source.attach(&meter);
    Dummy::new(ComponentKind::Wire, "beyond").attach(&meter);
    dummy.set(|view| {
        let kind = ComponentKind::CircuitBreaker;
        view.guards.push(GuardView::new(kind, "breaker", "closed"));
        view.doing.idle = 1;
        view.doing.working = 1;
        view.doing.denied = 1;
        view.doing.pausing = 1;
        view.ledger.diverted = 1;
        view.ledger.dropped = 1;
        view.ledger.abandoned = 1;
        view.ledger.returned = 1;
        view.ledger.failed = 5;
        view.ledger.accepted = 9;
    });
    let error = Error::failed("broken");
    let open_for = Some(Duration::from_mins(1));
    meter.observe(&Event::Tripped { component: "breaker", open_for, trips: 1 });
    meter.observe(&Event::HalfOpened { component: "other" });
    meter.observe(&Event::Reset { component: "other" });
    meter.observe(&Event::SourceEnded { component: "another", items: 0, error: Some(&error) });
    meter.observe(&Event::SinkFailed { component: "dummy", error: &error });
    clock.advance(Duration::from_secs(2));
    meter.snapshot()
}

/// The README says where each of the old names went.
#[cfg(feature = "host")]
#[test]
fn the_table_of_old_names_is_complete_and_names_what_there_is() {
    let readme = include_str!("../../README.md");
    let (_, table) = readme.split_once("| Go | here |").unwrap();
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with("| `")).collect();
    let old: HashSet<_> = rows.iter().filter_map(|row| row.split('`').nth(1)).collect();
    assert_eq!((rows.len(), old.len()), (112, 112));
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = table.split(|c| !is_word(c)).filter(|word| word.starts_with("electrician_"));
    for word in words {
        let name = word.trim_end_matches("_count").trim_end_matches("_total");
        assert!(Metric::ALL.iter().any(|metric| metric.name() == name), "{word} is no metric");
    }
}
