//! The exchange, its peers, and their connections.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use electrician_relay::mesh::{
    Address, Exchange, ExchangeBuilder, MemberId, MeshEvent, MeshFrame, MeshSession, Moment,
    Published,
};
use electrician_relay::proto::SubscriptionSpec;
use electrician_relay::session::{Acks, Outcome, Received, ReceiverSession, SenderSession, Settle};
use electrician_relay::{RawPayload, Text};

use super::super::bench::on;
use crate::start;

pub(crate) struct World {
    pub(crate) exchange: Exchange,
    pub(crate) peers: Vec<Peer>,
    moment: Moment,
}

pub(crate) struct Peer {
    pub(crate) session: MeshSession<usize>,
    /// What the exchange's side knows of what this one publishes; it outlives connections.
    receiver: ReceiverSession,
    line: Option<Line>,
    pub(crate) outcomes: Vec<Option<Outcome>>,
    pub(crate) got: Vec<String>,
    pub(crate) missed: u64,
    pub(crate) events: Vec<MeshEvent<usize>>,
}

/// A connection.
struct Line {
    member: MemberId,
    up: VecDeque<Bytes>,
    down: VecDeque<Bytes>,
    /// What waits for room at a subscriber.
    pending: Option<(u64, Address, RawPayload)>,
}

/// Nobody is too slow.
pub(crate) fn builder() -> ExchangeBuilder {
    Exchange::builder().with_patience(Duration::from_hours(1000))
}

// === impl World ===

impl World {
    pub(crate) fn new(builder: &ExchangeBuilder, peers: usize) -> Self {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let peer = |_| Peer {
            session: MeshSession::new(
                SenderSession::<usize>::builder()
                    .with_acks(Acks::Batch(4))
                    .with_window_items(16)
                    .with_retry_attempts(u32::MAX)
                    .build()
                    .unwrap(),
                8,
            ),
            receiver: ReceiverSession::builder()
                .with_max_in_flight(8)
                .with_dedupe_window(64)
                .build()
                .unwrap(),
            line: None,
            outcomes: Vec::new(),
            got: Vec::new(),
            missed: 0,
            events: Vec::new(),
        };
        Self {
            exchange: builder.build().unwrap(),
            peers: (0..peers).map(peer).collect(),
            moment: Moment { now: start(), wall },
        }
    }

    pub(crate) fn subscribe(&mut self, peer: usize, spec: SubscriptionSpec) {
        assert!(self.peers[peer].session.subscribe(spec));
    }

    /// Whether it was taken.
    pub(crate) fn publish(&mut self, peer: usize, channel: &str, n: usize) -> bool {
        let own = &mut self.peers[peer];
        let tag = own.outcomes.len();
        let payload = on(channel, format!("{peer}-{n}"));
        let is_taken = own.session.publish(payload, tag, None).is_ok();
        if is_taken {
            own.outcomes.push(None);
        }
        is_taken
    }

    pub(crate) fn connect(&mut self, peer: usize) {
        let own = &mut self.peers[peer];
        if own.line.is_some() {
            return;
        }
        let member = self.exchange.join(self.moment.now).unwrap();
        own.session.connected();
        own.receiver.attach();
        own.line = Some(Line { member, up: VecDeque::new(), down: VecDeque::new(), pending: None });
    }

    pub(crate) fn cut(&mut self, peer: usize) {
        let own = &mut self.peers[peer];
        let Some(line) = own.line.take() else { return };
        self.exchange.leave(line.member);
        own.session.disconnected();
        if let Some((token, ..)) = line.pending {
            let message = Text::from_static("not published");
            own.receiver.settle(token, &Settle::Later { code: 503, message }, self.moment.now);
        }
        own.receiver.detach();
        self.check();
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.moment.now += time;
        self.moment.wall += time;
        for own in &mut self.peers {
            own.session.on_timeout(self.moment.now);
        }
        self.check();
    }

    /// One frame leaves the peer.
    pub(crate) fn transmit(&mut self, peer: usize) -> bool {
        self.connect(peer);
        let own = &mut self.peers[peer];
        let Some(frame) = own.session.poll_transmit(self.moment) else { return false };
        own.line.as_mut().unwrap().up.push_back(frame.to_bytes());
        true
    }

