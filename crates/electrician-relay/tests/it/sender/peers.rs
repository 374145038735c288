//! Receivers that know less, and receivers that mean harm.

use std::time::Duration;

use electrician_relay::proto::control_directive::Directive;
use electrician_relay::proto::{ControlDirective, FlowControlState, Redirect, Throttle};
use electrician_relay::session::Acks;
use electrician_relay::{Ack, Text};

use super::{events, no, ok, opened, sent, session, several, submit};
use crate::start;

#[test]
fn a_receiver_that_holds_back_its_last_acknowledgement_is_asked_by_a_close() {
    let (now, mut session) = (start(), session(|builder| builder.with_acks(Acks::Batch(1024))));
    submit(&mut session, &["a", "b"]);
    session.connected();
    sent(&mut session, now);
    session.on_ack(&opened(), now);
    let at = session.poll_timeout(now).unwrap();
    assert_eq!(at - now, Duration::from_secs(30));
    session.on_timeout(at);
    submit(&mut session, &["c"]);
    assert_eq!(sent(&mut session, at), ["close"]);
    // As Go answers a close, before it ends the stream.
    session.on_ack(&Ack { message: Text::from_static("Stream closed"), ..several(2, 2, 0) }, at);
    session.disconnected();
    let all = ["a acked", "b acked", "opened false", "reconnect Rotated"];
    assert_eq!(events(&mut session), all);
    session.connected();
    assert_eq!(sent(&mut session, at), ["open 3", "3:c"]);
}

#[test]
fn what_is_waited_for_is_not_waited_for_until_the_stream_ends_by_itself() {
    let (now, mut session) = (start(), session(|builder| builder.with_acks(Acks::Batch(1024))));
    submit(&mut session, &["a", "b"]);
    session.connected();
    sent(&mut session, now);
    session.on_ack(&opened(), now);
    session.hurry(now);
    let at = session.poll_timeout(now).unwrap();
    assert_eq!(at - now, Duration::from_millis(200));
    session.on_timeout(at);
    assert_eq!(sent(&mut session, at), ["close"]);
    session.on_ack(&several(2, 2, 0), at);
    session.disconnected();
    assert_eq!(session.unsettled(), 0);
    // The next is not in a hurry.
    submit(&mut session, &["c"]);
    session.connected();
    assert_eq!(sent(&mut session, at), ["open 3", "3:c"]);
    assert_eq!(session.poll_timeout(at).unwrap() - at, Duration::from_secs(30));
}

#[test]
fn a_receiver_that_holds_nothing_back_is_given_its_time() {
    let says = || Ack {
        metadata: [("electrician-acks-are".into(), "processed".into())].into(),
        ..opened()
    };
    for (acks, opened) in [(Acks::Batch(1024), says()), (Acks::PerMessage, opened())] {
        let (now, mut session) = (start(), session(|builder| builder.with_acks(acks)));
        submit(&mut session, &["a"]);
        session.connected();
        sent(&mut session, now);
        session.on_ack(&opened, now);
        session.hurry(now);
        assert_eq!(session.poll_timeout(now).unwrap() - now, Duration::from_secs(30));
    }
}

#[test]
fn a_receiver_that_says_nothing_at_all_is_given_up() {
    let (now, mut session) = (start(), session(|builder| builder));
    submit(&mut session, &["a"]);
    session.connected();
    sent(&mut session, now);
    let at = session.poll_timeout(now).unwrap();
    session.on_timeout(at);
    assert_eq!(sent(&mut session, at), ["close"]);
    let later = session.poll_timeout(at).unwrap();
    assert_eq!(later - at, Duration::from_secs(30));
    session.on_timeout(later);
    assert_eq!(events(&mut session), ["reconnect AckTimeout"]);
    assert_eq!(session.unsettled(), 1);
}

#[test]
fn a_receiver_that_goes_on_acknowledging_is_not_given_up() {
    let (mut now, mut session) = (start(), session(|builder| builder));
    submit(&mut session, &["a", "b", "c"]);
    session.connected();
    sent(&mut session, now);
    for seq in 1..=2 {
        now += Duration::from_secs(29);
        session.on_timeout(now);
        session.on_ack(&ok(seq), now);
    }
    now += Duration::from_secs(29);
    session.on_timeout(now);
    assert_eq!(sent(&mut session, now), [""; 0]);
    session.on_ack(&ok(3), now);
    assert_eq!(session.poll_timeout(now), None, "nothing is waited for");
}

#[test]
fn errors_that_are_not_named_leave_all_unclear() {
    let (now, mut session) = (start(), session(|builder| builder));
    submit(&mut session, &["a", "b", "c"]);
    session.connected();
    sent(&mut session, now);
    session.on_ack(&several(2, 1, 1), now);
    assert_eq!(events(&mut session), ["a unclear 1/2", "b unclear 1/2"]);
    session.on_ack(&several(3, 1, 0), now);
    assert_eq!(events(&mut session), ["c acked"]);
}

