//! What is acknowledged, and when.

use super::*;

#[test]
fn each_payload_is_acknowledged_when_it_is_settled() {
    let (now, mut session) = (start(), session(|builder| builder));
    session.open(&open(AckMode::Unspecified, 0, 1));
    assert_eq!(said(&mut session, now), ["Stream open accepted 0"]);
    let [one, two, three] = [1, 2, 3].map(|seq| deliver(&mut session, seq, now));
    assert_eq!(said(&mut session, now), [""; 0], "nothing is processed yet");
    session.settle(three, &rejected(), now);
    done(&mut session, &[one, one], now);
    session.settle(two, &later(), now);
    let all = ["bad 3 p3 422 false", "OK 1 p1 0 false", "busy 2 p2 503 true"];
    assert_eq!(said(&mut session, now), all);
}

#[test]
fn a_stream_without_an_opening_is_acknowledged_one_by_one() {
    let (now, mut session) = (start(), session(|builder| builder));
    let token = deliver(&mut session, 0, now);
    done(&mut session, &[token], now);
    let ack = session.poll_ack(now).unwrap();
    assert_eq!((ack.id.as_str(), ack.seq, ack.success), ("p0", 0, true));
}

#[test]
fn the_opening_says_what_a_sender_may_rely_on() {
    let (now, mut session) = (start(), session(|builder| builder.with_max_in_flight(7)));
    session.open(&open(AckMode::AckBatch, 0, 1));
    let ack = session.poll_ack(now).unwrap();
    assert_eq!((ack.success, ack.code, ack.stream_id.as_str()), (true, 0, "s"));
    assert_eq!(ack.flow_state.unwrap().max_in_flight, 7);
    assert_eq!(ack.metadata["electrician-acks-are"], "processed");
}

#[test]
fn several_are_acknowledged_by_number_by_age_and_at_the_end() {
    let (now, mut session) = (start(), session(|builder| builder));
    session.open(&open(AckMode::AckBatch, 2, 1));
    session.poll_ack(now);
    let tokens = [1, 2, 3, 4].map(|seq| deliver(&mut session, seq, now));
    done(&mut session, &tokens[..1], now);
    assert_eq!(said(&mut session, now), [""; 0]);
    done(&mut session, &tokens[1..2], now);
    assert_eq!(said(&mut session, now), ["Batch ack 2 2/0"]);

    done(&mut session, &tokens[2..3], now);
    let at = session.poll_timeout().unwrap();
    assert_eq!(at - now, Duration::from_millis(50));
    assert_eq!(said(&mut session, at), ["Batch ack 3 1/0"]);
    assert_eq!(session.poll_timeout(), None);

    session.on_close();
    assert!(!session.is_finished(), "one is under way");
    done(&mut session, &tokens[3..], now);
    assert_eq!(said(&mut session, now), ["Stream closed 4 1/0"]);
    assert!(session.is_finished());
}

#[test]
fn a_number_stands_for_all_before_it() {
    let (now, mut session) = (start(), session(|builder| builder));
    session.open(&open(AckMode::AckBatch, 1, 1));
    session.poll_ack(now);
    let [one, two, three] = [1, 2, 3].map(|seq| deliver(&mut session, seq, now));
    done(&mut session, &[three], now);
    assert_eq!(said(&mut session, now), ["Batch ack 0 1/0"], "nothing before 1 is there");
    done(&mut session, &[one], now);
    assert_eq!(said(&mut session, now), ["Batch ack 1 1/0"]);
    done(&mut session, &[two], now);
    assert_eq!(said(&mut session, now), ["Batch ack 3 1/0"]);
}

#[test]
fn what_is_refused_is_named_before_a_number_covers_it() {
    let (now, mut session) = (start(), session(|builder| builder));
    session.open(&open(AckMode::AckBatch, 3, 1));
    session.poll_ack(now);
    let [one, two, three] = [1, 2, 3].map(|seq| deliver(&mut session, seq, now));
    session.settle(two, &later(), now);
    done(&mut session, &[one, three], now);
    assert_eq!(said(&mut session, now), ["busy 2  503 true", "Batch ack 3 2/1"]);
}

#[test]
fn no_more_are_waited_for_than_either_side_holds() {
    let (now, mut session) = (start(), session(|builder| builder.with_max_in_flight(2)));
    session.open(&open(AckMode::AckBatch, 0, 1));
    session.poll_ack(now);
    let tokens = [1, 2].map(|seq| deliver(&mut session, seq, now));
    done(&mut session, &tokens, now);
    assert_eq!(said(&mut session, now), ["Batch ack 2 2/0"]);

    let mut session = self::session(|builder| builder);
    session.open(&StreamOpen { max_in_flight: 1, ..open(AckMode::AckBatch, 64, 1) });
    session.poll_ack(now);
    let token = deliver(&mut session, 1, now);
    done(&mut session, &[token], now);
    assert_eq!(said(&mut session, now), ["Batch ack 1 1/0"]);
}

#[test]
fn a_second_opening_replaces_the_first_and_nothing_is_forgotten() {
    let (now, mut session) = (start(), session(|builder| builder));
    session.open(&open(AckMode::AckBatch, 10, 1));
    session.poll_ack(now);
    let tokens = [1, 2].map(|seq| deliver(&mut session, seq, now));
    done(&mut session, &tokens[..1], now);
    session.open(&open(AckMode::AckPerMessage, 0, 1));
    done(&mut session, &tokens[1..], now);
    let all = ["Stream open accepted 1", "OK 2  0 false", "Batch ack 2 1/0"];
    assert_eq!(said(&mut session, now), all);
}

#[test]
fn nothing_is_said_if_nothing_was_asked_for() {
    let (now, mut session) = (start(), session(|builder| builder));
    session.open(&open(AckMode::AckNone, 0, 1));
    let token = deliver(&mut session, 1, now);
    session.settle(token, &rejected(), now);
    session.on_close();
    assert_eq!(said(&mut session, now), [""; 0]);
    assert!(session.is_finished());
}

#[test]
fn a_connection_that_is_gone_is_not_spoken_to() {
    let (now, mut session) = (start(), session(|builder| builder));
    session.open(&open(AckMode::AckPerMessage, 0, 1));
    let token = deliver(&mut session, 1, now);
    session.detach();
    done(&mut session, &[token], now);
    assert_eq!((said(&mut session, now), session.poll_timeout()), (vec![], None));
    assert!(session.is_idle());
}
