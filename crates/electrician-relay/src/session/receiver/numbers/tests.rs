use super::{Number, Numbers};

#[test]
fn a_number_is_new_once() {
    let mut numbers = Numbers::new(4);
    assert_eq!(numbers.arrive(1), Number::New);
    numbers.note(1, Number::UnderWay);
    assert_eq!(numbers.arrive(1), Number::UnderWay);
    numbers.note(1, Number::Done);
    assert_eq!(numbers.arrive(1), Number::Done);
    assert_eq!(numbers.done_through(), 1);
}

#[test]
fn what_is_done_without_a_gap_is_known_however_old() {
    let mut numbers = Numbers::new(4);
    for seq in 1..=100 {
        assert_eq!(numbers.arrive(seq), Number::New);
        numbers.note(seq, Number::Done);
    }
    assert_eq!((numbers.done_through(), numbers.arrive(3)), (100, Number::Done));
}

#[test]
fn a_gap_holds_the_floor_and_is_forgotten_in_the_end() {
    let mut numbers = Numbers::new(4);
    for seq in 1..=3 {
        numbers.arrive(seq);
        numbers.note(seq, if seq == 2 { Number::Rejected } else { Number::Done });
    }
    assert_eq!((numbers.done_through(), numbers.arrive(2)), (1, Number::Rejected));
    numbers.arrive(6);
    assert_eq!(numbers.arrive(2), Number::TooOld);
    assert_eq!(numbers.arrive(3), Number::Done);
    assert_eq!(numbers.arrive(4), Number::New);
}

#[test]
fn a_leap_forgets_what_was_there() {
    let mut numbers = Numbers::new(4);
    for seq in [1, 2, 3, 4] {
        numbers.arrive(seq);
        numbers.note(seq, Number::UnderWay);
    }
    assert_eq!(numbers.arrive(u64::MAX), Number::New);
    assert_eq!(numbers.arrive(u64::MAX - 3), Number::New);
    assert_eq!(numbers.arrive(u64::MAX - 4), Number::TooOld);
    numbers.note(3, Number::Done);
    assert_eq!(numbers.arrive(u64::MAX - 1), Number::New, "an old number has no place");
}

#[test]
fn what_the_sender_has_settled_is_done() {
    let mut numbers = Numbers::new(4);
    numbers.settled_below(51);
    assert_eq!(numbers.done_through(), 50);
    assert_eq!(numbers.arrive(51), Number::New);
    assert_eq!(numbers.arrive(50), Number::Done);
}
