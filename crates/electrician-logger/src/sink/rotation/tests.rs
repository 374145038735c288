use super::*;

fn rotation(max_bytes: u64) -> Rotation {
    Rotation { max_bytes: Some(max_bytes), max_age: None, daily: false, keep: 2 }
}

#[test]
fn whole_lines_go_into_a_file() {
    let rotation = rotation(10);
    assert_eq!(rotation.fitting(0, b"aaa\nbbb\nccc\n"), 8);
    assert_eq!(rotation.fitting(4, b"aaa\nbbb\nccc\n"), 4);
    assert_eq!(rotation.fitting(2, b"aaa\nbbb\n"), 8);
    assert_eq!(rotation.fitting(8, b"aaa\n"), 0);
    assert_eq!(rotation.fitting(99, b"aaa\n"), 0);
}

#[test]
fn a_line_larger_than_a_file_gets_its_own() {
    let rotation = rotation(4);
    assert_eq!(rotation.fitting(0, b"aaaaaaaa\nb\n"), 9);
    assert_eq!(rotation.fitting(2, b"aaaaaaaa\nb\n"), 0);
}

#[test]
fn a_day_ends_at_midnight() {
    let rotation = Rotation { max_bytes: None, max_age: None, daily: true, keep: 2 };
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    assert!(!rotation.is_old(at(0), at(DAY - 1)));
    assert!(rotation.is_old(at(DAY - 1), at(DAY)));
    // A clock that was set back rotates nothing.
    assert!(!rotation.is_old(at(DAY), at(DAY - 1)));
}

#[test]
fn an_age_is_reached() {
    let max_age = Some(Duration::from_mins(1));
    let rotation = Rotation { max_bytes: None, max_age, daily: false, keep: 2 };
    let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    assert!(!rotation.is_old(at(0), at(59)));
    assert!(rotation.is_old(at(0), at(60)));
}
