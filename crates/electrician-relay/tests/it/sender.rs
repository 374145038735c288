//! The side that sends, by its rules.

mod careful;
mod limits;
mod peers;

use std::time::{Duration, Instant};

use electrician_relay::proto::WrappedPayload;
use electrician_relay::session::{
    Acks, Outcome, Reconnect, SenderBuilder, SenderEvent, SenderSession,
};
use electrician_relay::{Ack, Frame, RawPayload, Text};

use crate::start;

type Session = SenderSession<&'static str>;

fn session(change: impl FnOnce(SenderBuilder) -> SenderBuilder) -> Session {
    change(Session::builder().with_stream_id("s")).build().unwrap()
}

fn payload(id: &str) -> RawPayload {
    RawPayload::from_message(&WrappedPayload { id: id.to_owned(), ..WrappedPayload::default() })
}

fn submit(session: &mut Session, ids: &[&'static str]) {
    for id in ids {
        session.submit(payload(id), id, None).unwrap();
    }
}

/// What is sent, in short.
fn sent(session: &mut Session, now: Instant) -> Vec<String> {
    let frames = std::iter::from_fn(|| session.poll_transmit(now));
    let short = |frame| match frame {
        Frame::Open(open) => {
            let params = open.capabilities.unwrap().params;
            format!("open {}", params["electrician-resumes-from"])
        }
        Frame::Payload(payload) => format!("{}:{}", payload.seq(), payload.id()),
        Frame::Close(_) => "close".to_owned(),
        _ => "other".to_owned(),
    };
    frames.map(short).collect()
}

/// What happened, in short.
fn events(session: &mut Session) -> Vec<String> {
    let events = std::iter::from_fn(|| session.poll_event());
    let short = |event| match event {
        SenderEvent::Settled(settled) => {
            let what = match settled.outcome {
                Outcome::Acked => "acked".to_owned(),
                Outcome::Sent => "sent".to_owned(),
                Outcome::Rejected { code, message } => format!("rejected {code} {message}"),
                Outcome::Unclear { errors, of } => format!("unclear {errors}/{of}"),
                Outcome::Expired { was_sent } => format!("expired, sent: {was_sent}"),
                Outcome::Returned { was_sent } => format!("returned, sent: {was_sent}"),
                other => format!("{other:?}"),
            };
            format!("{} {what}", settled.tag)
        }
        SenderEvent::Opened(is_processed) => format!("opened {is_processed}"),
        SenderEvent::Refused { code, message } => format!("refused {code} {message}"),
        SenderEvent::Reconnect(why) => format!("reconnect {why:?}"),
        SenderEvent::Done => "done".to_owned(),
        SenderEvent::Directive(_) => "directive".to_owned(),
        other => format!("{other:?}"),
    };
    events.map(short).collect()
}

fn opened() -> Ack {
    Ack::of_stream(Text::from_static("s"), Text::from_static("Stream open accepted"))
}

fn ok(seq: u64) -> Ack {
    Ack { success: true, seq, ..Ack::default() }
}

fn no(seq: u64, retryable: bool) -> Ack {
    Ack { seq, code: 503, message: Text::from_static("no"), retryable, ..Ack::default() }
}

fn several(last_seq: u64, ok_count: u32, err_count: u32) -> Ack {
    Ack { success: err_count == 0, last_seq, ok_count, err_count, ..Ack::default() }
}

#[test]
fn payloads_are_sent_in_order_and_settled_as_they_are_acknowledged() {
    let (now, mut session) = (start(), session(|builder| builder.with_acks(Acks::PerMessage)));
    submit(&mut session, &["a", "b", "c"]);
    assert_eq!(sent(&mut session, now), [""; 0], "there is no connection");
    session.connected();
    assert_eq!(sent(&mut session, now), ["open 1", "1:a", "2:b", "3:c"]);
    session.on_ack(&opened(), now);
    session.on_ack(&ok(2), now);
    session.on_ack(&no(3, false), now);
    assert_eq!(events(&mut session), ["b acked", "c rejected 503 no", "opened false"]);
    session.on_ack(&ok(1), now);
    assert_eq!(events(&mut session), ["a acked"]);
    assert_eq!(session.unsettled(), 0);
}

#[test]
fn after_a_reconnection_what_is_not_settled_is_sent_again_in_order() {
    let (now, mut session) = (start(), session(|builder| builder.with_acks(Acks::PerMessage)));
    submit(&mut session, &["a", "b", "c"]);
    session.connected();
    sent(&mut session, now);
    session.on_ack(&ok(2), now);
    session.disconnected();
    submit(&mut session, &["d"]);
    session.connected();
    assert_eq!(sent(&mut session, now), ["open 1"], "it waits for what the receiver knows");
    // An acknowledgement of what was not sent on this connection is none.
    session.on_ack(&ok(3), now);
    session.on_ack(&opened(), now);
    assert_eq!(sent(&mut session, now), ["1:a", "3:c", "4:d"]);
    assert_eq!((session.stats().strays, session.stats().resent), (1, 2));
    assert_eq!(events(&mut session), ["b acked", "opened false"]);
}

#[test]
fn what_the_receiver_still_knows_is_not_sent_again() {
    let (now, mut session) = (start(), session(|builder| builder));
    submit(&mut session, &["a", "b", "c"]);
    session.connected();
    sent(&mut session, now);
    session.disconnected();
    session.connected();
    sent(&mut session, now);
    session.on_ack(&Ack { last_seq: 2, ..opened() }, now);
    assert_eq!(events(&mut session), ["a acked", "b acked", "opened false"]);
    assert_eq!(sent(&mut session, now), ["3:c"]);
}

#[test]
fn a_resumed_stream_does_not_wait_for_ever() {
    let (now, mut session) = (start(), session(|builder| builder));
    submit(&mut session, &["a"]);
    session.connected();
    sent(&mut session, now);
    session.disconnected();
    session.connected();
    sent(&mut session, now);
    let at = session.poll_timeout(now).unwrap();
    assert_eq!(at - now, Duration::from_secs(10));
    session.on_timeout(at);
    assert_eq!(events(&mut session), ["reconnect OpenTimeout"]);
    assert_eq!(sent(&mut session, at), [""; 0]);
}

#[test]
fn what_is_refused_for_now_is_sent_later_behind_the_others() {
    let (now, mut session) = (start(), session(|builder| builder.with_retry_attempts(2)));
    submit(&mut session, &["a", "b"]);
    session.connected();
    sent(&mut session, now);
    session.on_ack(&no(1, true), now);
    submit(&mut session, &["c"]);
    assert_eq!(sent(&mut session, now), ["3:c"]);
    let at = session.poll_timeout(now).unwrap();
    assert_eq!(at - now, Duration::from_millis(100));
    session.on_timeout(at);
    assert_eq!(sent(&mut session, at), ["4:a"]);
    // The one that was named before is not unclear.
    session.on_ack(&several(3, 2, 1), at);
    assert_eq!(events(&mut session), ["b acked", "c acked"]);
    session.on_ack(&no(4, true), at);
    assert_eq!(events(&mut session), ["a rejected 503 no"], "twice is enough");
}

#[test]
fn without_acknowledgements_what_is_sent_is_done() {
    let (now, mut session) = (start(), session(|builder| builder.with_acks(Acks::None)));
    submit(&mut session, &["a"]);
    session.connected();
    assert_eq!(sent(&mut session, now), ["open 1", "1:a"]);
    assert_eq!(events(&mut session), ["a sent"]);
    session.disconnected();
    session.close();
    assert_eq!(events(&mut session), ["done"]);
}

#[test]
fn closing_drains() {
    let (now, mut session) = (start(), session(|builder| builder));
    submit(&mut session, &["a", "b"]);
    session.close();
    assert!(session.submit(payload("c"), "c", None).unwrap_err().is_closed());
    session.connected();
    assert_eq!(sent(&mut session, now), ["open 1", "1:a", "2:b", "close"]);
    assert_eq!(events(&mut session), [""; 0]);
    // The connection ends before all is acknowledged: once more.
    session.on_ack(&several(1, 1, 0), now);
    session.disconnected();
    assert!(!session.is_done());
    session.connected();
    sent(&mut session, now);
    session.on_ack(&opened(), now);
    assert_eq!(sent(&mut session, now), ["2:b", "close"]);
    session.on_ack(&several(2, 1, 0), now);
    assert_eq!(events(&mut session), ["a acked", "b acked", "opened false", "done"]);
    assert!(session.is_done());
    assert_eq!(events(&mut session), [""; 0], "it is told once");
}

#[test]
fn giving_up_hands_back_what_is_left() {
    let (now, mut session) = (start(), session(|builder| builder));
    submit(&mut session, &["a", "b"]);
    session.connected();
    sent(&mut session, now);
    session.on_ack(&no(1, true), now);
    submit(&mut session, &["c"]);
    session.abort();
    let left = ["b returned, sent: true", "c returned, sent: false", "a returned, sent: true"];
    assert_eq!(events(&mut session), left);
}

#[test]
fn a_deadline_settles_what_it_passes() {
    let (now, mut session) = (start(), session(|builder| builder));
    let after = |millis| Some(now + Duration::from_millis(millis));
    session.submit(payload("a"), "a", after(50)).unwrap();
    session.submit(payload("b"), "b", None).unwrap();
    session.connected();
    sent(&mut session, now);
    session.submit(payload("c"), "c", after(20)).unwrap();
    session.submit(payload("d"), "d", after(90)).unwrap();
    let at = session.poll_timeout(now).unwrap();
    assert_eq!(Some(at), after(20));
    session.on_timeout(at);
    assert_eq!(events(&mut session), ["c expired, sent: false"]);
    assert_eq!(sent(&mut session, at), ["4:d"], "what expired is not sent");
    assert_eq!(session.poll_timeout(at), after(50));
    session.on_timeout(now + Duration::from_millis(50));
    assert_eq!(events(&mut session), ["a expired, sent: true"]);
    session.on_ack(&several(4, 4, 0), at);
    assert_eq!(events(&mut session), ["b acked", "d acked"]);
}

#[test]
fn a_session_may_be_moved_to_a_task() {
    fn is_send<T: Send>() {}
    is_send::<Session>();
    is_send::<electrician_relay::session::ReceiverSession>();
    assert_ne!(Reconnect::Rotated, Reconnect::Refused);
}
