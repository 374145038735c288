//! The channel, the time, and what happened.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use electrician_relay::proto::WrappedPayload;
use electrician_relay::session::{
    Acks, Outcome, Received, ReceiverSession, SenderEvent, SenderSession, Settle,
};
use electrician_relay::{Ack, Frame, RawPayload, Text};

use crate::start;

#[derive(Clone, Debug)]
pub(super) enum Step {
    Submit,
    /// So many frames leave the sender.
    Transmit(usize),
    /// So many of them arrive.
    Arrive(usize),
    /// One of the payloads under way is done with: `how` says how.
    Process {
        which: usize,
        how: u8,
    },
    /// So many acknowledgements leave the receiver.
    Answer(usize),
    /// So many of them arrive.
    Hear(usize),
    /// The connection breaks, with what is on its way in both directions.
    Cut,
    Connect,
    /// Milliseconds pass.
    Pass(u64),
    /// The receiver loses its memory.
    Kill,
}

pub(super) struct World {
    now: Instant,
    sender: SenderSession<usize>,
    receiver: ReceiverSession,
    make: Box<dyn Fn() -> ReceiverSession>,
    wire: Option<Wire>,
    /// What is under way at the receiver.
    working: Vec<(u64, usize)>,
    window: usize,
    in_flight: usize,
    outcomes: Vec<Vec<Outcome>>,
    processed: Vec<u32>,
    is_done: bool,
}

#[derive(Default)]
struct Wire {
    frames: VecDeque<Bytes>,
    acks: VecDeque<Bytes>,
}

// === impl World ===

impl World {
    pub(super) fn new(acks: Acks, window: usize, in_flight: usize) -> Self {
        let sender = SenderSession::<usize>::builder()
            .with_acks(acks)
            .with_window_items(window)
            .with_retry_attempts(u32::MAX)
            .build()
            .unwrap();
        let make = move || {
            let builder = ReceiverSession::builder().with_max_in_flight(in_flight);
            builder.with_dedupe_window(in_flight.max(window)).build().unwrap()
        };
        Self {
            now: start(),
            sender,
            receiver: make(),
            make: Box::new(make),
            wire: None,
            working: Vec::new(),
            window,
            in_flight,
            outcomes: Vec::new(),
            processed: Vec::new(),
            is_done: false,
        }
    }

    pub(super) fn submitted(&self) -> usize {
        self.outcomes.len()
    }

    pub(super) fn outcomes(&self, item: usize) -> &[Outcome] {
        &self.outcomes[item]
    }

