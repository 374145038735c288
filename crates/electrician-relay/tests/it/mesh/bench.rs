//! An exchange, and time that passes when it is told to.

use std::time::{Duration, SystemTime};

use electrician_relay::mesh::{
    Address, Exchange, ExchangeBuilder, Filter, MemberId, MeshFrame, Moment, Published,
};
use electrician_relay::proto::{
    ErrorInfo, MessageMetadata, RoutingOptions, SubscribeRequest, SubscriptionSpec, WrappedPayload,
};
use electrician_relay::{RawPayload, StreamDefaults, Text};

use crate::start;

pub(super) struct Bench {
    pub(super) exchange: Exchange,
    pub(super) moment: Moment,
}

// === impl Bench ===

impl Bench {
    pub(super) fn new(builder: &ExchangeBuilder) -> Self {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        Self { exchange: builder.build().unwrap(), moment: Moment { now: start(), wall } }
    }

    pub(super) fn default() -> Self {
        Self::new(&ExchangeBuilder::default())
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.moment.now += time;
        self.moment.wall += time;
    }

    pub(super) fn join(&mut self) -> MemberId {
        self.exchange.join(self.moment.now).unwrap()
    }

    /// Subscribes; the answer is taken.
    pub(super) fn ask(&mut self, id: MemberId, spec: SubscriptionSpec) -> Result<(), ErrorInfo> {
        let request = SubscribeRequest { subscriptions: vec![spec] };
        self.exchange.subscribe(id, &request, &mut |_| true);
        match self.exchange.poll_transmit(id, self.moment) {
            Some(MeshFrame::Subscribed(response)) => {
                let [result] = &response.results[..] else { panic!("{response:?}") };
                assert_eq!(result.success, result.error.is_none());
                result.error.clone().map_or(Ok(()), Err)
            }
            other => panic!("no answer, but {other:?}"),
        }
    }

    pub(super) fn subscriber(&mut self, filter: &Filter) -> MemberId {
        let id = self.join();
        self.ask(id, filter.subscription("s")).unwrap();
        id
    }

    pub(super) fn publish(&mut self, from: MemberId, payload: &RawPayload) -> Published {
        let address = Address::of(payload, &StreamDefaults::default(), &Text::EMPTY).unwrap();
        let published = self.exchange.publish(from, &address, payload, self.moment);
        self.check();
        published
    }

    /// The ids of payloads that come out, until there is none.
    pub(super) fn take(&mut self, id: MemberId) -> Vec<String> {
        let mut taken = Vec::new();
        while let Some(frame) = self.exchange.poll_transmit(id, self.moment) {
            match frame {
                MeshFrame::Payload(payload) => taken.push(payload.id().to_owned()),
                other => panic!("no payload, but {other:?}"),
            }
        }
        self.check();
        taken
    }

    pub(super) fn woken(&mut self) -> Vec<MemberId> {
        std::iter::from_fn(|| self.exchange.next_woken()).collect()
    }

    pub(super) fn check(&self) {
        let stats = self.exchange.stats();
        assert!(stats.is_balanced(), "{stats:?}");
    }
}

pub(super) fn on(channel: &str, id: impl std::fmt::Display) -> RawPayload {
    let message = WrappedPayload {
        id: id.to_string(),
        channel: channel.to_owned(),
        ..WrappedPayload::default()
    };
    RawPayload::from_message(&message)
}

pub(super) fn routed(channel: &str, id: &str, routing: RoutingOptions) -> RawPayload {
    let metadata = MessageMetadata { routing: Some(routing), ..MessageMetadata::default() };
    let message = WrappedPayload {
        id: id.to_owned(),
        channel: channel.to_owned(),
        metadata: Some(metadata),
        ..WrappedPayload::default()
    };
    RawPayload::from_message(&message)
}

pub(super) fn topic(name: &str) -> RoutingOptions {
    RoutingOptions { topic: name.to_owned(), ..RoutingOptions::default() }
}
