use super::{Ticks, civil};

#[test]
fn days_become_dates() {
    assert_eq!(civil(0), (1970, 1, 1));
    assert_eq!(civil(11_016), (2000, 2, 29));
    assert_eq!(civil(20_454), (2026, 1, 1));
}

#[test]
fn what_others_did_is_what_is_left_of_the_busy_time() {
    let own = |user| format!("7 (a b) c) S 1 2 3 4 5 6 7 8 9 10 {user} 5 0 0");
    let before = Ticks::parse("cpu  100 0 0 100 0 0 0 0 0 0\n", &own(10)).unwrap();
    let after = Ticks::parse("cpu  160 0 0 130 0 0 0 10 0 0\n", &own(60)).unwrap();
    assert_eq!(after.elsewhere(before).unwrap().to_bits(), 20.0_f64.to_bits());
}
