use super::*;

#[test]
fn reads_what_it_writes() {
    for text in ["500/s", "1/s", "30/min", "7/h", "5/100ms", "2/3min", "9/250us"] {
        let rate: Rate = text.parse().unwrap();
        assert_eq!(rate.to_string(), text);
    }
    assert_eq!(" 10 / 2s ".parse(), Rate::new(10, Duration::from_secs(2)));
}

#[test]
fn what_is_no_rate_says_why() {
    let of = |text: &str| text.parse::<Rate>().unwrap_err();
    assert_eq!(of("0/s"), RateError::NoItems);
    assert_eq!(of("5/0s"), RateError::NoTime);
    for text in ["", "5", "/s", "5/", "-1/s", "5/x", "5/s/s", "99999999999/s", "1/99999999999h"] {
        assert_eq!(of(text), RateError::Malformed(text.to_owned()), "{text}");
    }
    assert_eq!(of("1/8761h"), RateError::TooSlow(Duration::from_hours(8761)));
    assert!("1/8760h".parse::<Rate>().is_ok());
    assert_eq!(Burst::new(0), Err(RateError::NoItems));
}

#[test]
fn an_interval_is_never_too_short() {
    let third = Rate::new(3, Duration::from_secs(1)).unwrap();
    assert_eq!(third.interval_in(1), 333_333_334);
    assert_eq!(third.interval_in(32), 10_666_666_667);
    let whole = Rate::new(500, Duration::from_secs(1)).unwrap();
    assert_eq!(whole.interval_in(32), 64_000_000);
    let fast = Rate::new(u32::MAX, Duration::from_nanos(1)).unwrap();
    assert_eq!(fast.interval_in(32), 1);
}

/// Nothing is cut off on the way: a count that does not fit another type does not become small.
#[test]
fn large_numbers_stay_large() {
    let rate = Rate::new(u32::MAX, Duration::from_hours(1)).unwrap();
    assert_eq!(rate.items(), u32::MAX);
    assert_eq!(Burst::new(u32::MAX).unwrap().items(), u32::MAX);
    assert_eq!("4294967295/h".parse(), Ok(rate));
}
