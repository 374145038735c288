//! Subscribers that are slow.

use std::time::Duration;

use electrician_relay::Ack;
use electrician_relay::RawPayload;
use electrician_relay::Text;
use electrician_relay::mesh::{Exchange, Filter, MemberId, MeshFrame, Published};
use electrician_relay::proto::control_directive::Directive;
use electrician_relay::proto::{
    DeliveryMode, DropPolicy, SubscriptionSpec, Throttle, WrappedPayload,
};

use super::bench::{Bench, on};

const SECOND: Duration = Duration::from_secs(1);

/// Four payloads wait at most.
fn bench() -> Bench {
    Bench::new(&Exchange::builder().with_outbox(4, 1000).with_patience(10 * SECOND))
}

fn wish(policy: DropPolicy) -> SubscriptionSpec {
    let spec = Filter::channel("c").subscription("s");
    SubscriptionSpec { drop_policy: policy.into(), ..spec }
}

fn subscriber(bench: &mut Bench, policy: DropPolicy) -> MemberId {
    let id = bench.join();
    bench.ask(id, wish(policy)).unwrap();
    id
}

/// Publishes payloads by one who hears nothing of it.
fn publish(bench: &mut Bench, ids: std::ops::Range<u32>) {
    let publisher = bench.join();
    for id in ids {
        assert!(matches!(bench.publish(publisher, &on("c", id)), Published::For(_)));
    }
    bench.exchange.leave(publisher);
}

#[test]
fn the_oldest_go_or_the_new_as_the_subscription_says() {
    let mut bench = bench();
    let old = subscriber(&mut bench, DropPolicy::DropOld);
    let new = subscriber(&mut bench, DropPolicy::DropNew);
    let default = subscriber(&mut bench, DropPolicy::Unspecified);
    publish(&mut bench, 0..6);
    assert_eq!(bench.take(old), ["2", "3", "4", "5"]);
    assert_eq!(bench.take(new), ["0", "1", "2", "3"]);
    assert_eq!(bench.take(default), ["2", "3", "4", "5"]);
    assert_eq!(bench.exchange.stats().dropped, 6);
}

#[test]
fn the_new_one_goes_also_where_an_older_one_might() {
    let mut bench = bench();
    let peer = subscriber(&mut bench, DropPolicy::DropOld);
    let spec = Filter::channel("new").subscription("new");
    let spec = SubscriptionSpec { drop_policy: DropPolicy::DropNew.into(), ..spec };
    bench.ask(peer, spec).unwrap();
    publish(&mut bench, 0..4);
    let publisher = bench.join();
    assert_eq!(bench.publish(publisher, &on("new", "new")), Published::For(1));
    assert_eq!(bench.take(peer), ["0", "1", "2", "3"]);
}

#[test]
fn a_gap_in_the_numbers_is_what_was_dropped() {
    let mut bench = bench();
    let peer = subscriber(&mut bench, DropPolicy::DropOld);
    publish(&mut bench, 0..6);
    let frame = bench.exchange.poll_transmit(peer, bench.moment);
    let Some(MeshFrame::Payload(first)) = frame else { panic!("{frame:?}") };
    assert_eq!((first.id(), first.seq()), ("2", 3));
}

#[test]
fn what_has_expired_goes_first() {
    let mut bench = bench();
    let peer = subscriber(&mut bench, DropPolicy::DropOldOrExpired);
    let publisher = bench.join();
    let brief = RawPayload::from_message(&WrappedPayload {
        id: "brief".to_owned(),
        channel: "c".to_owned(),
        expires_at: Some(prost_types::Timestamp { seconds: 1_000_001, nanos: 0 }),
        ..WrappedPayload::default()
    });
    bench.publish(publisher, &on("c", "old"));
    bench.publish(publisher, &brief);
    bench.publish(publisher, &on("c", 1));
    bench.publish(publisher, &brief);
    bench.pass(2 * SECOND);
    bench.publish(publisher, &on("c", 2));
    assert_eq!(bench.take(peer), ["old", "1", "2"]);
    let stats = bench.exchange.stats();
    assert_eq!((stats.expired, stats.dropped), (2, 0));
}

