use std::time::{Duration, UNIX_EPOCH};

use super::GoTime;

/// Known pairs: Go's `time.Unix(s, n).In(time.FixedZone("", offset)).Format(time.RFC3339Nano)`.
#[test]
fn text_is_that_of_go() {
    for (seconds, nanos, offset, text) in [
        (0, 0, None, "1970-01-01T00:00:00Z"),
        (1_709_209_845, 123_000_000, Some(19_800), "2024-02-29T18:00:45.123+05:30"),
        (-1, 999_999_999, Some(-3600), "1969-12-31T22:59:59.999999999-01:00"),
        (951_782_400, 0, None, "2000-02-29T00:00:00Z"),
        (-62_135_596_800, 0, None, "0001-01-01T00:00:00Z"),
        (253_402_300_799, 1, None, "9999-12-31T23:59:59.000000001Z"),
    ] {
        let mut time = GoTime::from_unix(seconds, nanos).unwrap();
        if let Some(offset) = offset {
            time = time.with_offset(offset).unwrap();
        }
        assert_eq!(time.to_string(), text);
        assert_eq!(text.parse::<GoTime>().unwrap(), time);
    }
}

#[test]
fn what_is_no_time_is_refused() {
    for text in [
        "",
        "1970-01-01",
        "1970-01-01T00:00:00",
        "1970-02-29T00:00:00Z",
        "1970-13-01T00:00:00Z",
        "1970-00-01T00:00:00Z",
        "1970-01-01T24:00:00Z",
        "1970-01-01T00:00:60Z",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00.1234567890Z",
        "1970-01-01T00:00:00+24:00",
        "1970-01-01T00:00:00-00:01",
        "1970-01-01 00:00:00Z",
        "１970-01-01T00:00:00Z",
    ] {
        assert!(text.parse::<GoTime>().is_err(), "{text}");
    }
}

#[test]
fn the_binary_form_comes_back() {
    for offset in [None, Some(0), Some(3600), Some(-3600), Some(-17_776), Some(-59), Some(-61)] {
        let mut time = GoTime::from_unix(-1, 5).unwrap();
        if let Some(offset) = offset {
            time = time.with_offset(offset).unwrap();
        }
        let (bytes, length) = time.to_bytes();
        assert_eq!(GoTime::from_bytes(&bytes[..length]).unwrap(), time, "{offset:?}");
    }
    assert!(GoTime::ZERO.with_offset(-60).is_none());
    assert!(GoTime::from_bytes(&[1; 14]).is_err());
    assert!(GoTime::from_bytes(&[3; 15]).is_err());
}

#[test]
fn the_system_time_comes_back() {
    let epoch = UNIX_EPOCH;
    for time in [
        epoch,
        epoch + Duration::new(5, 7),
        epoch - Duration::from_millis(1500),
        epoch - Duration::from_secs(2),
    ] {
        assert_eq!(GoTime::from(time).to_system_time(), Some(time));
    }
    assert_eq!(GoTime::from(epoch - Duration::from_millis(1500)).unix_seconds(), -2);
    assert!(GoTime::default().is_zero());
}

#[test]
fn the_earliest_time_is_itself() {
    let earliest = GoTime::from_unix(i64::MIN, 0).unwrap();
    if let Some(time) = earliest.to_system_time() {
        assert_eq!(GoTime::from(time), earliest);
    }
}

/// Two parts that are each in range, but not together: it could not be written again.
#[test]
fn an_offset_out_of_range_is_refused() {
    let bytes = |minutes: i16, seconds: i8| {
        let mut bytes = [0; 16];
        bytes[0] = 2;
        bytes[13..15].copy_from_slice(&minutes.to_be_bytes());
        bytes[15] = seconds.to_be_bytes()[0];
        GoTime::from_bytes(&bytes[..])
    };
    assert!(bytes(i16::MAX, 60).unwrap_err().to_string().contains("from UTC"));
    assert!(bytes(i16::MIN, -1).unwrap_err().to_string().contains("from UTC"));
    for (minutes, seconds) in [(i16::MAX, 59), (i16::MIN, 0)] {
        let time = bytes(minutes, seconds);
        // The year 1 is the zero of these bytes.
        let (written, length) = time.as_ref().unwrap().to_bytes();
        assert_eq!(GoTime::from_bytes(&written[..length]).unwrap(), time.unwrap());
    }
}

#[test]
fn the_last_second_comes_back() {
    for seconds in [i64::MIN, i64::MAX] {
        let time = GoTime::from_unix(seconds, 1).unwrap();
        let (written, length) = time.to_bytes();
        assert_eq!(GoTime::from_bytes(&written[..length]).unwrap(), time);
    }
}
