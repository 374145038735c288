use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn stamped(stamp: &mut Stamp, time: SystemTime) -> String {
    let mut out = String::new();
    stamp.write(&mut out, time);
    out
}

#[test]
fn there_are_always_nine_digits_and_utc() {
    let mut stamp = Stamp::default();
    let at = |seconds, nanos| SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos);
    assert_eq!(stamped(&mut stamp, at(0, 0)), "1970-01-01T00:00:00.000000000Z");
    assert_eq!(stamped(&mut stamp, at(0, 1)), "1970-01-01T00:00:00.000000001Z");
    assert_eq!(stamped(&mut stamp, at(951_782_400, 500_000_000)), "2000-02-29T00:00:00.500000000Z");
    assert_eq!(stamped(&mut stamp, at(951_782_401, 7)), "2000-02-29T00:00:01.000000007Z");
    let before = SystemTime::UNIX_EPOCH - Duration::from_nanos(1);
    assert_eq!(stamped(&mut stamp, before), "1969-12-31T23:59:59.999999999Z");
}

#[test]
fn a_time_without_a_date_is_the_last_one() {
    let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
    assert!(stamped(&mut Stamp::default(), far).starts_with("9999-12-3"));
}

proptest! {
    #[test]
    fn every_time_is_read_back(seconds in 0_u64..200_000_000_000, nanos in 0_u32..1_000_000_000) {
        let time = SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos);
        let text = stamped(&mut Stamp::default(), time);
        prop_assert_eq!(text.len(), 30);
        let back: Timestamp = text.parse().unwrap();
        prop_assert_eq!(back, Timestamp::try_from(time).unwrap());
    }
}
