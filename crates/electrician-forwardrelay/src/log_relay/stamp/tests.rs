//! Moments and their texts.

use super::*;

fn at(seconds: u64, nanos: u32) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos)
}

#[test]
fn a_moment_is_written_without_zeros_behind_it() {
    let mut stamps = Stamps::new();
    assert_eq!(stamps.after(at(1_769_903_999, 0)).1, "2026-01-31T23:59:59Z");
    assert_eq!(stamps.after(at(1_769_903_999, 120_000_000)).1, "2026-01-31T23:59:59.12Z");
    assert_eq!(stamps.after(at(1_769_903_999, 120_000_042)).1, "2026-01-31T23:59:59.120000042Z");
}

#[test]
fn no_two_are_the_same_whatever_the_clock_does() {
    let mut stamps = Stamps::new();
    let given = [at(100, 5), at(100, 5), at(90, 0), at(100, 9)].map(|now| stamps.after(now).0);
    assert_eq!(given, [at(100, 5), at(100, 6), at(100, 7), at(100, 9)]);
}
