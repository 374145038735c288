//! The user's own metrics.

use std::sync::Arc;
use std::time::Duration;

use electrician_meter::{CustomValue, Meter, MeterError};
use electrician_testkit::VirtualClock;

#[test]
fn they_are_made_when_asked_for_and_shared() {
    let meter = Meter::new("own");
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let meter = meter.clone();
            std::thread::spawn(move || {
                let (counter, gauge) =
                    (meter.counter("rows").unwrap(), meter.gauge("open").unwrap());
                for _ in 0..1_000 {
                    counter.increment();
                    gauge.add(3);
                    gauge.sub(2);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let gauge = meter.gauge("open").unwrap();
    assert_eq!((meter.counter("rows").unwrap().value(), gauge.value()), (4_000, 4_000));
    gauge.set(-5);
    gauge.raise_to(7);
    gauge.raise_to(6);
    let custom = meter.snapshot().custom;
    let shown: Vec<_> = custom.iter().map(|custom| (&*custom.name, &custom.value)).collect();
    assert_eq!(shown, [("open", &CustomValue::Gauge(7)), ("rows", &CustomValue::Counter(4_000))]);
}

#[test]
fn a_histogram_shows_how_values_are_spread() {
    let meter = Meter::new("own");
    let sizes = meter.histogram("size_bytes").unwrap();
    (1..=100).for_each(|n| sizes.record(n));
    let snapshot = meter.snapshot();
    let CustomValue::Histogram(spread) = &snapshot.custom[0].value else {
        panic!("{:?}", snapshot.custom);
    };
    assert_eq!((spread.count, spread.sum, spread.max, spread.p999), (100, 5_050, 100, 100));
    assert!((50..=51).contains(&spread.p50), "{spread:?}");
    assert_eq!(spread.buckets[0], (1, 1));
    assert_eq!(spread.buckets[2], (16, 16));
    assert_eq!(spread.buckets[15].1, 100);
}

#[test]
fn a_timer_takes_notice_of_what_is_stopped_or_dropped() {
    let clock = VirtualClock::new();
    let meter = Meter::builder("own").with_clock(Arc::new(clock.clone())).build().unwrap();
    let timer = meter.timer("load").unwrap();
    let (first, second, third) = (timer.start(), timer.start(), timer.start());
    assert_eq!(timer.running(), 3);
    clock.advance(Duration::from_millis(20));
    assert_eq!(first.elapsed(), Duration::from_millis(20));
    assert_eq!(first.stop(), Duration::from_millis(20));
    third.discard();
    clock.advance(Duration::from_millis(20));
    drop(second);
    let snapshot = meter.snapshot();
    assert_eq!(&*snapshot.custom[0].name, "load_seconds");
    let CustomValue::Timer { latency, running } = &snapshot.custom[0].value else {
        panic!("{:?}", snapshot.custom);
    };
    assert_eq!((*running, latency.count), (0, 2));
    assert_eq!((latency.sum, latency.max), (Duration::from_millis(60), Duration::from_millis(40)));
}

#[test]
fn names_are_checked_and_there_are_only_so_many() {
    let meter = Meter::builder("own").with_max_custom(2).build().unwrap();
    let long = "x".repeat(129);
    for name in ["", "1st", "with space", "größe", "semi;colon", "line\nbreak", &long] {
        assert!(matches!(meter.counter(name), Err(MeterError::Name { .. })), "{name:?}");
    }
    for name in ["electrician_x", "rows_total", "rows_count"] {
        assert!(matches!(meter.counter(name), Err(MeterError::Reserved { .. })), "{name:?}");
    }
    meter.timer("rows").unwrap();
    let taken = meter.gauge("rows_seconds").unwrap_err();
    assert_eq!(
        taken.to_string(),
        "\"rows_seconds\" is a timer already: ask for that, or give another name"
    );
    meter.gauge("rows").unwrap();
    let error = meter.counter("third").unwrap_err();
    assert_eq!(error, MeterError::TooMany { name: "third".into(), limit: 2 });
}
