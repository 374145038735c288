//! Scenarios: hundreds of pipelines, and some that are worth remembering.

use electrician_testkit::{Scenario, Threads};

#[test]
fn scenarios_on_one_thread() {
    Scenario::explore(0, 400, Threads::One);
}

#[test]
fn scenarios_on_several_threads() {
    Scenario::explore(10_000, 400, Threads::Several);
}

/// Scenarios that have found something, in the engine or in the oracle.
#[test]
fn scenarios_to_remember() {
    for seed in [13, 67, 102, 151, 169, 242, 277, 302] {
        for threads in [Threads::One, Threads::Several] {
            Scenario::new(seed, threads).run().unwrap();
        }
    }
}

#[test]
fn a_scenario_shows_what_it_is_made_of() {
    let text = Scenario::new(102, Threads::One).to_string();
    assert!(text.starts_with("scenario 102 on One thread(s):\n  producer of"), "{text}");
    assert_eq!(text, Scenario::new(102, Threads::One).to_string());
}
