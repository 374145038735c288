use super::*;

fn of(times: impl IntoIterator<Item = u64>) -> Latency {
    let recording = Recording::new();
    times.into_iter().for_each(|nanos| recording.add(nanos, 1, nanos, true));
    Merger::new().latency([&recording])
}

#[track_caller]
fn assert_within(shown: Duration, exact: u64) {
    let (shown, exact) = (shown.as_nanos() as f64, exact as f64);
    assert!(shown >= exact && shown <= exact * 1.032, "{shown} for {exact}");
}

#[test]
fn quantiles_are_at_most_a_thirtieth_too_high() {
    for scale in [1, 1_000, 999_983] {
        let latency = of((1..=10_000).map(|n| n * scale));
        assert_eq!(latency.count, 10_000);
        assert_eq!(latency.sum, Duration::from_nanos(50_005_000 * scale));
        assert_eq!(latency.max, Duration::from_nanos(10_000 * scale));
        assert_within(latency.p50, 5_000 * scale);
        assert_within(latency.p90, 9_000 * scale);
        assert_within(latency.p99, 9_900 * scale);
        assert_within(latency.p999, 9_990 * scale);
        assert!(latency.p999 <= latency.max);
        assert_eq!(latency.mean(), latency.sum / 10_000);
    }
}

#[test]
fn nothing_measured_is_all_zero() {
    assert_eq!(of([]), Latency::default());
    assert_eq!(Latency::default().mean(), Duration::ZERO);
}

#[test]
fn buckets_are_cumulative_and_complete() {
    // One well inside each bucket, and one beyond the last.
    let inside = BOUNDS.map(|bound| nanos(bound) * 3 / 4);
    let latency = of(inside.into_iter().chain([nanos(Duration::from_hours(1))]));
    let counts: Vec<_> = latency.buckets.iter().map(|bucket| bucket.count).collect();
    assert_eq!(counts, (1..=BOUNDS.len() as u64).collect::<Vec<_>>());
    assert_eq!(latency.count, BOUNDS.len() as u64 + 1);
    assert!(BOUNDS.is_sorted());
}

#[test]
fn what_is_too_long_counts_as_the_longest() {
    let latency = of([u64::MAX]);
    assert_eq!((latency.count, latency.max), (1, Duration::from_nanos(u64::MAX)));
    assert!(latency.p50 > Duration::from_hours(4));
}

#[test]
fn weights_and_shards_add_up() {
    let shards = [Recording::new(), Recording::new(), Recording::new()];
    shards[0].add(1_000, 90, 90_000, true);
    shards[2].add(1_000_000, 10, 10_000_000, false);
    let mut merger = Merger::new();
    let latency = merger.latency(&shards);
    assert_eq!(latency.count, 100);
    assert_eq!(latency.sum, Duration::from_micros(10_090));
    assert_within(latency.p90, 1_000);
    assert_within(latency.p99, 1_000_000);
    assert_eq!(merger.latency([&shards[1]]), Latency::default(), "a merger can be used again");
}
