use std::time::Duration;

use super::Backoff;

#[test]
fn waits_double_up_to_the_most_and_begin_anew() {
    let (first, most) = (Duration::from_millis(100), Duration::from_millis(350));
    let mut backoff = Backoff::new(first, most);
    for expected in [100, 200, 350, 350] {
        let expected = Duration::from_millis(expected);
        let wait = backoff.wait();
        assert!(wait >= expected / 2 && wait <= expected, "{wait:?} of {expected:?}");
    }
    backoff.reset();
    assert!(backoff.wait() <= first);
}
