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

/// Blocking threads race, and the hash that spreads keys differs from run to run.
#[test]
fn on_one_thread_a_scenario_takes_the_same_course_again() {
    let mut compared = 0;
    for seed in 0..60 {
        let scenario = Scenario::new(seed, Threads::One);
        let text = scenario.to_string();
        if ["Blocking", "Keyed", "Partition"].iter().all(|word| !text.contains(word)) {
            let (one, other) = (scenario.run().unwrap(), scenario.run().unwrap());
            assert_eq!(one, other, "{scenario}");
            compared += 1;
        }
    }
    assert!(compared >= 5, "only {compared} scenarios could be compared");
}

#[test]
fn guards_have_their_way_in_scenarios() {
    let diverted = |seed| Scenario::new(seed, Threads::One).run().unwrap().seen().diverted;
    let scenarios = (0..60).filter(|seed| diverted(*seed) > 0).count();
    assert!(scenarios >= 5, "items were diverted in {scenarios} scenarios only");
}

#[test]
fn a_scenario_shows_what_it_is_made_of() {
    let text = Scenario::new(102, Threads::One).to_string();
    assert!(text.starts_with("scenario 102 on One thread(s):\n  producer of"), "{text}");
    assert_eq!(text, Scenario::new(102, Threads::One).to_string());
}
