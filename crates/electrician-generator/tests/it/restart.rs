//! Restart: only when asked for, as often and as late as the policy says, one source at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_conduit::Conduit;
use electrician_generator::{Generator, Restart};
use electrician_types::{Batch, Error, ErrorKind, Event, Next, Result, Source};
use electrician_wire::{Retry, Wire};

use crate::support::{
    AMPLE, Act, Log, Script, Step, doubling, fed, finish, ms, settle, soon, stop, values,
};

/// The steps of each opening.
type Steps = fn(usize) -> Vec<Step>;

fn opened(act: &Act) -> bool {
    matches!(act, Act::Open(_))
}

#[tokio::test(start_paused = true)]
async fn without_a_policy_nothing_is_opened_twice() {
    for policy in [None, Some(Restart::never()), Some(Restart::default())] {
        for last in [Step::Fail, Step::Panic, Step::End] {
            let log = Log::new();
            let script = Script::new(&log, move |_| vec![Step::Give(1), Step::Give(2), last]);
            let mut generator = Generator::new("g", script);
            if let Some(policy) = policy.clone() {
                generator = generator.with_restart(policy);
            }
            let stopped = finish(fed(generator)).await;
            assert_eq!(log.count(opened), 1, "{policy:?} {last:?}");
            assert_eq!(values(stopped.outputs), [1, 2], "what came before the end is there");
            let errors = stopped.source_errors;
            match last {
                Step::End => assert!(errors.is_empty(), "{errors:?}"),
                Step::Fail => assert_eq!(errors[0].kind(), ErrorKind::Failed),
                _ => assert_eq!(errors[0].kind(), ErrorKind::Panicked),
            }
            assert!(errors.iter().all(|error| error.component() == "g"), "{errors:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_healthy_source_is_left_alone() {
    let log = Log::new();
    let script = Script::new(&log, |_| vec![Step::Give(1), Step::Idle]);
    let policy = Restart::always(Retry::fixed(u32::MAX, ms(1)));
    let running = fed(Generator::new("g", script).with_restart(policy));
    // An hour of nothing to do: a supervisor by timer would have opened it again and again.
    tokio::time::advance(Duration::from_hours(1)).await;
    settle().await;
    assert_eq!(log.all(), [Act::Open(0), Act::Read(0), Act::Read(0)]);
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.accepted, log.count(opened)), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn waits_double_up_to_the_cap_then_it_gives_up() {
    let log = Log::new();
    let script = Script::new(&log, |_| vec![Step::Fail]);
    let policy = Restart::on_failure(doubling(5, ms(100), ms(500)));
    let stopped = finish(fed(Generator::new("g", script).with_restart(policy))).await;
    // Each closing takes a millisecond more.
    let waits = [0, 101, 302, 703, 1204, 1705];
    assert_eq!(log.times(opened), waits.map(ms), "100, 200, 400, 500, 500 ms");
    assert_eq!(stopped.source_errors.len(), 1, "the last error ends it: {stopped:?}");
    assert!(stopped.source_errors[0].to_string().contains("opening 5"));
}

#[tokio::test(start_paused = true)]
async fn an_item_since_the_opening_makes_the_count_begin_anew() {
    let log = Log::new();
    // Fails twice in a row without an item, gives, fails twice, and so on.
    let script = Script::new(&log, |opening| match opening {
        2 | 5 => vec![Step::Give(opening as u64), Step::Fail],
        8 => vec![Step::GiveAndFail(8)],
        9 => vec![Step::End],
        _ => vec![Step::Fail],
    });
    let policy = Restart::on_failure(doubling(3, ms(100), ms(10_000)));
    let stopped = finish(fed(Generator::new("g", script).with_restart(policy))).await;
    assert_eq!(values(stopped.outputs), [2, 5, 8]);
    let times = log.times(opened);
    let waits: Vec<_> =
        times.windows(2).map(|pair| pair[1].as_millis() - pair[0].as_millis() - 1).collect();
    assert_eq!(waits, [100, 200, 100, 200, 400, 100, 200, 400, 100]);
    assert!(stopped.source_errors.is_empty(), "{:?}", stopped.source_errors);
}

#[tokio::test(start_paused = true)]
async fn on_failure_the_end_is_the_end() {
    let log = Log::new();
    let script = Script::new(&log, |_| vec![Step::Give(1), Step::End]);
    let policy = Restart::on_failure(Retry::fixed(9, ms(1)));
    let stopped = finish(fed(Generator::new("g", script).with_restart(policy))).await;
    assert_eq!((log.count(opened), values(stopped.outputs)), (1, vec![1]));
}

#[tokio::test(start_paused = true)]
async fn always_opens_again_after_the_end_whatever_the_classifier_says() {
    let log = Log::new();
    let script = Script::new(&log, |opening| match opening {
        3 => vec![Step::Fail],
        n => vec![Step::Give(n as u64), Step::End],
    });
    let policy = Restart::always(Retry::fixed(9, ms(50)).only_if(|_| false));
    let stopped = finish(fed(Generator::new("g", script).with_restart(policy))).await;
    assert_eq!(log.times(opened), [0, 51, 102, 153].map(ms));
    assert_eq!(values(stopped.outputs), [0, 1, 2]);
    assert_eq!(stopped.source_errors.len(), 1, "the classifier refused the failure");
}

#[tokio::test(start_paused = true)]
async fn ends_in_a_row_without_an_item_use_the_policy_up() {
    let log = Log::new();
    let script = Script::new(&log, |_| vec![Step::End]);
    let policy = Restart::always(Retry::fixed(4, ms(1)));
    let stopped = finish(fed(Generator::new("g", script).with_restart(policy))).await;
    assert_eq!(log.count(opened), 5);
    assert!(stopped.source_errors.is_empty(), "coming to the end is no error");
}

#[tokio::test(start_paused = true)]
async fn panics_are_not_retried_unless_the_classifier_says_so() {
    for (policy, openings) in [
        (Retry::fixed(3, ms(1)), 1),
        (Retry::fixed(3, ms(1)).only_if(|error| error.kind() == ErrorKind::Panicked), 4),
    ] {
        let log = Log::new();
        let script = Script::new(&log, |_| vec![Step::Panic]);
        let generator = Generator::new("g", script).with_restart(Restart::on_failure(policy));
        let stopped = finish(fed(generator)).await;
        assert_eq!(log.count(opened), openings);
        assert_eq!(stopped.source_errors[0].kind(), ErrorKind::Panicked);
    }
}

#[tokio::test(start_paused = true)]
async fn opening_that_fails_or_panics_is_retried_and_reported_like_any_failure() {
    struct Never;
    impl Source for Never {
        type Item = u64;
        async fn read(&mut self, _: &mut Batch<u64>, _: usize) -> Result<Next> {
            unreachable!("it was never opened")
        }
    }
    for panics in [false, true] {
        let log = Log::new();
        let openings = log.clone();
        let open = move || -> Result<Never> {
            openings.add(());
            assert!(!panics, "opening panicked as told");
            Err(Error::new(ErrorKind::Io, "nobody is there"))
        };
        let policy = Retry::fixed(2, ms(10)).only_if(|_| true);
        let generator = Generator::new("g", open).with_restart(Restart::on_failure(policy));
        let stopped = finish(fed(generator)).await;
        assert_eq!(log.times(|()| true), [0, 10, 20].map(ms));
        let kind = if panics { ErrorKind::Panicked } else { ErrorKind::Io };
        assert_eq!(stopped.source_errors.len(), 1);
        assert_eq!(stopped.source_errors[0].kind(), kind);
        assert_eq!(stopped.source_errors[0].component(), "g");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_before_a_restart() {
    let log = Log::new();
    let script = Script::new(&log, |_| vec![Step::Give(1), Step::Fail]);
    let policy = Restart::on_failure(Retry::fixed(9, Duration::from_mins(10)));
    let running = fed(Generator::new("g", script).with_restart(policy));
    soon(log.reached(1, |act| matches!(act, Act::Close(0)))).await;
    settle().await;
    let began = log.clone();
    let stopped = stop(running).await;
    began.add(Act::Read(99));
    assert!(began.times(|act| *act == Act::Read(99))[0] < ms(10), "it did not wait");
    assert_eq!(log.count(opened), 1);
    assert_eq!(values(stopped.outputs), [1]);
    assert_eq!(stopped.source_errors.len(), 1, "the error it waited after is reported");
}

#[tokio::test(start_paused = true)]
async fn a_wait_without_end_waits_for_the_stop() {
    let log = Log::new();
    let script = Script::new(&log, |_| vec![Step::Give(1), Step::Fail]);
    let policy = Restart::on_failure(Retry::fixed(1, Duration::MAX));
    let running = fed(Generator::new("g", script).with_restart(policy));
    settle().await;
    let stopped = stop(running).await;
    assert_eq!(stopped.source_errors.len(), 1, "the failure is reported: {stopped:?}");
}

#[tokio::test(start_paused = true)]
async fn a_classifier_that_panics_does_not_hide_the_error() {
    let log = Log::new();
    let script = Script::new(&log, |_| vec![Step::Give(1), Step::Fail]);
    let policy = Retry::fixed(3, ms(1)).only_if(|_| panic!("classifying panicked as told"));
    let running = fed(Generator::new("g", script).with_restart(Restart::on_failure(policy)));
    let stopped = finish(running).await;
    assert_eq!(values(stopped.outputs), [1]);
    assert_eq!(stopped.source_errors.len(), 1, "a run with a failed source is not clean");
    assert_eq!(log.count(|act| matches!(act, Act::Close(_))), 1, "the source is closed");
}

#[tokio::test(start_paused = true)]
async fn the_observer_is_told_of_each_restart() {
    static SEEN: Mutex<Vec<(String, u32, Duration, bool)>> = Mutex::new(Vec::new());
    let log = Log::new();
    let script = Script::new(&log, |opening| match opening {
        0 | 1 => vec![Step::Fail],
        2 => vec![Step::Give(5), Step::End],
        3 => vec![Step::End],
        _ => vec![Step::Panic],
    });
    let observer = |event: &Event<'_>| {
        if let Event::Restarting { component, restart, after, error } = event {
            let entry = ((*component).to_owned(), *restart, *after, error.is_some());
            SEEN.lock().unwrap().push(entry);
            panic!("a panic of an observer ends nothing");
        }
    };
    let generator = Generator::new("g", script)
        .with_restart(Restart::always(doubling(9, ms(10), ms(1000))))
        .with_observer(observer);
    let stopped = finish(fed(generator)).await;
    let seen = SEEN.lock().unwrap().clone();
    let expected = [(1, 10, true), (2, 20, true), (1, 10, false), (2, 20, false)];
    let expected =
        expected.map(|(restart, after, failed)| ("g".to_owned(), restart, ms(after), failed));
    assert_eq!(seen, expected);
    assert_eq!(stopped.source_errors[0].kind(), ErrorKind::Panicked);
}

#[tokio::test(start_paused = true)]
async fn the_observer_is_told_of_the_start_and_the_end() {
    let ends: [(Steps, &str); 3] = [
        (
            |opening| {
                let last = if opening < 2 { Step::Fail } else { Step::End };
                vec![Step::Give(5), last]
            },
            "gave 3, failed false",
        ),
        (
            |opening| {
                (opening == 0).then_some(Step::Give(5)).into_iter().chain([Step::Fail]).collect()
            },
            "gave 1, failed true",
        ),
        (|_| vec![Step::Panic], "gave 0, failed true"),
    ];
    for (steps, end) in ends {
        let (seen, log) = (Arc::new(Mutex::new(Vec::new())), Log::new());
        let told = Arc::clone(&seen);
        let observer = move |event: &Event<'_>| {
            let text = match event {
                Event::SourceStarted { component } => format!("{component} started"),
                Event::Restarting { .. } => "restarting".to_owned(),
                Event::SourceEnded { items, error, .. } => {
                    format!("gave {items}, failed {}", error.is_some())
                }
                other => format!("{other:?}"),
            };
            told.lock().unwrap().push(text);
        };
        let restart = Restart::on_failure(Retry::fixed(2, ms(1)));
        let script = Script::new(&log, steps);
        let generator = Generator::new("g", script).with_restart(restart).with_observer(observer);
        let stopped = finish(fed(generator)).await;
        let seen = seen.lock().unwrap();
        assert_eq!((&*seen[0], seen.last().unwrap().as_str()), ("g started", end), "{seen:?}");
        let restarts = seen.iter().filter(|text| *text == "restarting").count();
        assert_eq!(seen.len(), restarts + 2, "{seen:?}");
        assert_eq!(stopped.source_errors.is_empty(), end.ends_with("false"));
    }
}

#[tokio::test(start_paused = true)]
async fn several_sources_restart_each_by_its_own_policy() {
    let logs = [Log::new(), Log::new(), Log::new()];
    let policies = [
        Restart::never(),
        Restart::on_failure(Retry::fixed(2, ms(10))),
        Restart::always(Retry::fixed(3, ms(1))),
    ];
    let mut builder = Conduit::from(Wire::map("head", |n: u64| n));
    for (index, policy) in policies.into_iter().enumerate() {
        let log = logs[index].clone();
        let script = Script::new(&log, move |opening| {
            let give = (opening == 0).then_some(Step::Give(index as u64));
            give.into_iter().chain([Step::Fail]).collect()
        });
        let name = format!("source {index}");
        builder = builder.with_source(Generator::new(name, script).with_restart(policy));
    }
    let stopped = finish(builder.build().unwrap().start().unwrap()).await;
    assert_eq!(logs.each_ref().map(|log| log.count(opened)), [1, 3, 4]);
    let mut outputs = values(stopped.outputs);
    outputs.sort_unstable();
    assert_eq!(outputs, [0, 1, 2]);
    let mut names: Vec<_> = stopped.source_errors.iter().map(Error::component).collect();
    names.sort_unstable();
    assert_eq!(names, ["source 0", "source 1", "source 2"]);
}

#[tokio::test]
async fn a_restarted_conduit_opens_its_source_afresh() {
    static OPENINGS: AtomicUsize = AtomicUsize::new(0);
    let log = Log::new();
    let script = Script::new(&log, |opening| {
        OPENINGS.store(opening + 1, Ordering::SeqCst);
        vec![Step::Give(opening as u64), Step::End]
    });
    let mut conduit = Conduit::from(Wire::map("head", |n: u64| n))
        .with_source(Generator::new("g", script))
        .build()
        .unwrap();
    for round in 0..5_u64 {
        let stopped =
            soon(conduit.start().unwrap().finish_or_stop(std::future::pending(), AMPLE)).await;
        assert!(stopped.ledger.is_balanced());
        assert_eq!(values(stopped.outputs), [round]);
        conduit = stopped.component;
    }
    assert_eq!(OPENINGS.load(Ordering::SeqCst), 5);
}
