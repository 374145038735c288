//! Who gets what.

use std::time::Duration;

use electrician_relay::mesh::{Address, Filter, MeshFrame, Published};
use electrician_relay::proto::{
    DeliveryMode, DropPolicy, MessageMetadata, RoutingOptions, SpatialHint, StreamOpen,
    SubscriptionSpec, UnsubscribeRequest, WrappedPayload,
};
use electrician_relay::{RawPayload, StreamDefaults, Text};

use super::bench::{Bench, on, routed, topic};

#[test]
fn a_payload_comes_to_those_who_want_its_channel_a_prefix_of_it_or_its_topic() {
    let mut bench = Bench::default();
    let publisher = bench.join();
    let channel = bench.subscriber(&Filter::channel("metals/copper"));
    let prefix = bench.subscriber(&Filter::prefix("metals/"));
    let by_topic = bench.subscriber(&Filter::topic("prices"));
    let other = bench.subscriber(&Filter::channel("metals"));
    assert_eq!(bench.publish(publisher, &on("metals/copper", 1)), Published::For(2));
    assert_eq!(bench.publish(publisher, &on("metals/zinc", 2)), Published::For(1));
    let both = routed("metals/copper", "3", topic("prices"));
    assert_eq!(bench.publish(publisher, &both), Published::For(3));
    assert_eq!(bench.publish(publisher, &on("wood", 4)), Published::For(0));
    assert_eq!(bench.publish(publisher, &on("", 5)), Published::For(0));
    assert_eq!(bench.take(channel), ["1", "3"]);
    assert_eq!(bench.take(prefix), ["1", "2", "3"]);
    assert_eq!(bench.take(by_topic), ["3"]);
    assert_eq!(bench.take(other), [""; 0]);
}

#[test]
fn a_peer_gets_a_payload_once_and_its_own_only_if_it_says_so() {
    let mut bench = Bench::default();
    let peer = bench.subscriber(&Filter::channel("a"));
    bench.ask(peer, Filter::prefix("a").subscription("other")).unwrap();
    let stranger = bench.join();
    assert_eq!(bench.publish(stranger, &on("a", 1)), Published::For(1));
    assert_eq!(bench.publish(peer, &on("a", 2)), Published::For(0));
    let echo = RoutingOptions { echo_to_sender: true, ..RoutingOptions::default() };
    assert_eq!(bench.publish(peer, &routed("a", "3", echo)), Published::For(1));
    assert_eq!(bench.take(peer), ["1", "3"]);
}

#[test]
fn what_a_stream_says_counts_for_payloads_that_do_not() {
    let metadata = MessageMetadata { routing: Some(topic("t")), ..MessageMetadata::default() };
    let defaults = StreamDefaults::new(metadata.clone());
    let channel = Text::from("c");
    let bare = on("", 1);
    let address = Address::of(&bare, &defaults, &channel).unwrap();
    assert_eq!((address.channel(), address.topic()), ("c", "t"));
    let whole = bare.completed(&defaults, address.channel()).decode().unwrap();
    assert_eq!((whole.channel.as_str(), whole.metadata), ("c", Some(metadata)));
    // Its own metadata takes the place of the stream's as a whole.
    let own = routed("own", "2", RoutingOptions::default());
    let address = Address::of(&own, &defaults, &channel).unwrap();
    assert_eq!((address.channel(), address.topic()), ("own", ""));
    let before = own.to_bytes();
    assert_eq!(own.completed(&defaults, "c").to_bytes(), before);
}

#[test]
fn a_payload_for_others_than_channels_and_topics_have_is_refused() {
    let none = RoutingOptions::default;
    let one = || vec!["one".to_owned()];
    let all = [
        RoutingOptions { session_ids: one(), ..none() },
        RoutingOptions { principals: one(), ..none() },
        RoutingOptions { group_ids: one(), ..none() },
        RoutingOptions { spatial: Some(SpatialHint::default()), ..none() },
        RoutingOptions { fanout: 1, ..none() },
        RoutingOptions { fanout: 77, ..none() },
    ];
    for routing in all {
        let payload = routed("c", "1", routing.clone());
        let error = Address::of(&payload, &StreamDefaults::default(), &Text::EMPTY).unwrap_err();
        assert_eq!(error.code, 501, "{routing:?}");
    }
    let long = "x".repeat(Filter::MAX_BYTES + 1);
    for payload in [on(&long, 1), routed("c", "1", topic(&long))] {
        let error = Address::of(&payload, &StreamDefaults::default(), &Text::EMPTY).unwrap_err();
        assert!(error.to_string().contains("257 bytes, at most 256"), "{error}");
    }
    let huge = RoutingOptions { region: "x".repeat(5000), ..none() };
    let payload = routed("c", "1", huge);
    assert!(Address::of(&payload, &StreamDefaults::default(), &Text::EMPTY).is_err());
}