#[test]
fn bytes_are_bounded_too_and_a_large_payload_has_room_alone() {
    let mut bench = bench();
    let peer = subscriber(&mut bench, DropPolicy::DropOld);
    let publisher = bench.join();
    let sized = |id: &str, bytes: usize| {
        RawPayload::from_message(&WrappedPayload {
            id: id.to_owned(),
            channel: "c".to_owned(),
            payload: vec![0; bytes].into(),
            ..WrappedPayload::default()
        })
    };
    for id in ["1", "2", "3"] {
        bench.publish(publisher, &sized(id, 400));
    }
    assert_eq!(bench.exchange.stats().waiting, 2);
    bench.publish(publisher, &sized("large", 5000));
    assert_eq!(bench.exchange.stats().waiting, 1);
    assert_eq!(bench.take(peer), ["large"]);
}

#[test]
fn a_publisher_waits_for_one_who_may_lose_nothing_and_nobody_gets_it_before() {
    let mut bench = bench();
    let reliable = bench.join();
    let spec = SubscriptionSpec {
        delivery: DeliveryMode::DeliveryReliableOrdered.into(),
        ..wish(DropPolicy::Unspecified)
    };
    bench.ask(reliable, spec).unwrap();
    publish(&mut bench, 0..4);
    let quick = subscriber(&mut bench, DropPolicy::DropOld);
    let publisher = bench.join();
    let until = bench.moment.now + 10 * SECOND;
    assert_eq!(bench.publish(publisher, &on("c", 4)), Published::Wait(until));
    assert_eq!(bench.take(quick), [""; 0]);
    bench.woken();
    assert!(bench.exchange.poll_transmit(reliable, bench.moment).is_some());
    assert!(bench.woken().contains(&publisher), "there is room");
    assert_eq!(bench.publish(publisher, &on("c", 4)), Published::For(2));
    assert_eq!(bench.take(quick), ["4"]);
    assert_eq!(bench.take(reliable), ["1", "2", "3", "4"]);
    assert_eq!(bench.exchange.stats().dropped, 0);
}

#[test]
fn one_who_takes_nothing_for_too_long_is_ended_and_holds_up_nobody() {
    let mut bench = bench();
    let stuck = subscriber(&mut bench, DropPolicy::DropNone);
    publish(&mut bench, 0..4);
    let publisher = bench.join();
    bench.pass(9 * SECOND);
    let Published::Wait(until) = bench.publish(publisher, &on("c", 4)) else { panic!("it waits") };
    bench.pass(SECOND);
    assert_eq!(until, bench.moment.now);
    bench.woken();
    assert_eq!(bench.publish(publisher, &on("c", 4)), Published::For(0));
    assert!(bench.exchange.is_ended(stuck) && bench.woken().contains(&stuck));
    let stats = bench.exchange.stats();
    assert_eq!((stats.ended, stats.discarded, stats.subscriptions), (1, 4, 0));
    assert_eq!(bench.exchange.poll_transmit(stuck, bench.moment).map(|_| ()), None);
    assert_eq!(bench.ask_code(stuck), 503);
}

#[test]
fn one_who_takes_something_now_and_then_is_not_ended() {
    let mut bench = bench();
    let slow = subscriber(&mut bench, DropPolicy::DropNone);
    publish(&mut bench, 0..4);
    let publisher = bench.join();
    for id in 4..10 {
        bench.pass(9 * SECOND);
        assert!(bench.exchange.poll_transmit(slow, bench.moment).is_some());
        assert_eq!(bench.publish(publisher, &on("c", id)), Published::For(1));
        assert!(matches!(bench.publish(publisher, &on("c", id)), Published::Wait(_)));
    }
    assert!(!bench.exchange.is_ended(slow));
}

#[test]
fn what_may_be_dropped_makes_room_for_what_may_not() {
    let mut bench = bench();
    let peer = subscriber(&mut bench, DropPolicy::DropOld);
    let reliable = Filter::channel("keep").subscription("keep");
    let spec = SubscriptionSpec { drop_policy: DropPolicy::DropNone.into(), ..reliable };
    bench.ask(peer, spec).unwrap();
    publish(&mut bench, 0..4);
    let publisher = bench.join();
    for id in 10..14 {
        assert_eq!(bench.publish(publisher, &on("keep", id)), Published::For(1));
    }
    assert!(matches!(bench.publish(publisher, &on("keep", 14)), Published::Wait(_)));
    // And not the other way round.
    publish(&mut bench, 4..5);
    assert_eq!(bench.take(peer), ["10", "11", "12", "13"]);
    assert_eq!(bench.exchange.stats().dropped, 5);
}

