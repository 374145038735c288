//! The side that receives, by its rules.

mod acknowledging;
mod repeated;

use std::sync::Arc;
use std::time::{Duration, Instant};

use electrician_relay::proto::{AckMode, StreamOpen, TransportCapabilities, WrappedPayload};
use electrician_relay::session::{
    AckOn, DedupeKeys, Delivery, NumberedBy, RESUMES_FROM, Received, ReceiverBuilder,
    ReceiverSession, Settle,
};
use electrician_relay::{Ack, RawPayload, Text};

use crate::start;

fn session(change: impl FnOnce(ReceiverBuilder) -> ReceiverBuilder) -> ReceiverSession {
    let mut session = change(ReceiverSession::builder()).build().unwrap();
    session.attach();
    session
}

/// An opening of a sender of this crate.
fn open(ack_mode: AckMode, ack_every_n: u32, resumes_from: u64) -> StreamOpen {
    let params = [(RESUMES_FROM.to_owned(), resumes_from.to_string())].into();
    StreamOpen {
        capabilities: Some(TransportCapabilities { params, ..TransportCapabilities::default() }),
        ..open_of_go(ack_mode, ack_every_n)
    }
}

fn open_of_go(ack_mode: AckMode, ack_every_n: u32) -> StreamOpen {
    let ack_mode = ack_mode.into();
    StreamOpen { stream_id: "s".to_owned(), ack_mode, ack_every_n, ..StreamOpen::default() }
}

fn payload(seq: u64) -> RawPayload {
    payload_with(seq, "")
}

fn payload_with(seq: u64, dedupe_key: &str) -> RawPayload {
    let (id, dedupe_key) = (format!("p{seq}"), dedupe_key.to_owned());
    RawPayload::from_message(&WrappedPayload { id, seq, dedupe_key, ..WrappedPayload::default() })
}

fn deliver(session: &mut ReceiverSession, seq: u64, now: Instant) -> u64 {
    match session.on_payload(payload(seq), now) {
        Received::Deliver(Delivery { token, .. }) => token,
        other => panic!("{seq} is {other:?}"),
    }
}

fn done(session: &mut ReceiverSession, tokens: &[u64], now: Instant) {
    for token in tokens {
        session.settle(*token, &Settle::Done, now);
    }
}

fn rejected() -> Settle {
    Settle::Rejected { code: 422, message: Text::from_static("bad") }
}

fn later() -> Settle {
    Settle::Later { code: 503, message: Text::from_static("busy") }
}

/// What is said, in short.
fn said(session: &mut ReceiverSession, now: Instant) -> Vec<String> {
    let acks = std::iter::from_fn(|| session.poll_ack(now));
    let short = |ack: Ack| {
        let Ack { message, seq, id, code, last_seq, ok_count, err_count, .. } = &ack;
        assert_eq!(ack.success, *code == 0 && *err_count == 0);
        match (ack.seq, ok_count + err_count) {
            (0, 0) => format!("{message} {last_seq}"),
            (0, _) => format!("{message} {last_seq} {ok_count}/{err_count}"),
            _ => format!("{message} {seq} {id} {code} {}", ack.retryable),
        }
    };
    acks.map(short).collect()
}

#[test]
fn only_so_many_payloads_are_given_out() {
    let (now, mut session) = (start(), session(|builder| builder.with_max_in_flight(2)));
    let tokens = [deliver(&mut session, 1, now), deliver(&mut session, 2, now)];
    assert!(!session.is_ready());
    // A transport that reads nevertheless is told to come later, by name.
    assert!(matches!(session.on_payload(payload(3), now), Received::Refused));
    assert_eq!(said(&mut session, now), ["too much is under way 3 p3 429 true"]);
    // One that never listens is cut off.
    let last = (4..20).map(|seq| session.on_payload(payload(seq), now)).last();
    assert!(matches!(last, Some(Received::Overrun)));
    assert_eq!(said(&mut session, now), [""; 0], "nothing may be said any more");
    done(&mut session, &tokens, now);
    session.detach();
    session.attach();
    assert!(session.is_ready());
}

#[test]
fn one_that_is_not_settled_holds_those_behind_it() {
    let (now, mut session) = (start(), session(|builder| builder.with_max_in_flight(3)));
    let first = deliver(&mut session, 1, now);
    for seq in 2..=3 {
        let token = deliver(&mut session, seq, now);
        done(&mut session, &[token], now);
    }
    assert_eq!(session.in_flight(), 1);
    assert!(!session.is_ready(), "as many stand between the oldest and the newest");
    done(&mut session, &[first], now);
    assert!(session.is_ready());
}

#[test]
fn a_former_connection_has_nothing_to_say() {
    let mut session = ReceiverSession::builder().build().unwrap();
    let one = session.attach();
    assert!(session.is_current(one) && !session.is_idle());
    let two = session.attach();
    assert!(session.is_current(two) && !session.is_current(one));
    session.detach();
    assert!(!session.is_current(two) && session.is_idle());
}

#[test]
fn a_configuration_that_cannot_work_is_refused_with_all_that_is_wrong() {
    let builder = ReceiverSession::builder().with_max_in_flight(0).with_dedupe_window(1 << 30);
    assert_eq!(builder.build().unwrap_err().problems().len(), 2);
    let builder = ReceiverSession::builder().with_max_in_flight(10).with_dedupe_window(9);
    let error = builder.build().unwrap_err();
    assert!(error.to_string().contains("a dedupe window of 9 numbers; with 10"), "{error}");
}

#[test]
fn what_was_opened_counts_for_the_payloads_that_follow() {
    let (now, mut session) = (start(), session(|builder| builder));
    let mut opening = open(AckMode::AckPerMessage, 0, 1);
    for (seq, trace) in [(1, "one"), (2, "two")] {
        opening.defaults.get_or_insert_default().trace_id = trace.to_owned();
        session.open(&opening);
        let Received::Deliver(delivery) = session.on_payload(payload(seq), now) else {
            panic!("it is new");
        };
        assert_eq!(delivery.defaults.metadata().trace_id, trace);
    }
}

#[test]
fn accepting_can_be_enough() {
    let (now, mut session) = (start(), session(|builder| builder.with_ack_on(AckOn::Accepted)));
    session.open(&open(AckMode::AckPerMessage, 0, 1));
    let opening = session.poll_ack(now).unwrap();
    assert_eq!(opening.metadata["electrician-acks-are"], "accepted");
    let token = deliver(&mut session, 1, now);
    session.accepted(token, now);
    assert_eq!(said(&mut session, now), ["OK 1 p1 0 false"]);
    session.settle(token, &rejected(), now);
    assert_eq!(said(&mut session, now), [""; 0], "what happens later is not said");

    let mut strict = self::session(|builder| builder);
    let token = deliver(&mut strict, 1, now);
    strict.accepted(token, now);
    assert_eq!(said(&mut strict, now), [""; 0]);
    assert_eq!(strict.in_flight(), 1);
}
