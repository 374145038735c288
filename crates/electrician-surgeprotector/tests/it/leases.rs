//! Tokens in the hand of a worker.

use std::time::Duration;

use electrician_surgeprotector::Admission;

use crate::support::{exhaust, limited, ms};

#[test]
fn a_lease_takes_what_there_is_in_one_step() {
    let (protector, clock) = limited(ms(10), 8);
    assert_eq!(protector.try_admit(5), Admission::Admitted(5));
    let mut lease = protector.lease(64);
    assert_eq!(lease.left(), 3);
    assert_eq!(protector.try_admit(1), Admission::Wait(ms(10)));
    assert_eq!((lease.take(2), lease.take(2), lease.take(2)), (2, 1, 0));
    clock.advance(ms(10));
    assert_eq!(lease.take(1), 0, "a lease does not fill up");
    assert_eq!(protector.try_admit(2), Admission::Admitted(1));
}

#[test]
fn a_token_of_a_lease_can_be_used_until_its_slot() {
    let (protector, clock) = limited(ms(10), 8);
    let mut lease = protector.lease(4);
    let nano = Duration::from_nanos(1);
    assert_eq!(lease.left(), 4);
    for left in [4, 3, 2, 1] {
        clock.advance(if left == 4 { ms(10) } else { Duration::from_nanos(9_999_999) });
        assert_eq!(lease.left(), left, "until the end of its interval");
        clock.advance(nano);
        assert_eq!(lease.left(), left - 1);
    }
    assert_eq!(lease.take(1), 0);
}

/// Kept until the bucket is full again, the tokens would come on top of a whole burst.
#[test]
fn old_tokens_do_not_come_on_top_of_a_full_bucket() {
    let (protector, clock) = limited(ms(10), 64);
    let mut lease = protector.lease(32);
    clock.advance(ms(10_000));
    assert_eq!(protector.try_admit(64), Admission::Admitted(64));
    assert_eq!(lease.take(32), 0);
}

#[test]
fn under_load_tokens_last_longer() {
    let (protector, clock) = limited(ms(10), 64);
    exhaust(&protector);
    clock.advance(ms(80));
    let mut lease = protector.lease(8);
    assert_eq!(lease.left(), 8);
    // Their slots are those of the last eight of the burst.
    clock.advance(ms(10 * (63 - 8)));
    assert_eq!(lease.left(), 8);
    clock.advance(ms(85));
    assert_eq!(lease.left(), 0);
}

#[test]
fn a_trip_holds_leased_tokens_too() {
    let (protector, _clock) = limited(ms(10), 64);
    let mut lease = protector.lease(8);
    protector.trip();
    assert_eq!(lease.take(8), 0);
    assert_eq!(protector.lease(8).take(8), 0);
    protector.reset();
    assert_eq!(lease.take(8), 8);
}

#[test]
fn with_a_burst_of_one_a_lease_is_for_this_moment() {
    let (protector, clock) = limited(ms(10), 1);
    assert_eq!(protector.lease(5).take(5), 1);
    clock.advance(ms(10));
    let mut lease = protector.lease(1);
    clock.advance(ms(1));
    assert_eq!(lease.take(1), 0);
    clock.advance(ms(9));
    assert_eq!(protector.try_admit(1), Admission::Admitted(1));
}

#[test]
fn a_lease_is_renewed_in_place_of_what_is_left() {
    let (protector, clock) = limited(ms(10), 8);
    let mut lease = protector.lease(3);
    assert_eq!(lease.renew(3), 3);
    assert_eq!(lease.left(), 3);
    assert_eq!(lease.renew(0), 0);
    assert_eq!(lease.take(1), 0);
    clock.advance(ms(1_000));
    assert_eq!(lease.renew(64), 8);
    protector.trip();
    assert_eq!(lease.renew(64), 0);
}

/// Of a bucket whose slots lie between the whole intervals: a token is not used past its slot.
#[test]
fn a_token_taken_between_slots_expires_no_later() {
    let (protector, clock) = limited(ms(10), 4);
    assert_eq!(protector.try_admit(2), Admission::Admitted(2));
    clock.advance(ms(5));
    // The slots of these are at 20 and 30 ms.
    let mut lease = protector.lease(2);
    assert_eq!(lease.left(), 2);
    clock.advance(ms(16));
    assert!(lease.left() <= 1, "the first slot has passed");
    clock.advance(ms(10));
    assert_eq!(lease.left(), 0, "and so has the second");
}
