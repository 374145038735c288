use std::time::{Duration, SystemTime};

use super::{Anchor, unix_nanos};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn moments_before_and_after_have_their_times() {
    let anchor = Anchor::now();
    assert_eq!(anchor.at(anchor.moment), anchor.time);
    assert_eq!(anchor.at(anchor.moment + SECOND), anchor.time + SECOND);
    let later = Anchor { moment: anchor.moment + SECOND, ..anchor };
    assert_eq!(later.at(anchor.moment), anchor.time - SECOND);
}

#[test]
fn an_anchor_is_renewed_only_when_the_clocks_are_apart() {
    let anchor = Anchor::now();
    let (moment, time) = (anchor.moment + SECOND, anchor.time + SECOND);
    let small = Duration::from_millis(99);
    let large = Duration::from_millis(101);
    for near in [time, time + small, time - small] {
        assert_eq!(anchor.renewed(Anchor { moment, time: near }), anchor);
    }
    for far in [time + large, time - large] {
        let present = Anchor { moment, time: far };
        assert_eq!(anchor.renewed(present), present);
    }
}

#[test]
fn nanoseconds_count_from_1970() {
    assert_eq!(unix_nanos(SystemTime::UNIX_EPOCH + SECOND), 1_000_000_000);
    assert_eq!(unix_nanos(SystemTime::UNIX_EPOCH - SECOND), 0);
}
