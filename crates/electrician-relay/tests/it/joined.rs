//! A sender and a receiver, joined by a channel that cuts, delays and loses.

mod world;

use electrician_relay::session::{Acks, Outcome};
use proptest::collection::vec;
use proptest::prelude::*;

use world::{Step, World};

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Submit),
        6 => (1..8_usize).prop_map(Step::Transmit),
        6 => (1..8_usize).prop_map(Step::Arrive),
        4 => (any::<usize>(), 0..10_u8).prop_map(|(which, how)| Step::Process { which, how }),
        4 => (1..8_usize).prop_map(Step::Answer),
        4 => (1..8_usize).prop_map(Step::Hear),
        2 => Just(Step::Cut),
        3 => Just(Step::Connect),
        2 => (1..200_u64).prop_map(Step::Pass),
    ]
}

fn acks() -> impl Strategy<Value = Acks> {
    prop_oneof![Just(Acks::PerMessage), (1..8_u32).prop_map(Acks::Batch)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 200 } else { 4_000 }))]

    /// Whatever the connection does, each payload is processed once, and its sender learns of it.
    #[test]
    fn nothing_is_lost_and_nothing_is_twice(
        acks in acks(),
        (window, in_flight) in (8..24_usize, 4..24_usize),
        steps in vec(step(), 0..300),
    ) {
        let mut world = World::new(acks, window, in_flight);
        for step in steps {
            world.step(step);
        }
        world.finish();
        for item in 0..world.submitted() {
            let outcomes = world.outcomes(item);
            prop_assert_eq!(outcomes.len(), 1, "item {} has {:?}", item, outcomes);
            let expected = match &outcomes[0] {
                Outcome::Acked => 1,
                Outcome::Rejected { .. } => 0,
                other => return Err(TestCaseError::fail(format!("item {item} is {other:?}"))),
            };
            prop_assert_eq!(world.processed(item), expected, "item {}, {:?}", item, outcomes);
        }
    }

    /// A receiver that is killed forgets what it had: then something may be twice, but nothing lost.
    #[test]
    fn nothing_is_lost_when_the_receiver_is_killed(
        acks in acks(),
        steps in vec(prop_oneof![9 => step(), 1 => Just(Step::Kill)], 0..300),
    ) {
        let mut world = World::new(acks, 16, 16);
        for step in steps {
            world.step(step);
        }
        world.finish();
        for item in 0..world.submitted() {
            match world.outcomes(item) {
                [Outcome::Acked] => prop_assert!(world.processed(item) >= 1, "item {}", item),
                [Outcome::Rejected { .. }] => {}
                other => return Err(TestCaseError::fail(format!("item {item} is {other:?}"))),
            }
        }
    }

    /// What came back when the session was given up was not acknowledged.
    #[test]
    fn giving_up_hands_everything_back(acks in acks(), steps in vec(step(), 0..200)) {
        let mut world = World::new(acks, 16, 16);
        for step in steps {
            world.step(step);
        }
        world.abort();
        for item in 0..world.submitted() {
            prop_assert_eq!(world.outcomes(item).len(), 1);
        }
    }
}
