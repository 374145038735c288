use electrician_testkit::VirtualClock;
use electrician_types::Clock;

use super::*;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn it_doubles_up_to_its_cap_and_forgets_with_a_success() {
    let (clock, mut backoff) = (VirtualClock::new(), Backoff::new(ms(500), ms(5_000)));
    assert_eq!(backoff.wait(clock.now()), None);
    for wait in [500, 1_000, 2_000, 4_000, 5_000, 5_000] {
        backoff.failed(clock.now(), None);
        assert_eq!(backoff.wait(clock.now()), Some(ms(wait)));
        clock.advance(ms(wait - 1));
        assert_eq!(backoff.wait(clock.now()), Some(ms(1)));
        clock.advance(ms(1));
        assert_eq!(backoff.wait(clock.now()), None);
    }
    backoff.succeeded();
    backoff.failed(clock.now(), None);
    assert_eq!(backoff.wait(clock.now()), Some(ms(500)));
}

#[test]
fn a_server_may_ask_for_longer_but_not_for_ever() {
    let (clock, mut backoff) = (VirtualClock::new(), Backoff::new(ms(500), ms(5_000)));
    backoff.failed(clock.now(), Some(ms(7_000)));
    assert_eq!(backoff.wait(clock.now()), Some(ms(7_000)));
    backoff.failed(clock.now(), Some(ms(1)));
    assert_eq!(backoff.wait(clock.now()), Some(ms(1_000)));
    backoff.failed(clock.now(), Some(Duration::MAX));
    assert_eq!(backoff.wait(clock.now()), Some(Duration::from_mins(5)));
}
