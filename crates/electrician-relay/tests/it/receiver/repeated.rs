//! Payloads that come again.

use super::*;

#[test]
fn a_payload_that_comes_again_while_it_is_under_way_is_acknowledged_when_it_is_settled() {
    let (now, mut session) = (start(), session(|builder| builder));
    session.open(&open(AckMode::AckPerMessage, 0, 1));
    let [one, two] = [1, 2].map(|seq| deliver(&mut session, seq, now));
    session.detach();
    done(&mut session, &[two], now);
    session.attach();
    session.open(&open(AckMode::AckPerMessage, 0, 1));
    assert!(matches!(session.on_payload(payload(1), now), Received::Duplicate));
    assert!(matches!(session.on_payload(payload(2), now), Received::Duplicate));
    assert_eq!(said(&mut session, now), ["Stream open accepted 0", "OK 2 p2 0 false"]);
    done(&mut session, &[one], now);
    assert_eq!(said(&mut session, now), ["OK 1 p1 0 false"]);
    assert_eq!(session.duplicates(), 2);
}

#[test]
fn the_opening_of_a_resumed_stream_says_what_was_done() {
    let (now, mut session) = (start(), session(|builder| builder));
    session.open(&open(AckMode::AckBatch, 100, 1));
    let tokens = [1, 2, 3, 4].map(|seq| deliver(&mut session, seq, now));
    done(&mut session, &tokens[..2], now);
    session.settle(tokens[2], &rejected(), now);
    done(&mut session, &tokens[3..], now);
    session.attach();
    session.open(&open(AckMode::AckBatch, 100, 1));
    assert_eq!(said(&mut session, now), ["Stream open accepted 2"], "3 was refused");
    // The refusal may have been lost: it is said again, and not that all is well.
    for seq in 3..=4 {
        assert!(matches!(session.on_payload(payload(seq), now), Received::Duplicate));
    }
    session.on_close();
    assert_eq!(said(&mut session, now), ["rejected before 3 p3 422 false", "Stream closed 4 1/1"]);
}

#[test]
fn what_was_refused_for_now_is_new_when_it_comes_again() {
    let (now, mut session) = (start(), session(|builder| builder));
    session.open(&open(AckMode::AckPerMessage, 0, 1));
    let token = deliver(&mut session, 1, now);
    session.settle(token, &later(), now);
    deliver(&mut session, 1, now);
}

#[test]
fn numbers_of_senders_that_do_not_say_so_are_not_trusted() {
    // As a sender passes on the payloads of two others, with the numbers that they had.
    let (now, mut session) = (start(), session(|builder| builder));
    session.open(&open_of_go(AckMode::AckBatch, 1024));
    for seq in [1, 1, 2, 2, 0, 0] {
        deliver(&mut session, seq, now);
    }
    let always = |builder: ReceiverBuilder| builder.with_numbered_by(NumberedBy::Always);
    let mut session = self::session(always);
    session.open(&open_of_go(AckMode::AckBatch, 1024));
    deliver(&mut session, 1, now);
    assert!(matches!(session.on_payload(payload(1), now), Received::Duplicate));
    let never = |builder: ReceiverBuilder| builder.with_numbered_by(NumberedBy::Never);
    let mut session = self::session(never);
    session.open(&open(AckMode::AckBatch, 1024, 1));
    deliver(&mut session, 1, now);
    deliver(&mut session, 1, now);
}

#[test]
fn a_key_is_recognised_on_another_stream() {
    let keys = Arc::new(DedupeKeys::new(10));
    let now = start();
    let make = || session(|builder| builder.with_dedupe_keys(Arc::clone(&keys)));
    let (mut one, mut two) = (make(), make());
    let Received::Deliver(first) = one.on_payload(payload_with(1, "k"), now) else {
        panic!("it is new");
    };
    // Under way: the sender comes later, for this one may still fail.
    assert!(matches!(two.on_payload(payload_with(5, "k"), now), Received::Refused));
    let under_way = "a payload with the same dedupe key is under way 5 p5 409 true";
    assert_eq!(said(&mut two, now), [under_way]);
    one.settle(first.token, &later(), now);
    let Received::Deliver(second) = two.on_payload(payload_with(5, "k"), now) else {
        panic!("it failed, so it is new");
    };
    done(&mut two, &[second.token], now);
    assert!(matches!(one.on_payload(payload_with(2, "k"), now), Received::Duplicate));
    assert_eq!(said(&mut one, now).last().unwrap(), "OK 2 p2 0 false");
    // Payloads without a key are not alike.
    deliver(&mut one, 3, now);
    deliver(&mut one, 4, now);
}

#[test]
fn a_session_that_goes_away_frees_the_keys_that_are_under_way() {
    let keys = Arc::new(DedupeKeys::new(10));
    let now = start();
    let make = || session(|builder| builder.with_dedupe_keys(Arc::clone(&keys)));
    let mut one = make();
    let Received::Deliver(done) = one.on_payload(payload_with(1, "done"), now) else {
        panic!("it is new");
    };
    one.settle(done.token, &Settle::Done, now);
    assert!(matches!(one.on_payload(payload_with(2, "k"), now), Received::Deliver(_)));
    drop(one);
    let mut two = make();
    assert!(matches!(two.on_payload(payload_with(1, "k"), now), Received::Deliver(_)));
    assert!(matches!(two.on_payload(payload_with(2, "done"), now), Received::Duplicate));
}

#[test]
fn keys_are_bounded() {
    let keys = Arc::new(DedupeKeys::new(3));
    let now = start();
    let mut session = session(|builder| builder.with_dedupe_keys(Arc::clone(&keys)));
    let mut deliver = |key: &str| match session.on_payload(payload_with(0, key), now) {
        Received::Deliver(Delivery { token, .. }) => Some(token),
        _ => None,
    };
    let tokens: Vec<u64> = ["a", "b", "c"].iter().filter_map(|key| deliver(key)).collect();
    assert_eq!(tokens.len(), 3);
    assert_eq!(deliver("d"), None, "three are under way");
    done(&mut session, &tokens, now);
    for key in ["d", "e"] {
        let Received::Deliver(delivery) = session.on_payload(payload_with(0, key), now) else {
            panic!("{key} is new");
        };
        done(&mut session, &[delivery.token], now);
    }
    assert_eq!(keys.len(), 3);
    let is_known =
        |key| matches!(session.on_payload(payload_with(0, key), now), Received::Duplicate);
    assert_eq!(["e", "d", "c", "a"].map(is_known), [true, true, true, false]);
}