    pub(super) fn processed(&self, item: usize) -> u32 {
        self.processed[item]
    }

    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Submit => self.submit(),
            Step::Transmit(count) => {
                for _ in 0..count {
                    self.transmit();
                }
            }
            Step::Arrive(count) => {
                for _ in 0..count {
                    self.arrive();
                }
            }
            Step::Process { which, how } => self.process(which, how),
            Step::Answer(count) => {
                for _ in 0..count {
                    self.answer();
                }
            }
            Step::Hear(count) => {
                for _ in 0..count {
                    self.hear();
                }
            }
            Step::Cut => self.cut(),
            Step::Connect => self.connect(),
            Step::Pass(millis) => self.pass(millis),
            Step::Kill => {
                self.cut();
                self.receiver = (self.make)();
                self.working.clear();
            }
        }
        self.check();
    }

    fn submit(&mut self) {
        let item = self.submitted();
        let payload = WrappedPayload { id: item.to_string(), ..WrappedPayload::default() };
        if self.sender.submit(RawPayload::from_message(&payload), item, None).is_ok() {
            self.outcomes.push(Vec::new());
            self.processed.push(0);
        }
    }

    fn transmit(&mut self) {
        let Some(wire) = &mut self.wire else { return };
        if let Some(frame) = self.sender.poll_transmit(self.now) {
            wire.frames.push_back(frame.to_bytes());
        }
    }

    fn arrive(&mut self) {
        // A transport reads while the session is ready.
        if !self.receiver.is_ready() {
            return;
        }
        let Some(bytes) = self.wire.as_mut().and_then(|wire| wire.frames.pop_front()) else {
            return;
        };
        match Frame::parse(bytes, usize::MAX).unwrap() {
            Frame::Open(open) => self.receiver.open(&open),
            Frame::Close(_) => self.receiver.on_close(),
            Frame::Payload(payload) => match self.receiver.on_payload(payload, self.now) {
                Received::Deliver(delivery) => {
                    let item = delivery.payload.id().parse().unwrap();
                    self.working.push((delivery.token, item));
                }
                Received::Overrun => panic!("it was ready"),
                _ => {}
            },
            _ => panic!("no frame of the sender"),
        }
    }

    fn process(&mut self, which: usize, how: u8) {
        if self.working.is_empty() {
            return;
        }
        let (token, item) = self.working.swap_remove(which % self.working.len());
        let message = Text::from_static("no");
        let settle = match how {
            0 => Settle::Rejected { code: 422, message },
            1 | 2 => Settle::Later { code: 503, message },
            _ => Settle::Done,
        };
        self.processed[item] += u32::from(settle == Settle::Done);
        self.receiver.settle(token, &settle, self.now);
    }

    fn answer(&mut self) {
        let Some(wire) = &mut self.wire else { return };
        if let Some(ack) = self.receiver.poll_ack(self.now) {
            wire.acks.push_back(ack.to_bytes());
        }
    }

    fn hear(&mut self) {
        let Some(bytes) = self.wire.as_mut().and_then(|wire| wire.acks.pop_front()) else { return };
        let ack = Ack::parse(&bytes, usize::MAX).unwrap();
        self.sender.on_ack(&ack, self.now);
    }

    fn cut(&mut self) {
        if self.wire.take().is_some() {
            self.sender.disconnected();
            self.receiver.detach();
        }
    }

    fn connect(&mut self) {
        if self.wire.is_none() {
            self.wire = Some(Wire::default());
            self.sender.connected();
            self.receiver.attach();
        }
    }

    fn pass(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
        self.sender.on_timeout(self.now);
    }

    /// What holds at any time, and what the sender has to tell.
    fn check(&mut self) {
        assert!(self.sender.unsettled() <= self.window);
        assert!(self.receiver.in_flight() <= self.in_flight);
        assert_eq!(self.receiver.in_flight(), self.working.len());
        while let Some(event) = self.sender.poll_event() {
            match event {
                SenderEvent::Settled(settled) => {
                    assert_eq!(settled.payload.id(), settled.tag.to_string());
                    self.outcomes[settled.tag].push(settled.outcome);
                }
                SenderEvent::Reconnect(_) => {
                    self.cut();
                    self.connect();
                }
                SenderEvent::Done => self.is_done = true,
                SenderEvent::Refused { code, message } => panic!("{code}: {message}"),
                _ => {}
            }
        }
    }

    /// From now on all goes well.
    pub(super) fn finish(&mut self) {
        self.sender.close();
        for _ in 0..10_000 {
            self.connect();
            for _ in 0..8 {
                self.transmit();
                self.arrive();
                self.process(0, 9);
                self.answer();
                self.hear();
            }
            if self.receiver.is_finished() {
                // The last acknowledgement is on its way; then the receiver ends the connection.
                self.answer();
                while self.wire.as_ref().is_some_and(|wire| !wire.acks.is_empty()) {
                    self.hear();
                }
                self.cut();
            }
            self.pass(60);
            self.check();
            if self.is_done {
                assert_eq!(self.sender.unsettled(), 0);
                return;
            }
        }
        panic!("it does not end: {:?} {:?}", self.sender, self.receiver);
    }

    pub(super) fn abort(&mut self) {
        self.sender.abort();
        self.check();
        assert_eq!(self.sender.unsettled(), 0);
    }
}