#[test]
fn a_publisher_is_asked_to_pause_and_not_too_often() {
    let mut bench = bench();
    let _peer = subscriber(&mut bench, DropPolicy::DropOld);
    let publisher = bench.join();
    bench.publish(publisher, &on("c", 0));
    bench.publish(publisher, &on("c", 1));
    assert!(bench.exchange.poll_transmit(publisher, bench.moment).is_none());
    bench.publish(publisher, &on("c", 2));
    let frame = bench.exchange.poll_transmit(publisher, bench.moment);
    let Some(MeshFrame::Ack(ack)) = frame else { panic!("{frame:?}") };
    let directive = ack.directive.as_ref().and_then(|it| it.directive.clone());
    let throttle = Throttle { retry_after_ms: 50, ..Throttle::default() };
    assert_eq!(directive, Some(Directive::Throttle(throttle)));
    // It is about no payload.
    assert_eq!((ack.seq, ack.ok_count, ack.err_count), (0, 0, 0));
    bench.publish(publisher, &on("c", 3));
    assert!(bench.exchange.poll_transmit(publisher, bench.moment).is_none());
    bench.pass(Duration::from_millis(50));
    bench.publish(publisher, &on("c", 4));
    assert!(bench.exchange.poll_transmit(publisher, bench.moment).is_some());
    assert_eq!(bench.exchange.stats().throttled, 2);
}

#[test]
fn a_subscriber_may_ask_for_a_pause_or_a_rate() {
    let mut bench = bench();
    let peer = subscriber(&mut bench, DropPolicy::DropOld);
    let ask = |throttle| Ack::refusal(Text::EMPTY, 429, "slower").with_throttle(throttle);
    let pause = Throttle { retry_after_ms: 1000, ..Throttle::default() };
    bench.exchange.heed(peer, &ask(pause), bench.moment.now);
    publish(&mut bench, 0..2);
    assert_eq!(bench.take(peer), [""; 0]);
    let wake = bench.exchange.poll_timeout(peer, bench.moment.now).unwrap();
    assert_eq!(wake, bench.moment.now + SECOND);
    bench.pass(SECOND);
    let rate = Throttle { tokens_per_second: 10, ..Throttle::default() };
    bench.exchange.heed(peer, &ask(rate), bench.moment.now);
    assert_eq!(bench.take(peer), ["0"]);
    bench.pass(Duration::from_millis(100));
    assert_eq!(bench.take(peer), ["1"]);
}

#[test]
fn more_in_a_second_than_a_subscription_wants_is_dropped_and_counted() {
    let mut bench = bench();
    let peer = bench.join();
    let spec = SubscriptionSpec { max_updates_per_second: 2, ..wish(DropPolicy::DropOld) };
    bench.ask(peer, spec).unwrap();
    let publisher = bench.join();
    for id in 0..10 {
        bench.publish(publisher, &on("c", id));
        bench.pass(Duration::from_millis(100));
    }
    assert_eq!(bench.take(peer), ["0", "5"]);
    assert_eq!(bench.exchange.stats().limited, 8);
}

#[test]
fn what_waited_for_one_who_goes_is_counted() {
    let mut bench = bench();
    let peer = subscriber(&mut bench, DropPolicy::DropNone);
    publish(&mut bench, 0..4);
    let publisher = bench.join();
    assert!(matches!(bench.publish(publisher, &on("c", 4)), Published::Wait(_)));
    bench.woken();
    bench.exchange.leave(peer);
    assert!(bench.woken().contains(&publisher), "it need not wait any more");
    assert_eq!(bench.publish(publisher, &on("c", 4)), Published::For(0));
    let stats = bench.exchange.stats();
    assert_eq!((stats.discarded, stats.waiting, stats.members), (4, 0, 1));
}

impl Bench {
    /// With what code a subscription is refused.
    fn ask_code(&mut self, id: MemberId) -> i32 {
        self.ask(id, Filter::channel("x").subscription("x")).unwrap_err().code
    }
}