#[test]
fn subscriptions_come_with_the_opening_and_have_its_defaults() {
    let mut bench = Bench::default();
    let peer = bench.join();
    let spec = |id: &str| Filter::channel("c").subscription(id);
    let paced = |id: &str| SubscriptionSpec { max_updates_per_second: 5, ..spec(id) };
    let open = StreamOpen {
        stream_id: "s".to_owned(),
        default_delivery: DeliveryMode::DeliveryReliableOrdered.into(),
        initial_subscriptions: vec![spec("a"), paced("b")],
        ..StreamOpen::default()
    };
    bench.exchange.open(peer, &open, &mut |_| true);
    let Some(MeshFrame::Subscribed(response)) = bench.exchange.poll_transmit(peer, bench.moment)
    else {
        panic!("an answer")
    };
    let became: Vec<_> = response.results.iter().map(|result| result.success).collect();
    // What is not to be dropped cannot have a rate, beyond which it would be.
    assert_eq!(became, [true, false]);
    let drops = SubscriptionSpec { drop_policy: DropPolicy::DropNew.into(), ..paced("b") };
    bench.ask(peer, drops).unwrap();
    assert_eq!(bench.exchange.interests(peer), 2);
}

#[test]
fn one_that_was_ended_or_replaced_does_not_fit_any_more() {
    let mut bench = Bench::default();
    let publisher = bench.join();
    let peer = bench.subscriber(&Filter::prefix("a"));
    bench.publish(publisher, &on("ab", 1));
    bench.ask(peer, Filter::channel("b").subscription("s")).unwrap();
    assert_eq!(bench.exchange.interests(peer), 1);
    bench.publish(publisher, &on("ab", 2));
    bench.publish(publisher, &on("b", 3));
    let ids = ["s", "never"].map(str::to_owned).to_vec();
    bench.exchange.unsubscribe(peer, &UnsubscribeRequest { subscription_ids: ids });
    let Some(MeshFrame::Unsubscribed(response)) = bench.exchange.poll_transmit(peer, bench.moment)
    else {
        panic!("an answer")
    };
    let codes: Vec<_> = response.results.iter().map(|r| r.error.clone().map(|e| e.code)).collect();
    assert_eq!(codes, [None, Some(404)]);
    bench.publish(publisher, &on("b", 4));
    // What waited is delivered.
    assert_eq!(bench.take(peer), ["1", "3"]);
    assert_eq!(bench.exchange.stats().subscriptions, 0);
}

#[test]
fn payloads_are_numbered_for_each_connection() {
    let mut bench = Bench::default();
    let publisher = bench.join();
    let peer = bench.subscriber(&Filter::channel("c"));
    for n in 0..3_u64 {
        bench.publish(publisher, &on("c", n).with_seq(100 - n));
    }
    let mut numbers = Vec::new();
    while let Some(MeshFrame::Payload(payload)) = bench.exchange.poll_transmit(peer, bench.moment) {
        numbers.push(payload.seq());
    }
    assert_eq!(numbers, [1, 2, 3]);
}

#[test]
fn what_nobody_wants_any_more_is_not_delivered() {
    let mut bench = Bench::default();
    let publisher = bench.join();
    let peer = bench.subscriber(&Filter::channel("c"));
    let expires = |seconds: i64| {
        RawPayload::from_message(&WrappedPayload {
            id: seconds.to_string(),
            channel: "c".to_owned(),
            expires_at: Some(prost_types::Timestamp { seconds, nanos: 0 }),
            ..WrappedPayload::default()
        })
    };
    bench.publish(publisher, &expires(999_999));
    bench.publish(publisher, &expires(1_000_005));
    bench.publish(publisher, &expires(1_000_500));
    bench.pass(Duration::from_secs(10));
    assert_eq!(bench.take(peer), ["1000500"]);
    assert_eq!(bench.exchange.stats().expired, 2);
}
