//! Bounds of a sender, and configurations that cannot work.

use std::time::Duration;

use electrician_relay::proto::WrappedPayload;
use electrician_relay::session::Acks;
use electrician_relay::{About, EnvelopeWriter, Frame, RawPayload};
use electrician_types::Refusal;

use super::{Session, events, no, payload, sent, session, several, submit};
use crate::start;

#[test]
fn payloads_that_wait_to_be_polled_take_their_places() {
    let change = |builder: super::SenderBuilder| builder.with_window_items(2);
    let (now, mut session) =
        (start(), session(|builder| change(builder).with_acks(Acks::Batch(1))));
    submit(&mut session, &["a", "b"]);
    assert!(session.submit(payload("c"), "c", None).unwrap_err().is_full());
    session.connected();
    sent(&mut session, now);
    session.on_ack(&several(2, 2, 0), now);
    let refused = session.submit(payload("c"), "c", None).unwrap_err();
    assert!(refused.is_full(), "two wait to be polled");
    assert_eq!(refused.item.1, "c", "it is handed back");
    events(&mut session);
    submit(&mut session, &["c", "d"]);
}

#[test]
fn bytes_are_bounded() {
    let of = |bytes| {
        let payload = vec![0; bytes].into();
        RawPayload::from_message(&WrappedPayload { payload, ..WrappedPayload::default() })
    };
    let change = |builder: super::SenderBuilder| builder.with_max_payload_bytes(500);
    let mut session = session(|builder| change(builder).with_window_bytes(1000));
    for _ in 0..2 {
        session.submit(of(450), "a", None).unwrap();
    }
    assert!(session.submit(of(450), "a", None).unwrap_err().is_full());
    let refused = session.submit(of(600), "a", None).unwrap_err();
    assert!(matches!(refused.reason, Refusal::TooLarge { budget: 500, .. }), "{refused}");
}

/// A receiver that refuses everything for now, but for the oldest, cannot make the window grow.
#[test]
fn gaps_are_bounded() {
    let change = |builder: super::SenderBuilder| builder.with_window_items(4);
    let change = |builder| change(builder).with_acks(Acks::PerMessage);
    let (mut now, mut session) =
        (start(), session(|builder| change(builder).with_retry_attempts(u32::MAX)));
    submit(&mut session, &["a", "b", "c", "d"]);
    session.connected();
    sent(&mut session, now);
    let mut last = 4;
    for _ in 0..20 {
        for seq in 2..=last {
            session.on_ack(&no(seq, true), now);
        }
        now += Duration::from_millis(100);
        session.on_timeout(now);
        let sent = sent(&mut session, now);
        last += sent.len() as u64;
    }
    assert_eq!(last, 8, "the oldest is not settled, so twice the window is the end of it");
    session.on_ack(&no(1, true), now);
    assert_eq!(session.unsettled(), 4);
    now += Duration::from_millis(100);
    assert!(!sent(&mut session, now).is_empty(), "it goes on");
}

#[test]
fn a_configuration_that_cannot_work_is_refused_with_all_that_is_wrong() {
    let error = Session::builder()
        .with_stream_id("")
        .with_window_items(10)
        .with_window_bytes(100)
        .with_acks(Acks::Batch(11))
        .with_retry_attempts(0)
        .with_ack_timeout(Duration::ZERO)
        .build::<()>()
        .unwrap_err();
    assert_eq!(error.problems().len(), 5, "{error}");
    assert!(error.to_string().contains("an acknowledgement every 11 payloads; a window of 10"));
    assert!(Session::builder().with_window_items(0).build::<()>().is_err());
    assert!(Session::builder().with_window_items(usize::MAX).build::<()>().is_err());
}

#[test]
fn the_largest_payload_that_is_written_fits_into_a_frame() {
    let mut writer = EnvelopeWriter::<[u8]>::bytes();
    let mut size = Frame::MAX_BYTES;
    let payload = loop {
        match writer.write(&vec![0; size], &About { id: Some("p"), ..About::default() }) {
            Ok(payload) => break payload,
            Err(_) => size -= 1,
        }
    };
    let (now, mut session) = (start(), session(|builder| builder));
    session.submit(payload, "p", None).unwrap();
    session.connected();
    session.poll_transmit(now);
    let frame = session.poll_transmit(now).unwrap();
    let free = Frame::MAX_BYTES - frame.encoded_len();
    assert!(free < 64, "{free} bytes of the frame are wasted");
}

#[test]
fn each_session_has_a_stream_of_its_own() {
    let [one, two] = [(), ()].map(|()| Session::builder().build::<()>().unwrap());
    assert_ne!(one.stream_id(), two.stream_id());
    assert_eq!(one.stream_id().len(), 64);
}