#[test]
fn acknowledgements_of_what_was_not_sent_settle_nothing() {
    let (now, mut session) = (start(), session(|builder| builder.with_acks(Acks::Batch(2))));
    submit(&mut session, &["a"]);
    session.connected();
    session.on_ack(&several(9, 9, 0), now);
    sent(&mut session, now);
    submit(&mut session, &["b"]);
    session.on_ack(&ok(2), now);
    session.on_ack(&no(u64::MAX, true), now);
    assert_eq!(events(&mut session), [""; 0]);
    session.on_ack(&several(u64::MAX, u32::MAX, 0), now);
    assert_eq!(events(&mut session), ["a acked"], "b was not sent");
    assert_eq!(session.stats().strays, 3);
    session.on_ack(&no(1, true), now);
    assert_eq!((session.unsettled(), events(&mut session).len()), (1, 0));
}

#[test]
fn a_stream_that_is_refused_is_told_and_given_up() {
    let (now, mut session) = (start(), session(|builder| builder));
    submit(&mut session, &["a"]);
    session.connected();
    sent(&mut session, now);
    let refusal = Ack::refusal(Text::EMPTY, 401, Text::from_static("auth failed: no token"));
    session.on_ack(&refusal, now);
    let told = ["refused 401 auth failed: no token", "reconnect Refused"];
    assert_eq!(events(&mut session), told);
    assert_eq!(sent(&mut session, now), [""; 0]);
    assert_eq!(session.unsettled(), 1, "nothing is lost");
}

#[test]
fn a_pause_is_kept() {
    let (now, mut session) = (start(), session(|builder| builder));
    session.connected();
    sent(&mut session, now);
    let throttle = Throttle { retry_after_ms: 250, ..Throttle::default() };
    session.on_ack(&Ack::default().with_throttle(throttle), now);
    submit(&mut session, &["a"]);
    assert_eq!(sent(&mut session, now), [""; 0]);
    let at = session.poll_timeout(now).unwrap();
    assert_eq!(at - now, Duration::from_millis(250));
    assert_eq!(sent(&mut session, at), ["1:a"]);
    assert_eq!(events(&mut session), [""; 0], "to go slower is no refusal");
}

#[test]
fn a_refused_payload_waits_as_long_as_the_receiver_says() {
    let (now, mut session) = (start(), session(|builder| builder));
    submit(&mut session, &["a"]);
    session.connected();
    sent(&mut session, now);
    let throttle = Throttle { retry_after_ms: 700, ..Throttle::default() };
    session.on_ack(&no(1, true).with_throttle(throttle), now);
    assert_eq!(session.poll_timeout(now), Some(now + Duration::from_millis(700)));
}

#[test]
fn a_limit_of_the_receiver_is_kept() {
    let (now, mut session) = (start(), session(|builder| builder.with_acks(Acks::PerMessage)));
    session.connected();
    sent(&mut session, now);
    let flow_state = Some(FlowControlState { max_in_flight: 2, ..FlowControlState::default() });
    session.on_ack(&Ack { flow_state, ..opened() }, now);
    submit(&mut session, &["a", "b", "c", "d"]);
    assert_eq!(sent(&mut session, now), ["1:a", "2:b"]);
    session.on_ack(&ok(2), now);
    assert_eq!(sent(&mut session, now), [""; 0], "what stands behind the oldest counts");
    session.on_ack(&ok(1), now);
    assert_eq!(sent(&mut session, now), ["3:c", "4:d"]);
    let throttle = Throttle { max_in_flight: 1, ..Throttle::default() };
    session.on_ack(&ok(3).with_throttle(throttle), now);
    submit(&mut session, &["e"]);
    assert_eq!(sent(&mut session, now), [""; 0]);
}

#[test]
fn limits_are_those_of_the_connection() {
    let (now, mut session) = (start(), session(|builder| builder.with_acks(Acks::PerMessage)));
    session.connected();
    sent(&mut session, now);
    let throttle = Throttle { max_in_flight: 1, tokens_per_second: 1, ..Throttle::default() };
    session.on_ack(&opened().with_throttle(throttle), now);
    session.disconnected();
    session.connected();
    submit(&mut session, &["a", "b", "c"]);
    assert_eq!(sent(&mut session, now), ["open 1", "1:a", "2:b", "3:c"]);
}

#[test]
fn a_rate_of_the_receiver_is_kept() {
    let (mut now, mut session) = (start(), session(|builder| builder));
    session.connected();
    sent(&mut session, now);
    let throttle = Throttle { tokens_per_second: 100, ..Throttle::default() };
    session.on_ack(&Ack::default().with_throttle(throttle), now);
    submit(&mut session, &["p"; 64]);
    let begin = now;
    let mut count = 0;
    while now <= begin + Duration::from_millis(300) {
        count += sent(&mut session, now).len();
        now = session.poll_timeout(now).unwrap();
    }
    assert!((29..=33).contains(&count), "{count} in 300 ms");
}

#[test]
fn other_directives_are_told() {
    let (now, mut session) = (start(), session(|builder| builder));
    session.connected();
    sent(&mut session, now);
    let directive = Some(Directive::Redirect(Redirect::default()));
    let directive = Some(Box::new(ControlDirective { directive }));
    session.on_ack(&Ack { directive, ..opened() }, now);
    assert_eq!(events(&mut session), ["opened false", "directive"]);
}
