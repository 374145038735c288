//! Sinks that fail to open, to flush, to close, or to return.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use electrician_conduit::Conduit;
use electrician_plug::sink_fn;
use electrician_types::{Batch, Error, ErrorKind, Event, NackReason, Result, Sink};
use electrician_wire::{Retry, dead_letters};
use tokio::sync::Semaphore;

use crate::record::{Dropped, Log, Record};
use crate::script::{Act, Do, scripted, written};
use crate::support::{Barrier, branch, finish, ms, numbers, same, settle, soon, stop, stop_within};

#[tokio::test(start_paused = true)]
async fn when_the_sink_does_not_open_every_item_fails() {
    for how in [Do::Fail, Do::Panic] {
        let (log, record) = (Log::default(), Record::new());
        let stage = scripted(&log, move |act| if act == Act::Open { how } else { Do::Well });
        let conduit = branch("head").sink_stage(stage).build().unwrap();
        let running = conduit.start().unwrap();
        for token in 0..5 {
            running.inlet().submit_item(record.item(token, token)).await.unwrap();
        }
        let stopped = stop(running).await;
        assert_eq!((stopped.ledger.failed, stopped.ledger.delivered), (5, 0));
        assert!(stopped.failures[0].to_string().contains("Open"), "{:?}", stopped.failures);
        assert_eq!(record.counts(), (0, 5));
        assert_eq!(log.len(), 0, "nothing is written, flushed or closed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sink_that_does_not_open_is_reported_without_items_too() {
    let log = Log::default();
    let stage = scripted(&log, |act| if act == Act::Open { Do::Fail } else { Do::Well });
    let conduit = branch("head").sink_stage(stage).build().unwrap();
    let running = conduit.start().unwrap();
    settle().await;
    let stopped = stop(running).await;
    assert_eq!(stopped.sink_errors.len(), 1, "the error of open is somewhere: {stopped:?}");
    assert_eq!(stopped.sink_errors[0].component(), "out");
    assert!(stopped.failures.is_empty() && !stopped.is_clean(), "{stopped:?}");
}

#[tokio::test(start_paused = true)]
async fn opening_is_retried_as_the_policy_says_and_dead_letters_take_what_fails() {
    let log = Log::default();
    let mut failures = 2;
    let stage = scripted(&log, move |act| {
        if act == Act::Open && failures > 0 {
            failures -= 1;
            return Do::Fail;
        }
        Do::Well
    });
    let stage = stage.with_retry(Retry::fixed(2, ms(100)));
    let conduit = branch("head").sink_stage(stage).with_source(numbers(0..3)).build().unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert_eq!((stopped.ledger.delivered, written(&log)), (3, vec![0, 1, 2]));

    let (log, (port, mut letters)) = (Log::default(), dead_letters(8));
    let stage = scripted(&log, |act| if act == Act::Open { Do::Fail } else { Do::Well });
    let conduit =
        branch("head").sink_stage(stage.with_dead_letters(port)).with_source(numbers(0..3));
    let stopped = finish(conduit.build().unwrap().start().unwrap()).await;
    assert_eq!(stopped.ledger.dead_lettered, 3);
    assert!(!stopped.is_clean(), "the letters do not hide that the sink did not open");
    let first = letters.try_recv().unwrap();
    assert!(first.error.to_string().contains("Open"), "{}", first.error);
}

#[tokio::test(start_paused = true)]
async fn when_a_flush_fails_what_was_taken_since_the_last_has_failed() {
    for how in [Do::Fail, Do::Panic] {
        let (log, record) = (Log::default(), Record::new());
        let mut flushes = 0;
        let stage = scripted(&log, move |act| {
            flushes += usize::from(act == Act::Flush);
            if act == Act::Flush && flushes == 2 { how } else { Do::Hold }
        });
        let conduit = branch("head").sink_stage(stage).build().unwrap();
        let running = conduit.start().unwrap();
        for round in 0..3 {
            for token in round * 10..round * 10 + 4 {
                running.try_submit(900).unwrap();
                running.inlet().submit_item(record.item(token, token)).await.unwrap();
            }
            settle().await;
        }
        let stopped = stop(running).await;
        assert_eq!((stopped.ledger.delivered, stopped.ledger.failed), (16, 8), "{stopped:?}");
        for token in 0..30 {
            let verdict = record.verdict(token);
            assert_eq!(verdict.is_some(), token % 10 < 4);
            let nack = (token / 10 == 1 && token % 10 < 4).then_some(NackReason::Dropped);
            assert_eq!(record.nack(token), nack, "{token}");
        }
        assert_eq!(stopped.failures.len(), 1, "{:?}", stopped.failures);
        assert_eq!(log.all().last(), Some(&Act::Close));
    }
}

#[tokio::test(start_paused = true)]
async fn a_close_that_fails_is_reported_and_the_sink_opens_again() {
    for (how, kind) in [(Do::Fail, ErrorKind::Failed), (Do::Panic, ErrorKind::Panicked)] {
        let log = Log::default();
        let mut closings = 0;
        let stage = scripted(&log, move |act| {
            closings += usize::from(act == Act::Close);
            if act == Act::Close && closings == 1 { how } else { Do::Well }
        });
        let conduit = branch("head").sink_stage(stage).with_source(numbers(0..3)).build().unwrap();
        let stopped = finish(conduit.start().unwrap()).await;
        assert_eq!(stopped.sink_errors.len(), 1, "{stopped:?}");
        assert_eq!(stopped.sink_errors[0].kind(), kind);
        assert!(!stopped.is_clean() && stopped.failures.is_empty(), "{stopped:?}");
        let stopped = finish(stopped.component.start().unwrap()).await;
        assert!(stopped.is_clean() && stopped.failures.is_empty(), "{stopped:?}");
        assert_eq!(stopped.ledger.delivered, 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_does_not_hide_that_the_close_failed() {
    for close in [Do::Well, Do::Fail] {
        let (log, (port, letters)) = (Log::default(), dead_letters(8));
        let told: Log<String> = Log::default();
        let observer = told.clone();
        let stage = scripted(&log, move |act| match act {
            Act::Write(1) => Do::Fail,
            Act::Close => close,
            _ => Do::Well,
        });
        let stage = stage.with_dead_letters(port).with_observer(move |event: &Event<'_>| {
            if let Event::SinkFailed { component, error } = event {
                observer.add(format!("{component}: {error}"));
            }
        });
        let conduit = branch("head").sink_stage(stage).with_source(numbers(0..3));
        let stopped = finish(conduit.build().unwrap().start().unwrap()).await;
        assert_eq!((letters.len(), stopped.ledger.dead_lettered), (1, 1));
        assert_eq!(stopped.failures.len(), 1, "the item's own failure: {stopped:?}");
        assert_eq!(stopped.is_clean(), close == Do::Well, "{stopped:?}");
        assert_eq!(told.len(), usize::from(close == Do::Fail), "{:?}", told.all());
    }
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_a_hanging_open_flush_or_close_is_cancelled() {
    for hanging in [Act::Open, Act::Flush, Act::Close] {
        let log = Log::default();
        let stage = scripted(&log, move |act| if act == hanging { Do::Hang } else { Do::Hold });
        let conduit = branch("head").sink_stage(stage).build().unwrap();
        let running = conduit.start().unwrap();
        for n in 0..3 {
            running.try_submit(n).unwrap();
        }
        settle().await;
        let stopped = soon(running.stop(ms(100))).await;
        assert!(stopped.ledger.is_balanced(), "{hanging:?}: {}", stopped.ledger);
        // It awaits, so it is cancelled: no code is stuck, and the sink is free again.
        let (stuck, again) = (stopped.stuck, stopped.component.start());
        assert_eq!((stuck, again.err().map(|e| e.to_string())), (0, None), "{hanging:?}");
    }
}

/// A sink that blocks its thread is still in use after the stop gave up on it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sink_still_in_use_by_another_run_is_refused() {
    let (entered, barrier) = (Arc::new(Semaphore::new(0)), Barrier::default());
    let (enter, hold) = (Arc::clone(&entered), barrier.clone());
    let sink = sink_fn(move |_: &u64| {
        enter.add_permits(1);
        hold.pass();
        Ok::<_, String>(())
    });
    let conduit = Conduit::from(same("head", 8)).sink("slow", sink).build().unwrap();
    let running = conduit.start().unwrap();
    running.submit(1).await.unwrap();
    soon(entered.acquire()).await.unwrap().forget();
    let stopped = soon(running.stop(ms(0))).await;
    assert_eq!(stopped.stuck, 1, "{stopped:?}");
    assert!(stopped.ledger.is_balanced(), "{}", stopped.ledger);
    let refused = stopped.component.start().expect_err("the sink is in use");
    assert_eq!(refused.kind(), ErrorKind::Config);
    assert_eq!(refused.component(), "slow");
    assert!(refused.to_string().contains("in use"), "{refused}");
    barrier.open(1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_classifier_that_panics_costs_no_account() {
    let log = Log::default();
    let stage = scripted(&log, |act| if act == Act::Write(1) { Do::Fail } else { Do::Well });
    let stage = stage.with_retry(Retry::fixed(2, ms(1)).only_if(|_| panic!("as told")));
    let conduit = Conduit::from(same("head", 8)).sink_stage(stage).build().unwrap();
    let running = conduit.start().unwrap();
    running.submit_batch(&mut (0..4).collect()).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.failed, 1, "it fails the item alone: {}", stopped.ledger);
    assert_eq!(written(&log), [0, 2, 3]);
    let opened = log.all().iter().filter(|act| **act == Act::Open).count();
    assert_eq!(opened, 1, "opened once at each start");
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_ends_nothing() {
    let log = Log::default();
    let stage = scripted(&log, |act| if act == Act::Write(1) { Do::Fail } else { Do::Well })
        .with_observer(|_: &Event<'_>| panic!("as told"));
    let conduit = branch("head").sink_stage(stage).with_source(numbers(0..4)).build().unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert_eq!((stopped.ledger.delivered, stopped.ledger.failed), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_the_wait_before_a_retry_hands_the_item_back() {
    let log = Log::default();
    let stage = scripted(&log, |act| if act == Act::Write(1) { Do::Fail } else { Do::Well });
    let stage = stage.with_retry(Retry::fixed(9, ms(600_000)));
    let conduit = Conduit::from(same("head", 8)).sink_stage(stage).build().unwrap();
    let running = conduit.start().unwrap();
    running.submit_batch(&mut (0..3).collect()).await.unwrap();
    settle().await;
    let stopped = stop_within(running, ms(10)).await;
    let left: Vec<_> =
        stopped.between.into_iter().map(|left| left.downcast::<u64>().unwrap().0).collect();
    assert_eq!((left, stopped.ledger.delivered), (vec![1, 2], 1));
    assert_eq!(stopped.ledger.retried, 0, "it only waited for a second attempt");
}

#[tokio::test(start_paused = true)]
async fn the_sink_goes_away_with_its_conduit() {
    let drops = Arc::new(AtomicUsize::new(0));
    let guard = Dropped(Arc::clone(&drops));
    let sink = sink_fn(move |_: &u64| {
        let _ = &guard;
        Ok::<_, String>(())
    });
    let conduit = branch("head").sink("out", sink).with_source(numbers(0..3)).build().unwrap();
    let stopped = stop(conduit.start().unwrap()).await;
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    drop(stopped);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

/// A sink that breaks its law: it takes the last item, and fails then.
#[tokio::test(start_paused = true)]
async fn an_error_after_the_last_item_was_taken_is_not_lost() {
    struct Late;
    impl Sink<u64> for Late {
        async fn write(&mut self, batch: &mut Batch<u64>) -> Result<()> {
            batch.accept_all();
            Err(Error::new(ErrorKind::Io, "too late, as told"))
        }
    }
    let conduit = branch("head").sink("late", Late).with_source(numbers(0..3)).build().unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert_eq!(stopped.ledger.accepted, 3);
    assert!(!stopped.sink_errors.is_empty(), "nobody hears of the error: {stopped:?}");
}
