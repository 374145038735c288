use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// Noon of some day, as seconds since 1970.
const NOON: u64 = 20_000 * 86_400 + 12 * 3_600;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn time(text: &str) -> TimeOfDay {
    text.parse().unwrap()
}

fn black(holds: Option<Duration>) -> Outlook {
    Outlook { is_black: true, holds }
}

fn clear(holds: Option<Duration>) -> Outlook {
    Outlook { is_black: false, holds }
}

#[test]
fn a_window_includes_its_start_and_not_its_end() {
    let window = Blackout::between(at(NOON), at(NOON + 10));
    let nano = Duration::from_nanos(1);
    assert_eq!(window.look(0, at(NOON) - nano), clear(Some(nano)));
    assert_eq!(window.look(0, at(NOON)), black(Some(10 * SECOND)));
    assert_eq!(window.look(0, at(NOON + 10) - nano), black(Some(nano)));
    assert_eq!(window.look(0, at(NOON + 10)), clear(None));
}

#[test]
fn a_daily_window_includes_its_start_and_not_its_end() {
    let window = Blackout::daily(time("12:00"), time("12:00:10"));
    let nano = Duration::from_nanos(1);
    assert_eq!(window.look(0, at(NOON) - nano), clear(Some(nano)));
    assert_eq!(window.look(0, at(NOON)), black(Some(10 * SECOND)));
    assert_eq!(window.look(0, at(NOON + 10) - nano), black(Some(nano)));
    assert_eq!(window.look(0, at(NOON + 10)), clear(Some(Duration::from_secs(86_390))));
}

#[test]
fn a_daily_window_goes_over_midnight() {
    let window = Blackout::daily(time("23:30"), time("00:15"));
    let midnight = NOON + 12 * 3600;
    assert!(!window.look(0, at(midnight - 1801)).is_black);
    assert_eq!(window.look(0, at(midnight - 1800)), black(Some(2700 * SECOND)));
    assert_eq!(window.look(0, at(midnight)), black(Some(900 * SECOND)));
    assert!(window.look(0, at(midnight + 899)).is_black);
    assert!(!window.look(0, at(midnight + 900)).is_black);
}

#[test]
fn a_daily_window_ends_or_begins_at_midnight() {
    let midnight = NOON + 12 * 3600;
    let until = Blackout::daily(time("22:00"), time("00:00"));
    assert!(until.look(0, at(midnight - 1)).is_black);
    assert!(!until.look(0, at(midnight)).is_black);
    let from = Blackout::daily(time("00:00"), time("01:00"));
    assert_eq!(from.look(0, at(midnight - 1)), clear(Some(SECOND)));
    assert_eq!(from.look(0, at(midnight)), black(Some(3600 * SECOND)));
}

#[test]
fn days_before_1970_are_days_too() {
    let window = Blackout::daily(time("23:00"), time("23:30"));
    let before = SystemTime::UNIX_EPOCH - Duration::from_hours(1);
    assert_eq!(window.look(0, before), black(Some(1800 * SECOND)));
}

#[test]
fn a_condition_is_asked_when_it_is_due_and_not_before() {
    use std::sync::Arc;
    use std::sync::atomic::AtomicU32;
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let rule = Blackout::when(move || counter.fetch_add(1, Ordering::Relaxed).is_multiple_of(2))
        .every(Duration::from_nanos(100));
    let wall = at(NOON);
    assert_eq!(rule.look(5, wall), black(Some(Duration::from_nanos(100))));
    assert_eq!(rule.look(104, wall), black(Some(Duration::from_nanos(1))));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert!(!rule.look(105, wall).is_black);
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[test]
fn a_condition_that_panics_has_said_no() {
    let rule = Blackout::when(|| panic!("on purpose")).every(SECOND);
    assert_eq!(rule.look(0, at(NOON)), clear(Some(SECOND)));
}

#[test]
fn the_default_of_a_condition_is_a_minute() {
    assert_eq!(Blackout::when(|| true).look(0, at(0)), black(Some(60 * SECOND)));
}

#[test]
fn times_of_day_are_read_strictly() {
    assert_eq!(time("07:05").to_string(), "07:05:00");
    assert_eq!(TimeOfDay::new(23, 59, 59), Some(time("23:59:59")));
    for text in ["", "7:05", "24:00", "12:60", "12:00:60", "12", "12:00:00:00", "+1:00", "é0:00"] {
        let error = text.parse::<TimeOfDay>().unwrap_err();
        assert_eq!(error, TimeOfDayError(text.to_owned()));
    }
}

#[test]
fn what_cannot_be_meant_is_a_problem() {
    assert!(Blackout::between(at(5), at(5)).problem().is_some());
    assert!(Blackout::daily(time("05:00"), time("05:00")).problem().is_some());
    assert!(Blackout::when(|| true).every(Duration::ZERO).problem().is_some());
    assert!(Blackout::daily(time("05:00"), time("04:00")).problem().is_none());
}
