//! Rates, peaks, progress and the ETA on a clock that the test moves.

use std::sync::Arc;
use std::time::Duration;

use electrician_meter::{Meter, Snapshot};
use electrician_testkit::VirtualClock;
use electrician_wire::types::{ComponentKind, Event, Observer};

use crate::support::Dummy;

struct Scene {
    clock: VirtualClock,
    meter: Meter,
    stage: Arc<Dummy>,
}

impl Scene {
    fn new(total: Option<u64>) -> Self {
        let clock = VirtualClock::new();
        let builder = Meter::builder("rates").with_clock(Arc::new(clock.clone()));
        let builder = match total {
            Some(total) => builder.with_total(total),
            None => builder,
        };
        let meter = builder.build().unwrap();
        let stage = Dummy::new(ComponentKind::Wire, "stage");
        assert!(stage.attach(&meter).is_some());
        Self { clock, meter, stage }
    }

    /// Moves `items` through, then half a second passes.
    fn half_second(&self, items: u64) -> Snapshot {
        self.stage.set(|view| {
            view.ledger.accepted += items;
            view.ledger.delivered += items;
        });
        self.clock.advance(Duration::from_millis(500));
        self.meter.tick();
        self.meter.snapshot()
    }
}

#[test]
fn rates_follow_and_peaks_stay() {
    let scene = Scene::new(None);
    for _ in 0..20 {
        scene.half_second(50);
    }
    let rates = scene.half_second(500).stages[0].rates.accepted;
    assert_eq!(rates.one_second, Some(550.0));
    for _ in 0..4 {
        scene.half_second(0);
    }
    let snapshot = scene.half_second(0);
    let stage = &snapshot.stages[0];
    assert_eq!(stage.rates.accepted.one_second, Some(0.0));
    assert_eq!(stage.rates.accepted.lifetime, Some(1500.0 / 13.0));
    assert_eq!(stage.peaks.accepted_per_second, 550.0);
    assert_eq!(snapshot.total.peaks.delivered_per_second, 550.0);
    assert_eq!(snapshot.elapsed, Duration::from_secs(13));
}

#[test]
fn the_eta_is_what_is_left_at_the_rate_of_ten_seconds() {
    let scene = Scene::new(Some(1_000));
    let mut snapshot = scene.meter.snapshot();
    assert_eq!(snapshot.total.eta, None, "nothing has moved");
    for _ in 0..20 {
        snapshot = scene.half_second(10);
    }
    assert_eq!(snapshot.total.progress_percent, Some(20.0));
    assert_eq!(snapshot.total.eta, Some(Duration::from_secs(40)));
    for _ in 0..22 {
        snapshot = scene.half_second(0);
    }
    assert_eq!(snapshot.total.eta, None, "at this rate it never ends");
    snapshot = scene.half_second(5_000);
    assert_eq!(snapshot.total.progress_percent, Some(100.0), "and never more");
    assert_eq!(snapshot.total.eta, Some(Duration::ZERO));
    assert!(snapshot.total.is_complete, "more than expected is enough");
}

#[test]
fn without_a_total_nothing_is_guessed() {
    let scene = Scene::new(None);
    let total = scene.half_second(10).total;
    assert_eq!((total.expected, total.progress_percent, total.eta), (None, None, None));
    scene.meter.expect(Some(0));
    let total = scene.half_second(10).total;
    assert_eq!((total.progress_percent, total.eta), (None, Some(Duration::ZERO)));
}

#[test]
fn what_is_inside_is_not_done() {
    let scene = Scene::new(Some(10));
    scene.stage.set(|view| view.ledger.accepted = 10);
    let total = scene.half_second(0).total;
    assert_eq!((total.in_flight, total.done, total.is_complete), (10, 0, false));
}

#[tokio::test]
async fn the_sampler_takes_readings_while_it_is_polled() {
    let scene = Scene::new(None);
    let (clock, meter) = (scene.clock.clone(), scene.meter.clone());
    let sampling = tokio::spawn(async move { meter.run(Duration::from_millis(250)).await });
    for _ in 0..8 {
        clock.wait_for_timers(1).await;
        scene.stage.set(|view| view.ledger.accepted += 25);
        clock.advance_to_next();
    }
    clock.wait_for_timers(1).await;
    sampling.abort();
    let snapshot = scene.meter.snapshot();
    assert_eq!(snapshot.stages[0].rates.accepted.one_second, Some(100.0));
    assert_eq!(snapshot.stages[0].peaks.accepted_per_second, 100.0);
}

#[test]
fn a_breaker_is_told_of_with_its_times() {
    let scene = Scene::new(None);
    let open_for = Some(Duration::from_secs(5));
    scene.meter.observe(&Event::Tripped { component: "breaker", open_for, trips: 1 });
    let guard = scene.half_second(0).guards.remove(0);
    assert!(guard.is_tripped);
    assert_eq!(guard.since_trip, Some(Duration::from_millis(500)));
    assert_eq!(guard.until_probe, Some(Duration::from_millis(4500)));
    scene.meter.observe(&Event::HalfOpened { component: "breaker" });
    scene.meter.observe(&Event::Reset { component: "breaker" });
    let guard = scene.half_second(0).guards.remove(0);
    assert!(!guard.is_tripped);
    assert_eq!((guard.trips, guard.half_opens, guard.resets), (1, 1, 1));
    assert_eq!((guard.until_probe, guard.since_reset), (None, Some(Duration::from_millis(500))));
}
