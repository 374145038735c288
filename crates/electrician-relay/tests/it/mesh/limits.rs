//! What no decent peer asks for.

use std::time::Duration;

use electrician_relay::mesh::{ClockSample, Exchange, Filter, MeshFrame};
use electrician_relay::proto::{
    ClockSyncRequest, ClockSyncResponse, ErrorInfo, SpatialHint, SubscribeRequest,
    SubscriptionSpec, UnsubscribeRequest,
};

use super::bench::Bench;

fn refused(spec: SubscriptionSpec) -> ErrorInfo {
    let mut bench = Bench::default();
    let peer = bench.join();
    let error = bench.ask(peer, spec).unwrap_err();
    assert_eq!(bench.exchange.interests(peer), 0);
    error
}

#[test]
fn a_subscription_that_cannot_be_had_is_refused_with_a_reason() {
    let good = || Filter::channel("c").subscription("s");
    let none = SubscriptionSpec { channel: String::new(), ..good() };
    let two = SubscriptionSpec { topic: "t".to_owned(), ..good() };
    let nameless = SubscriptionSpec { subscription_id: String::new(), ..good() };
    let long = "x".repeat(Filter::MAX_BYTES + 1);
    let channel = SubscriptionSpec { channel: long.clone(), ..good() };
    let id = SubscriptionSpec { subscription_id: long, ..good() };
    let policy = SubscriptionSpec { drop_policy: 9, ..good() };
    let delivery = SubscriptionSpec { delivery: 9, ..good() };
    for (spec, what) in [
        (none, "one of channel, channel_prefix and topic"),
        (two, "one of channel, channel_prefix and topic"),
        (nameless, "needs an id"),
        (channel, "257 bytes, at most 256"),
        (id, "257 bytes, at most 256"),
        (policy, "drop policy 9 is not known"),
        (delivery, "delivery mode 9 is not known"),
    ] {
        let error = refused(spec);
        assert_eq!(error.code, 400);
        assert!(error.message.contains(what), "{}", error.message);
    }
    let region = SubscriptionSpec { spatial: Some(SpatialHint::default()), ..good() };
    let entities = SubscriptionSpec { max_entities: 1, ..good() };
    assert_eq!((refused(region).code, refused(entities).code), (501, 501));
}

#[test]
fn what_is_not_allowed_is_refused() {
    let mut bench = Bench::default();
    let peer = bench.join();
    let subscriptions =
        vec![Filter::channel("a").subscription("a"), Filter::channel("b").subscription("b")];
    let request = SubscribeRequest { subscriptions };
    bench.exchange.subscribe(peer, &request, &mut |filter| *filter == Filter::channel("a"));
    let Some(MeshFrame::Subscribed(response)) = bench.exchange.poll_transmit(peer, bench.moment)
    else {
        panic!("an answer")
    };
    let codes: Vec<_> = response.results.iter().map(|r| r.error.clone().map(|e| e.code)).collect();
    assert_eq!(codes, [None, Some(403)]);
    assert_eq!(bench.exchange.interests(peer), 1);
}

#[test]
fn peers_and_subscriptions_are_bounded() {
    let builder = Exchange::builder().with_members(2).with_subscriptions(3, 4);
    let mut bench = Bench::new(&builder);
    let (one, two) = (bench.join(), bench.join());
    assert_eq!(bench.exchange.join(bench.moment.now), None);
    let spec = |n: u32| Filter::channel("c").subscription(n.to_string());
    for n in 0..3 {
        bench.ask(one, spec(n)).unwrap();
    }
    let error = bench.ask(one, spec(3)).unwrap_err();
    assert!(error.code == 429 && error.message.contains("at most 3"), "{error:?}");
    // One that is there is replaced, whatever there is.
    bench.ask(one, spec(2)).unwrap();
    bench.ask(two, spec(0)).unwrap();
    let error = bench.ask(two, spec(1)).unwrap_err();
    assert!(error.message.contains("in all, at most 4"), "{error:?}");
    bench.exchange.leave(one);
    bench.ask(two, spec(1)).unwrap();
    assert_eq!(bench.exchange.stats().subscriptions, 2);
    assert!(bench.exchange.join(bench.moment.now).is_some());
}

