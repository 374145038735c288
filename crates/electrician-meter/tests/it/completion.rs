//! The end, whichever it is.

use std::future::{pending, ready};
use std::sync::Arc;
use std::time::Duration;

use electrician_meter::{Meter, Outcome, Percent};
use electrician_testkit::VirtualClock;
use electrician_wire::Wire;
use electrician_wire::types::{ComponentKind, Event, Observer};

use crate::support::{Dummy, run};

fn scene() -> (VirtualClock, Meter, Arc<Dummy>) {
    let clock = VirtualClock::new();
    let meter = Meter::builder("end").with_clock(Arc::new(clock.clone())).build().unwrap();
    let stage = Dummy::new(ComponentKind::Wire, "stage");
    assert!(stage.attach(&meter).is_some());
    (clock, meter, stage)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_with_losses_of_every_kind_completes() {
    let meter = Meter::new("real");
    assert!(!meter.is_complete(), "nothing was seen yet");
    let watching = tokio::spawn({
        let meter = meter.clone();
        async move { meter.finished().await }
    });
    run(&meter).await;
    watching.await.unwrap();
    assert!(meter.is_complete());
}

#[tokio::test]
async fn a_total_is_reached_while_the_stage_runs_on() {
    let meter = Meter::builder("total").with_total(5).build().unwrap();
    let wire = Wire::new("fail", |n: u64| if n == 3 { Err("three") } else { Ok(n) });
    let running = wire.with_observer(meter.clone()).build().unwrap().start().unwrap();
    let mut output = running.output();
    for n in 0..5 {
        assert!(!meter.is_complete());
        running.submit(n).await.unwrap();
        if n != 3 {
            output.recv().await.unwrap();
        }
    }
    // One failed and never comes out; that does not keep the total from being reached.
    meter.finished().await;
    drop(output);
    drop(running.finish().await);
}

#[tokio::test]
async fn sources_that_ended_are_not_the_end_while_items_are_inside() {
    let (_clock, meter, stage) = scene();
    let source = Dummy::new(ComponentKind::Generator, "source");
    source.set(|view| view.feeds.push(stage.0.lock().unwrap().id));
    source.attach(&meter);
    stage.set(|view| view.ledger.accepted = 3);
    assert!(!meter.is_complete());
    meter.observe(&Event::SourceEnded { component: "source", items: 3, error: None });
    stage.set(|view| view.ledger.delivered = 2);
    assert!(!meter.is_complete());
    stage.set(|view| view.ledger.failed = 1);
    assert!(meter.is_complete());
}

#[tokio::test]
async fn nothing_moves_for_the_whole_timeout() {
    let (clock, meter, stage) = scene();
    let idle = Duration::from_mins(1);
    let watch = meter.watch().with_idle_timeout(idle).with_look_every(Duration::from_secs(20));
    let waiting = tokio::spawn(watch.outcome());
    // It moves after 40 s: the time begins anew.
    for second in [20, 40, 60, 80] {
        clock.wait_for_timers(1).await;
        if second == 40 {
            stage.set(|view| view.ledger.accepted += 1);
        }
        clock.advance_to_next();
        assert_eq!(clock.elapsed(), Duration::from_secs(second));
    }
    clock.wait_for_timers(1).await;
    assert!(!waiting.is_finished());
    clock.advance_to_next();
    assert_eq!(waiting.await.unwrap(), Outcome::Idle { in_flight: 1 });
    assert_eq!(clock.elapsed(), Duration::from_secs(100));
}

#[tokio::test]
async fn too_many_errors_end_it_once_there_are_enough_items() {
    let (clock, meter, stage) = scene();
    let watch = meter.watch().with_error_threshold(Percent::new(20.0).unwrap(), 10);
    let waiting = tokio::spawn(watch.outcome());
    stage.set(|view| (view.ledger.accepted, view.ledger.failed) = (9, 9));
    clock.wait_for_timers(1).await;
    clock.advance_to_next();
    clock.wait_for_timers(1).await;
    assert!(!waiting.is_finished());
    stage.set(|view| (view.ledger.accepted, view.ledger.delivered) = (40, 31));
    clock.advance_to_next();
    assert_eq!(waiting.await.unwrap(), Outcome::ErrorThreshold { percent: 22.5 });
    for wrong in [0.0, -1.0, 100.1, f64::NAN] {
        let error = Percent::new(wrong).unwrap_err().to_string();
        assert!(error.contains("more than 0, at most 100"), "{error}");
    }
}

#[tokio::test]
async fn a_watch_can_be_cancelled() {
    let (_clock, meter, _stage) = scene();
    let cancelled = meter.watch().with_cancel(ready(())).outcome().await;
    assert_eq!(cancelled, Outcome::Cancelled);
    let watch = meter.watch().with_cancel(pending());
    meter.expect(Some(0));
    assert_eq!(watch.outcome().await, Outcome::Complete);
}
