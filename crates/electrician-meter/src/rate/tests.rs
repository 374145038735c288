use super::*;

const fn at(millis: u64, accepted: u64) -> Reading {
    let at = Duration::from_millis(millis);
    Reading {
        at,
        accepted,
        delivered: accepted / 2,
        failed: 0,
        worked: accepted * 1000,
        done: accepted,
    }
}

/// A ring with a reading every 250 ms, of something that grows by 1,000 a second until 100 s, and
/// then by 10,000.
fn ring(until: u64) -> Ring {
    let mut ring = Ring::new(at(0, 0));
    for millis in (250..=until).step_by(250) {
        ring.keep(at(millis, count(millis)));
    }
    ring
}

fn count(millis: u64) -> u64 {
    millis + millis.saturating_sub(100_000) * 9
}

#[track_caller]
fn assert_near(rate: Option<f64>, expected: f64) {
    let rate = rate.unwrap();
    assert!((rate - expected).abs() < 0.001 * expected, "{rate}, not {expected}");
}

#[test]
fn each_window_has_its_own_rate() {
    let now = at(105_000, count(105_000));
    let rates = ring(105_000).rates(&now, now.at);
    assert_near(rates.accepted.one_second, 10_000.0);
    assert_near(rates.accepted.ten_seconds, 5_500.0);
    assert_near(rates.accepted.one_minute, 1_750.0);
    assert_near(rates.accepted.lifetime, 150_000.0 / 105.0);
    assert_near(rates.delivered.one_second, 5_000.0);
    assert_near(rates.worked.one_second, 0.01);
    assert_eq!(rates.failed.one_second, Some(0.0));
}

#[test]
fn a_window_that_is_not_full_begins_with_the_first_reading() {
    let now = at(500, 500);
    let rates = ring(250).rates(&now, now.at);
    assert_near(rates.accepted.one_second, 1_000.0);
    assert_near(rates.accepted.one_minute, 1_000.0);
}

#[test]
fn at_the_first_moment_there_is_no_rate() {
    let rates = Ring::new(at(7, 0)).rates(&at(7, 0), Duration::ZERO);
    assert_eq!(rates, Rates::default());
}

#[test]
fn readings_in_a_hurry_are_not_kept_so_that_the_rest_reach_back_a_minute() {
    let mut ring = Ring::new(at(0, 0));
    for millis in 1..=120_000 {
        ring.keep(at(millis, millis));
    }
    assert_eq!(ring.kept.len(), KEPT);
    let oldest = ring.oldest_first().next().unwrap();
    assert!(oldest.at <= Duration::from_mins(1), "{oldest:?}");
    let sorted = ring.oldest_first().map(|reading| reading.at).collect::<Vec<_>>();
    assert!(sorted.is_sorted());
}

#[test]
fn peaks_are_over_a_second_or_the_mean_of_a_shorter_run() {
    let mut peaks = Peaks::default();
    let early = ring(250).rates(&at(500, 500), Duration::from_millis(500));
    peaks.note_rates(&early, Duration::from_millis(500), false);
    assert_eq!(peaks, Peaks::default());
    peaks.note_rates(&early, Duration::from_millis(500), true);
    assert_near(Some(peaks.accepted_per_second), 1_000.0);
    let late = ring(105_000).rates(&at(105_000, count(105_000)), Duration::from_secs(105));
    peaks.note_rates(&late, Duration::from_secs(105), false);
    assert_near(Some(peaks.accepted_per_second), 10_000.0);
    peaks.note_items(3, 5);
    peaks.note_items(2, 9);
    assert_eq!((peaks.queued, peaks.in_flight), (3, 9));
}