    /// One frame arrives at the exchange, or what waits is tried again.
    pub(crate) fn arrive(&mut self, peer: usize) -> bool {
        let own = &mut self.peers[peer];
        let Some(line) = &mut own.line else { return false };
        if line.pending.is_some() {
            return self.try_publish(peer);
        }
        if !self.exchange.is_ready(line.member) || !own.receiver.is_ready() {
            return false;
        }
        let Some(bytes) = line.up.pop_front() else { return false };
        let member = line.member;
        match MeshFrame::parse(&bytes, 1 << 20).unwrap() {
            MeshFrame::Open(open) => {
                own.receiver.open(&open);
                self.exchange.open(member, &open, &mut |_| true);
            }
            MeshFrame::Payload(payload) => {
                let received = own.receiver.on_payload(payload, self.moment.now);
                if let Received::Deliver(delivery) = received {
                    let (payload, defaults) = (delivery.payload, delivery.defaults);
                    let address = Address::of(&payload, &defaults, &Text::EMPTY).unwrap();
                    let payload = payload.completed(&defaults, address.channel());
                    line.pending = Some((delivery.token, address, payload));
                    self.try_publish(peer);
                }
            }
            MeshFrame::Subscribe(request) => {
                self.exchange.subscribe(member, &request, &mut |_| true);
            }
            MeshFrame::Unsubscribe(request) => self.exchange.unsubscribe(member, &request),
            MeshFrame::ClockSync(request) => {
                self.exchange.clock_sync(member, request, self.moment);
            }
            MeshFrame::Close(_) => own.receiver.on_close(),
            other => panic!("no frame of a peer: {other:?}"),
        }
        self.check();
        true
    }

    fn try_publish(&mut self, peer: usize) -> bool {
        let own = &mut self.peers[peer];
        let Some(line) = &mut own.line else { return false };
        let Some((token, address, payload)) = &line.pending else { return false };
        match self.exchange.publish(line.member, address, payload, self.moment) {
            Published::Wait(_) => false,
            Published::For(_) => {
                own.receiver.settle(*token, &Settle::Done, self.moment.now);
                line.pending = None;
                self.check();
                true
            }
        }
    }

    /// One frame leaves the exchange.
    pub(crate) fn answer(&mut self, peer: usize) -> bool {
        let own = &mut self.peers[peer];
        let Some(line) = &mut own.line else { return false };
        let frame = match own.receiver.poll_ack(self.moment.now) {
            Some(ack) => Some(MeshFrame::Ack(ack)),
            None => self.exchange.poll_transmit(line.member, self.moment),
        };
        let Some(frame) = frame else { return false };
        line.down.push_back(frame.to_bytes());
        self.check();
        true
    }

    /// One frame arrives at the peer.
    pub(crate) fn hear(&mut self, peer: usize) -> bool {
        let own = &mut self.peers[peer];
        let Some(bytes) = own.line.as_mut().and_then(|line| line.down.pop_front()) else {
            return false;
        };
        own.session.on_frame(MeshFrame::parse(&bytes, 1 << 20).unwrap(), self.moment);
        self.check();
        true
    }

    /// All goes well, for this peer, until nothing moves.
    pub(crate) fn run_only(&mut self, peer: usize) {
        for _ in 0..50 {
            self.connect(peer);
            while self.transmit(peer) | self.arrive(peer) | self.answer(peer) | self.hear(peer) {}
            self.pass(Duration::from_millis(60));
        }
    }

    /// All goes well, until nothing moves.
    pub(crate) fn run(&mut self) {
        for _ in 0..50 {
            for peer in 0..self.peers.len() {
                self.connect(peer);
                while self.transmit(peer) | self.arrive(peer) | self.answer(peer) | self.hear(peer)
                {
                }
            }
            self.pass(Duration::from_millis(60));
        }
    }

    /// What holds at any time, and what peers are told.
    fn check(&mut self) {
        let stats = self.exchange.stats();
        assert!(stats.is_balanced(), "{stats:?}");
        while self.exchange.next_woken().is_some() {}
        for own in &mut self.peers {
            while let Some(event) = own.session.poll_event() {
                match event {
                    MeshEvent::Payload { payload, missed } => {
                        own.got.push(payload.id().to_owned());
                        own.missed += missed;
                    }
                    MeshEvent::Settled(settled) => {
                        let before = own.outcomes[settled.tag].replace(settled.outcome);
                        assert_eq!(before, None, "it is settled once");
                    }
                    other => own.events.push(other),
                }
            }
        }
    }
}
