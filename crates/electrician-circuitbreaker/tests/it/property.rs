//! Random stories, told to the breaker and to the model.

use std::sync::Arc;
use std::time::Duration;

use electrician_circuitbreaker::{
    BreakerState, CircuitBreaker, CircuitBreakerBuilder, Outcome, Permits,
};
use electrician_testkit::VirtualClock;
use proptest::prelude::*;

use crate::model::{Entry, Look, Millis, Mode, Rules, Verdict, judge};

/// What is done next.
#[derive(Clone, Debug)]
enum Step {
    Pass(Millis),
    Ask(usize),
    /// The calls of one that is out: which, and their outcomes.
    Tell(usize, Vec<(bool, Millis)>),
    Trip,
    TripFor(Millis),
    Reset,
}

fn rules() -> impl Strategy<Value = Rules> {
    let window = prop_oneof![
        (1..12_usize).prop_map(Look::Calls),
        (1..5_u64, 1..40_u64).prop_map(|(parts, width)| Look::Parts(parts, width)),
    ];
    let trips = (
        prop::option::of(1..5_usize),
        prop::option::of(1..=100_usize),
        prop::option::of((1..20_u64, 1..=100_usize)),
        window,
        1..8_usize,
        prop_oneof![Just(0), 1..30_u64],
    );
    let opens = (1..50_u64, prop::option::of((2..4_u64, 50..200_u64)), 1..4_usize, 1..4_usize);
    (trips, opens).prop_map(|(trips, (open_for, growth, probes, successes))| {
        let (consecutive, failure_percent, slow, window, minimum, debounce) = trips;
        // One that would be told nothing is told something.
        let is_bare = consecutive.is_none() && failure_percent.is_none() && slow.is_none();
        let consecutive = if is_bare { Some(2) } else { consecutive };
        let minimum = if let Look::Calls(size) = window { minimum.min(size) } else { minimum };
        Rules {
            consecutive,
            failure_percent,
            slow,
            window,
            minimum,
            debounce,
            open_for,
            growth,
            probes,
            successes,
        }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let outcomes = prop::collection::vec((prop::bool::weighted(0.6), 0..25_u64), 0..6);
    prop_oneof![
        4 => (0..60_u64).prop_map(Step::Pass),
        8 => prop_oneof![3 => Just(1), 1 => 0..6_usize].prop_map(Step::Ask),
        8 => (any::<usize>(), outcomes).prop_map(|(which, outcomes)| Step::Tell(which, outcomes)),
        1 => Just(Step::Trip),
        1 => (0..80_u64).prop_map(Step::TripFor),
        1 => Just(Step::Reset),
    ]
}

fn builder(rules: &Rules) -> CircuitBreakerBuilder {
    let millis = Duration::from_millis;
    let percent = |percent: usize| percent as f64 / 100.0;
    let mut builder = CircuitBreaker::builder("model")
        .with_open_for(millis(rules.open_for))
        .with_debounce(millis(rules.debounce))
        .with_probes(rules.probes)
        .with_required_successes(rules.successes);
    if let Some(failures) = rules.consecutive {
        builder = builder.with_consecutive_failures(failures);
    }
    if let Some(rate) = rules.failure_percent {
        builder = builder.with_failure_rate(percent(rate));
    }
    if let Some((threshold, rate)) = rules.slow {
        builder = builder.with_slow_calls(millis(threshold), percent(rate));
    }
    if rules.failure_percent.is_some() || rules.slow.is_some() {
        builder = builder.with_minimum_calls(rules.minimum);
        builder = match rules.window {
            Look::Calls(size) => builder.with_count_window(size),
            Look::Parts(parts, width) => {
                let count = u32::try_from(parts).unwrap();
                builder.with_time_window(millis(parts * width), count)
            }
        };
    }
    if let Some((factor, cap)) = rules.growth {
        builder = builder.with_open_growth(u32::try_from(factor).unwrap(), millis(cap));
    }
    builder
}

/// The breaker, and the list of what happened to it.
struct Story<'a> {
    rules: &'a Rules,
    breaker: &'a CircuitBreaker,
    clock: VirtualClock,
    list: Vec<(Millis, Entry)>,
    granted: Vec<usize>,
    out: Vec<(usize, Permits<&'a CircuitBreaker>)>,
    now: Millis,
}

impl Story<'_> {
    fn take(&mut self, step: Step) {
        match step {
            Step::Pass(time) => {
                self.now += time;
                self.clock.advance(Duration::from_millis(time));
            }
            Step::Ask(calls) => {
                let id = self.granted.len();
                self.list.push((self.now, Entry::Asked(calls)));
                let permits = self.breaker.try_acquire_many(calls).ok();
                self.granted.push(permits.as_ref().map_or(0, Permits::granted));
                self.out.extend(permits.map(|permits| (id, permits)));
            }
            Step::Tell(which, outcomes) => {
                if self.out.is_empty() {
                    return;
                }
                let (id, mut permits) = self.out.swap_remove(which % self.out.len());
                for (failed, took) in &outcomes {
                    let outcome = if *failed { Outcome::Failure } else { Outcome::Success };
                    permits.record(outcome, Duration::from_millis(*took));
                }
                permits.finish();
                self.list.push((self.now, Entry::Told { id, outcomes }));
            }
            Step::Trip => {
                self.breaker.trip();
                self.list.push((self.now, Entry::Tripped));
            }
            Step::TripFor(time) => {
                self.breaker.trip_for(Duration::from_millis(time));
                self.list.push((self.now, Entry::TrippedFor(time)));
            }
            Step::Reset => {
                self.breaker.reset();
                self.list.push((self.now, Entry::Reset));
            }
        }
    }

    /// What the model says, and what the breaker does.
    fn compare(&self) -> (Verdict, Verdict) {
        let snapshot = self.breaker.snapshot();
        assert_eq!(snapshot.state, self.breaker.state(), "two looks");
        let mode = match snapshot.state {
            BreakerState::Closed => Mode::Closed,
            BreakerState::Open => Mode::Open,
            BreakerState::HalfOpen => Mode::HalfOpen,
        };
        let wait = snapshot.retry_after.map(|wait| u64::try_from(wait.as_millis()).unwrap());
        let granted = self.granted.clone();
        let probes_out = snapshot.probes_out;
        let breaker = Verdict { mode: Some(mode), wait, granted, probes_out };
        (judge(self.rules, &self.list, self.now), breaker)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_breaker_does_what_the_model_says(
        rules in rules(),
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let clock = VirtualClock::new();
        let breaker = builder(&rules).with_clock(Arc::new(clock.clone())).build().unwrap();
        let mut story = Story {
            rules: &rules,
            breaker: &breaker,
            clock,
            list: Vec::new(),
            granted: Vec::new(),
            out: Vec::new(),
            now: 0,
        };
        for step in steps {
            let said = format!("{step:?}");
            story.take(step);
            let (model, breaker) = story.compare();
            prop_assert_eq!(model, breaker, "after {} at {} of {:?}", said, story.now, story.list);
        }
    }
}
