//! Connections that break before anything gets through.

use std::time::Instant;

use electrician_relay::session::Acks;
use electrician_relay::{Ack, Frame};

use super::{Session, events, no, opened, sent, session, several, submit};
use crate::start;

const IDS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// Connects, and gives after how many payloads an acknowledgement is asked for.
fn open(session: &mut Session, now: Instant) -> u32 {
    session.connected();
    let Some(Frame::Open(open)) = session.poll_transmit(now) else { panic!("it opens first") };
    session.on_ack(&opened(), now);
    open.ack_every_n
}

#[test]
fn less_is_sent_on_each_connection_that_is_of_no_use() {
    let (now, mut session) = (start(), session(|builder| builder.with_acks(Acks::Batch(6))));
    submit(&mut session, &IDS);
    for (every, payloads) in [(6, 8), (4, 4), (2, 2), (1, 1), (1, 1)] {
        assert_eq!(open(&mut session, now), every, "one that would be waited for in vain");
        assert_eq!(sent(&mut session, now).len(), payloads);
        session.disconnected();
    }
}

#[test]
fn more_is_sent_after_each_acknowledgement_and_then_all() {
    let (now, mut session) =
        (start(), session(|b| b.with_window_items(8).with_acks(Acks::Batch(8))));
    submit(&mut session, &IDS);
    for _ in 0..4 {
        open(&mut session, now);
        sent(&mut session, now);
        session.disconnected();
    }
    assert_eq!(open(&mut session, now), 1);
    assert_eq!(sent(&mut session, now), ["1:a"]);
    session.on_ack(&several(1, 1, 0), now);
    assert_eq!(sent(&mut session, now), ["2:b", "3:c"]);
    session.on_ack(&several(3, 2, 0), now);
    assert_eq!(sent(&mut session, now), ["4:d", "5:e", "6:f", "7:g"]);
    session.on_ack(&several(4, 1, 0), now);
    // Now it is as before, and the receiver is told so.
    assert_eq!(sent(&mut session, now), ["open 5", "8:h"]);
    session.on_ack(&no(5, false), now);
    session.on_ack(&opened(), now);
    assert_eq!(sent(&mut session, now), [""; 0]);
}

#[test]
fn a_connection_that_was_of_use_or_had_nothing_to_carry_changes_nothing() {
    let (now, mut session) = (start(), session(|builder| builder));
    for _ in 0..3 {
        open(&mut session, now);
        session.disconnected();
    }
    submit(&mut session, &IDS);
    open(&mut session, now);
    assert_eq!(sent(&mut session, now).len(), 8);
    session.on_ack(&several(1, 1, 0), now);
    session.disconnected();
    open(&mut session, now);
    assert_eq!(sent(&mut session, now).len(), 7);
}

#[test]
fn what_a_second_opening_says_does_not_blur_what_was_refused() {
    let (now, mut session) = (start(), session(|builder| builder));
    submit(&mut session, &["a", "b", "c"]);
    open(&mut session, now);
    sent(&mut session, now);
    session.on_ack(&no(2, false), now);
    session.on_ack(&Ack { last_seq: 1, ..opened() }, now);
    session.on_ack(&several(3, 2, 1), now);
    assert_eq!(events(&mut session), ["b rejected 503 no", "a acked", "c acked", "opened false"]);
}
