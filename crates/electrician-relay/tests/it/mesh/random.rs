//! Whatever connections do.

use std::collections::BTreeMap;
use std::time::Duration;

use electrician_relay::mesh::Filter;
use electrician_relay::proto::{DropPolicy, SubscriptionSpec};
use electrician_relay::session::Outcome;
use proptest::collection::vec;
use proptest::prelude::*;

use super::sessions::world::{World, builder};

/// One who is always there and may lose nothing, one who may, and one who only publishes.
const RELIABLE: usize = 0;
const LOSSY: usize = 1;
const PEERS: usize = 3;

#[derive(Clone, Copy, Debug)]
enum Step {
    Publish(usize),
    Transmit(usize, usize),
    Arrive(usize, usize),
    Answer(usize, usize),
    Hear(usize, usize),
    Cut(usize),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let peer = 0..PEERS;
    prop_oneof![
        8 => (LOSSY..PEERS).prop_map(Step::Publish),
        6 => (peer.clone(), 1..8_usize).prop_map(|(peer, n)| Step::Transmit(peer, n)),
        6 => (peer.clone(), 1..8_usize).prop_map(|(peer, n)| Step::Arrive(peer, n)),
        4 => (peer.clone(), 1..8_usize).prop_map(|(peer, n)| Step::Answer(peer, n)),
        4 => (peer, 1..8_usize).prop_map(|(peer, n)| Step::Hear(peer, n)),
        2 => (LOSSY..PEERS).prop_map(Step::Cut),
        2 => (1..200_u64).prop_map(Step::Pass),
    ]
}

/// That payloads of each publisher are in its order.
fn assert_ordered(got: &[String]) {
    let mut last = BTreeMap::new();
    for id in got {
        let (peer, n) = id.split_once('-').unwrap();
        let n: usize = n.parse().unwrap();
        let before = last.insert(peer, n);
        assert!(before.is_none_or(|before| before < n), "{got:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 100 } else { 2_000 }))]

    /// Each payload is acknowledged once, and comes once to who may lose nothing; to others at most
    /// once; to all in order.
    #[test]
    fn nothing_is_lost_for_one_who_may_lose_nothing(
        outbox in 1..12_usize,
        steps in vec(step(), 0..300),
    ) {
        let mut world = World::new(&builder().with_outbox(outbox, 1 << 20), PEERS);
        let reliable = SubscriptionSpec {
            drop_policy: DropPolicy::DropNone.into(),
            ..Filter::prefix("c").subscription("s")
        };
        world.subscribe(RELIABLE, reliable);
        world.run_only(RELIABLE);
        world.subscribe(LOSSY, Filter::channel("c1").subscription("s"));
        let mut published = [0; PEERS];
        for step in steps {
            let mut times = |peer, count, what: fn(&mut World, usize) -> bool| {
                for _ in 0..count {
                    what(&mut world, peer);
                }
            };
            match step {
                Step::Publish(peer) => {
                    let n = published[peer];
                    let channel = if n % 2 == 0 { "c1" } else { "c2" };
                    published[peer] += usize::from(world.publish(peer, channel, n));
                }
                Step::Transmit(peer, n) => times(peer, n, World::transmit),
                Step::Arrive(peer, n) => times(peer, n, World::arrive),
                Step::Answer(peer, n) => times(peer, n, World::answer),
                Step::Hear(peer, n) => times(peer, n, World::hear),
                Step::Cut(peer) => world.cut(peer),
                Step::Pass(millis) => world.pass(Duration::from_millis(millis)),
            }
        }
        world.run();
        let mut expected: Vec<String> = Vec::new();
        for (peer, count) in published.into_iter().enumerate() {
            expected.extend((0..count).map(|n| format!("{peer}-{n}")));
            let acked = vec![Some(Outcome::Acked); count];
            prop_assert_eq!(&world.peers[peer].outcomes, &acked);
        }
        let mut got = world.peers[RELIABLE].got.clone();
        assert_ordered(&got);
        got.sort();
        expected.sort();
        prop_assert_eq!(got, expected);
        let lossy = &world.peers[LOSSY].got;
        assert_ordered(lossy);
        prop_assert!(lossy.iter().all(|id| id.starts_with("2-")), "not its own: {:?}", lossy);
        let stats = world.exchange.stats();
        prop_assert_eq!((stats.waiting, stats.ended), (0, 0));
    }
}