#[test]
fn a_request_with_too_much_in_it_is_answered_as_a_whole() {
    let mut bench = Bench::default();
    let peer = bench.join();
    let subscriptions = vec![SubscriptionSpec::default(); 30_000];
    bench.exchange.subscribe(peer, &SubscribeRequest { subscriptions }, &mut |_| true);
    let subscription_ids = vec![String::new(); 30_000];
    bench.exchange.unsubscribe(peer, &UnsubscribeRequest { subscription_ids });
    for _ in 0..2 {
        let frame = bench.exchange.poll_transmit(peer, bench.moment).unwrap();
        assert!(frame.encoded_len() < 200, "{frame:?}");
    }
}

#[test]
fn so_many_questions_are_taken_before_they_are_answered() {
    let mut bench = Bench::default();
    let peer = bench.join();
    let mut asked = 0;
    while bench.exchange.is_ready(peer) {
        asked += 1;
        let question = ClockSyncRequest { nonce: asked, t1_unix_ns: 5 };
        bench.exchange.clock_sync(peer, question, bench.moment);
    }
    assert_eq!(asked, 16);
    assert!(bench.exchange.poll_transmit(peer, bench.moment).is_some());
    assert!(bench.exchange.is_ready(peer));
    let gone = bench.join();
    bench.exchange.leave(gone);
    assert!(!bench.exchange.is_ready(gone), "who has left is asked nothing");
}

#[test]
fn the_time_is_told_as_of_asking_and_of_answering() {
    let mut bench = Bench::default();
    let peer = bench.join();
    let t1 = bench.moment.unix_ns() - 3_000;
    bench.exchange.clock_sync(peer, ClockSyncRequest { nonce: 9, t1_unix_ns: t1 }, bench.moment);
    let t2 = bench.moment.unix_ns();
    bench.pass(Duration::from_micros(50));
    let frame = bench.exchange.poll_transmit(peer, bench.moment);
    let Some(MeshFrame::ClockSynced(answer)) = frame else { panic!("{frame:?}") };
    let expected =
        ClockSyncResponse { nonce: 9, t1_unix_ns: t1, t2_unix_ns: t2, t3_unix_ns: t2 + 50_000 };
    assert_eq!(answer, expected);
}

#[test]
fn an_offset_is_half_of_both_ways() {
    let answer =
        |t1, t2, t3| ClockSyncResponse { nonce: 1, t1_unix_ns: t1, t2_unix_ns: t2, t3_unix_ns: t3 };
    // The other clock is 1,000 ahead; 30 there, 50 back, 7 in between.
    let sample = ClockSample::of(&answer(100, 1130, 1137), 187).unwrap();
    assert_eq!((sample.offset_ns, sample.delay), (990, Duration::from_nanos(80)));
    let behind = ClockSample::of(&answer(1100, 130, 137), 1187).unwrap();
    assert_eq!(behind.offset_ns, -1010);
    // What no clocks show.
    assert_eq!(ClockSample::of(&answer(100, 50, 40), 200), None);
    assert_eq!(ClockSample::of(&answer(100, 50, 60), 90), None);
    assert_eq!(ClockSample::of(&answer(0, 0, u64::MAX), u64::MAX / 2), None);
    assert_eq!(ClockSample::of(&answer(0, u64::MAX, u64::MAX), 0), None);
}

#[test]
fn an_exchange_that_cannot_work_is_not_built() {
    let builder = Exchange::builder()
        .with_members(0)
        .with_subscriptions(5, 4)
        .with_outbox(0, 0)
        .with_pause(Duration::ZERO)
        .with_patience(Duration::ZERO);
    assert_eq!(builder.build().unwrap_err().problems().len(), 4);
}
