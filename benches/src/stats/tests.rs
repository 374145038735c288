use super::{Samples, Spread, percentile};

fn samples(values: &[f64]) -> Samples {
    values.iter().copied().collect()
}

#[test]
fn the_median_is_the_middle_in_any_order() {
    let odd = samples(&[5.0, 1.0, 9.0]);
    assert_eq!(odd.spread(), Spread { min: 1.0, median: 5.0, max: 9.0 });
    let even = samples(&[5.0, 1.0, 9.0, 6.0]);
    assert_eq!(even.spread(), Spread { min: 1.0, median: 5.5, max: 9.0 });
}

#[test]
fn ratios_are_taken_within_a_round() {
    // The second round was disturbed, and hit both alike.
    let (ours, theirs) = (samples(&[2.0, 40.0, 2.0]), samples(&[4.0, 80.0, 5.0]));
    assert_eq!(theirs.over(&ours).spread(), Spread { min: 2.0, median: 2.0, max: 2.5 });
}

#[test]
fn nothing_has_no_median() {
    assert!(Samples::default().median().is_nan());
    assert_eq!(percentile(&[], 50.0), 0);
}

#[test]
fn percentiles_are_nearest_ranks() {
    let sorted: Vec<u64> = (1..=200).collect();
    assert_eq!(percentile(&sorted, 50.0), 100);
    assert_eq!(percentile(&sorted, 99.0), 198);
    assert_eq!(percentile(&sorted, 100.0), 200);
    assert_eq!(percentile(&sorted, 0.0), 1);
}
