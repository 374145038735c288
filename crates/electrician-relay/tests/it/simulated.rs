//! The sessions over simulated TCP, whose hosts are parted, held up and killed.
//!
//! What a partition swallows never arrives, and no connection ends by it: only timers find out. Each
//! seed repeats its run to the last step.

mod drive;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use electrician_relay::session::Acks;
use tokio::time::sleep;

use drive::{Memory, receive, send};

const RECEIVER: &str = "receiver";
const SENDER: &str = "sender";
const NEMESIS: &str = "nemesis";

/// Payloads of a run.
const PAYLOADS: u32 = 400;

/// What becomes of the way between both.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Partition,
    Hold,
}

/// How often each payload was processed, and how often each was acknowledged.
#[derive(Debug, Default)]
struct Story {
    processed: BTreeMap<u32, u32>,
    acked: BTreeMap<u32, u32>,
    connections: u32,
}

type Told = Rc<RefCell<Story>>;

/// Runs until all is acknowledged, while the receiver is killed or the way to it disturbed.
fn simulate(seed: u64, acks: Acks, memory: &Memory, kills: bool) -> Story {
    let told = Told::default();
    let mut sim = turmoil::Builder::new()
        .rng_seed(seed)
        .simulation_duration(Duration::from_hours(2))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(20))
        .build();
    let (memory, receiving) = (memory.clone(), Rc::clone(&told));
    sim.host(RECEIVER, move || {
        // A host that is killed begins anew, with what it kept elsewhere.
        receive(memory.begin(), Rc::clone(&receiving))
    });
    sim.client(SENDER, send(acks, PAYLOADS, Rc::clone(&told)));
    let mut dice = fastrand::Rng::with_seed(seed);
    if kills {
        let mut steps = 0_u32;
        let mut next = dice.u32(200..2000);
        while !sim.step().unwrap_or_else(|error| panic!("seed {seed}: {error}")) {
            steps += 1;
            if steps == next {
                sim.crash(RECEIVER);
                sim.bounce(RECEIVER);
                next += dice.u32(200..4000);
            }
        }
    } else {
        sim.client(NEMESIS, torment(dice));
        sim.run().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
    drop(sim);
    Rc::into_inner(told).expect("nobody else is left").into_inner()
}

/// Disturbs the way between both, again and again, and then leaves it in peace.
async fn torment(mut dice: fastrand::Rng) -> turmoil::Result {
    for _ in 0..40 {
        sleep(Duration::from_millis(dice.u64(1..400))).await;
        let fault = if dice.bool() { Fault::Partition } else { Fault::Hold };
        match fault {
            Fault::Partition => turmoil::partition(SENDER, RECEIVER),
            Fault::Hold => turmoil::hold(SENDER, RECEIVER),
        }
        sleep(Duration::from_millis(dice.u64(1..3000))).await;
        match fault {
            Fault::Partition => turmoil::repair(SENDER, RECEIVER),
            Fault::Hold => turmoil::release(SENDER, RECEIVER),
        }
    }
    Ok(())
}

fn seeds() -> std::ops::Range<u64> {
    if cfg!(debug_assertions) { 0..6 } else { 0..100 }
}

#[test]
fn partitions_and_holds_lose_and_double_nothing() {
    for acks in [Acks::Batch(16), Acks::PerMessage] {
        let mut connections = 0;
        for seed in seeds() {
            let story = simulate(seed, acks, &Memory::none(), false);
            let all: BTreeMap<u32, u32> = (0..PAYLOADS).map(|item| (item, 1)).collect();
            assert_eq!(story.acked, all, "seed {seed}, {acks:?}: acknowledged once");
            assert_eq!(story.processed, all, "seed {seed}, {acks:?}: processed once");
            connections += story.connections;
        }
        assert!(connections > 2 * 6, "nothing was disturbed");
    }
}

#[test]
fn a_receiver_that_is_killed_loses_nothing() {
    for seed in seeds() {
        let story = simulate(seed, Acks::Batch(16), &Memory::none(), true);
        let all: BTreeMap<u32, u32> = (0..PAYLOADS).map(|item| (item, 1)).collect();
        assert_eq!(story.acked, all, "seed {seed}: acknowledged once");
        assert!(story.processed.keys().eq(all.keys()), "seed {seed}: {:?}", story.processed);
    }
}

#[test]
fn keys_that_outlive_a_receiver_keep_it_from_processing_twice() {
    for seed in seeds() {
        let story = simulate(seed, Acks::Batch(16), &Memory::keys(), true);
        let all: BTreeMap<u32, u32> = (0..PAYLOADS).map(|item| (item, 1)).collect();
        assert_eq!(story.acked, all, "seed {seed}: acknowledged once");
        assert_eq!(story.processed, all, "seed {seed}: processed once");
    }
}
