//! Sessions whose peer says anything, at any time.
//!
//! Each payload is settled once, and bounds hold, whatever a peer says.

use std::time::{Duration, Instant};

use arbitrary::Arbitrary;
use bytes::Bytes;
use electrician_relay::proto::WrappedPayload;
use electrician_relay::session::{
    Acks, Received, ReceiverSession, SenderEvent, SenderSession, Settle,
};
use electrician_relay::{Ack, Frame, RawPayload, Text};

const WINDOW: usize = 8;

/// What happens next.
#[derive(Arbitrary, Debug)]
pub enum Step {
    /// A payload is submitted, perhaps with a deadline.
    Submit(Option<u8>),
    Connect,
    Disconnect,
    Transmit,
    /// The receiver says this, or what these bytes are.
    Say {
        success: bool,
        seq: u8,
        last_seq: u8,
        ok: u8,
        err: u8,
        retryable: bool,
    },
    SayBytes(Vec<u8>),
    Pass(u16),
    /// The sender sends this.
    Send {
        seq: u64,
        key: u8,
    },
    SendBytes(Vec<u8>),
    Settle {
        token: u8,
        how: u8,
    },
    Poll,
    Attach,
    Detach,
    Close,
}

/// A sender and a receiver, each with a peer of its own that is the input.
pub fn relay_session(steps: Vec<Step>) {
    #[expect(clippy::disallowed_methods, reason = "a moment to count from")]
    let mut now = Instant::now();
    let builder = SenderSession::<usize>::builder().with_window_items(WINDOW);
    let mut sender = builder.with_acks(Acks::Batch(2)).build::<usize>().expect("sound");
    let builder = ReceiverSession::builder().with_max_in_flight(WINDOW);
    let mut receiver = builder.with_dedupe_window(16).build().expect("sound");
    let mut settled: Vec<u32> = Vec::new();
    let mut out = 0_usize;

    for step in steps {
        match step {
            Step::Submit(deadline) => {
                let deadline = deadline.map(|millis| now + Duration::from_millis(millis.into()));
                if sender.submit(payload(0, 0), settled.len(), deadline).is_ok() {
                    settled.push(0);
                }
            }
            Step::Connect => sender.connected(),
            Step::Disconnect => sender.disconnected(),
            Step::Transmit => drop(sender.poll_transmit(now)),
            Step::Say { success, seq, last_seq, ok, err, retryable } => {
                let ack = Ack {
                    success,
                    seq: seq.into(),
                    last_seq: last_seq.into(),
                    ok_count: ok.into(),
                    err_count: err.into(),
                    retryable,
                    ..Ack::default()
                };
                sender.on_ack(&ack, now);
            }
            Step::SayBytes(bytes) => {
                if let Ok(ack) = Ack::parse(&Bytes::from(bytes), 1000) {
                    sender.on_ack(&ack, now);
                }
            }
            Step::Pass(millis) => {
                now += Duration::from_millis(millis.into());
                sender.on_timeout(now);
            }
            Step::Send { seq, key } => {
                out += usize::from(send(&mut receiver, payload(seq, key), now))
            }
            Step::SendBytes(bytes) => match Frame::parse(bytes.into(), 1000) {
                Ok(Frame::Open(open)) => receiver.open(&open),
                Ok(Frame::Payload(payload)) => {
                    out += usize::from(send(&mut receiver, payload, now))
                }
                Ok(Frame::Close(_)) => receiver.on_close(),
                _ => {}
            },
            Step::Settle { token, how } => {
                let before = receiver.in_flight();
                let message = Text::EMPTY;
                let settle = match how % 3 {
                    0 => Settle::Done,
                    1 => Settle::Rejected { code: 1, message },
                    _ => Settle::Later { code: 1, message },
                };
                receiver.settle(token.into(), &settle, now);
                out -= before - receiver.in_flight();
            }
            Step::Poll => drop(receiver.poll_ack(now)),
            Step::Attach => drop(receiver.attach()),
            Step::Detach => receiver.detach(),
            Step::Close => sender.close(),
        }
        assert!(sender.unsettled() <= WINDOW);
        assert_eq!(receiver.in_flight(), out);
        assert!(out <= WINDOW);
        tell(&mut sender, &mut settled);
    }
    sender.abort();
    tell(&mut sender, &mut settled);
    assert!(settled.iter().all(|count| *count == 1), "{settled:?}");
}

fn tell(sender: &mut SenderSession<usize>, settled: &mut [u32]) {
    while let Some(event) = sender.poll_event() {
        if let SenderEvent::Settled(what) = event {
            settled[what.tag] += 1;
        }
    }
}

fn payload(seq: u64, key: u8) -> RawPayload {
    let dedupe_key = if key == 0 { String::new() } else { key.to_string() };
    RawPayload::from_message(&WrappedPayload { seq, dedupe_key, ..WrappedPayload::default() })
}

/// Whether it was given out.
fn send(receiver: &mut ReceiverSession, payload: RawPayload, now: Instant) -> bool {
    matches!(receiver.on_payload(payload, now), Received::Deliver(_))
}
