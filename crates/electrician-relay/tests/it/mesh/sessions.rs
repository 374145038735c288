//! Peers and an exchange, joined by connections that can be cut.

pub(super) mod world;

use std::time::Duration;

use electrician_relay::mesh::{Filter, MeshEvent};
use electrician_relay::session::Outcome;

use world::{World, builder};

#[test]
fn what_one_publishes_another_gets_and_it_is_acknowledged() {
    let mut world = World::new(&builder(), 2);
    world.subscribe(1, Filter::channel("c").subscription("s"));
    world.run();
    for n in 0..5 {
        world.publish(0, "c", n);
    }
    world.run();
    assert_eq!(world.peers[1].got, ["0-0", "0-1", "0-2", "0-3", "0-4"]);
    assert_eq!(
        world.peers[0].outcomes,
        [
            Some(Outcome::Acked),
            Some(Outcome::Acked),
            Some(Outcome::Acked),
            Some(Outcome::Acked),
            Some(Outcome::Acked)
        ]
    );
}

#[test]
fn subscriptions_are_asked_for_again_on_the_next_connection() {
    let mut world = World::new(&builder(), 2);
    world.subscribe(1, Filter::channel("a").subscription("a"));
    world.subscribe(1, Filter::channel("b").subscription("b"));
    world.run();
    assert!(world.peers[1].session.unsubscribe("b"));
    world.cut(1);
    world.publish(0, "a", 0);
    world.run_only(0);
    // Nobody kept it.
    world.run();
    world.publish(0, "a", 1);
    world.publish(0, "b", 2);
    world.run();
    assert_eq!(world.peers[1].got, ["0-1"]);
    assert_eq!(world.exchange.stats().subscriptions, 1);
}

#[test]
fn a_subscription_that_is_refused_is_told_and_not_asked_for_again() {
    let mut world = World::new(&builder(), 1);
    world.subscribe(0, Filter::channel("x".repeat(300)).subscription("s"));
    world.run();
    let refused = world.peers[0].events.iter().find_map(|event| match event {
        MeshEvent::Refused { id, why } => Some((id.as_str(), why.code)),
        _ => None,
    });
    assert_eq!(refused, Some(("s", 400)));
    world.peers[0].events.clear();
    world.cut(0);
    world.run();
    assert!(world.peers[0].events.iter().all(|event| !matches!(event, MeshEvent::Refused { .. })));
}

#[test]
fn what_was_missed_is_told_with_what_comes_next() {
    let mut world = World::new(&builder().with_outbox(2, 1 << 20), 2);
    world.subscribe(1, Filter::channel("c").subscription("s"));
    world.run();
    for n in 0..5 {
        world.publish(0, "c", n);
    }
    world.run_only(0);
    world.run();
    assert_eq!(world.peers[1].got, ["0-3", "0-4"]);
    assert_eq!(world.peers[1].missed, 3);
}

#[test]
fn the_time_is_asked_for_until_it_is_told() {
    let mut world = World::new(&builder(), 1);
    world.peers[0].session.ask_clock();
    world.transmit(0);
    world.transmit(0);
    world.cut(0);
    world.pass(Duration::from_millis(5));
    world.run();
    let clocks = world.peers[0].events.iter().filter(|event| matches!(event, MeshEvent::Clock(_)));
    assert_eq!(clocks.count(), 1);
}
