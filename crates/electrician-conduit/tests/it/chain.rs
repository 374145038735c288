//! Chains: types, order, links, restarts, settings, the order of a stop.

use std::collections::BTreeSet;
use std::sync::Mutex;

use electrician_conduit::Conduit;
use electrician_types::{ComponentKind, ErrorKind, Refusal};
use electrician_wire::{Batching, Retry, Wire, dead_letters};

use crate::record::Log;
use crate::support::{
    Gate, balanced, branch, finish, gated, ms, numbers, same, settle, soon, sorted, stop, values,
};

#[tokio::test(start_paused = true)]
async fn stages_of_five_types_in_a_row() {
    let conduit = Conduit::from(Wire::new("parse", |text: String| text.parse::<i64>()))
        .then(Wire::filter_map("even", |n: i64| (n % 2 == 0).then_some(n)).with_workers(1))
        .then(Wire::map("half", |n: i64| n as f64 / 2.0).with_workers(1))
        .then(Wire::batch("pairs", Batching::items(2)))
        .then(Wire::map("sum", |pair: Vec<f64>| format!("{}", pair.iter().sum::<f64>())))
        .named("five")
        .build()
        .unwrap();
    assert_eq!(
        (conduit.metadata().kind, &*conduit.metadata().name),
        (ComponentKind::Conduit, "five")
    );
    let running = conduit.start().unwrap();
    for text in ["2", "3", "x", "4", "6"] {
        running.submit(text.into()).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!(sorted(values(stopped.outputs)).len(), 2, "1+2 and 3, or another pair and the rest");
    let ledger = stopped.ledger;
    assert_eq!((ledger.accepted, ledger.failed, ledger.filtered, ledger.merged), (5, 1, 1, 1));
    assert_eq!(stopped.failures[0].component(), "parse");
}

#[tokio::test(start_paused = true)]
async fn each_item_passes_every_stage_once_and_a_source_feeds_the_head_only() {
    let mark = |mark: char| {
        Wire::map(mark.to_string(), move |mut text: String| {
            text.push(mark);
            text
        })
    };
    let source = || (0..50).map(|n: u64| n.to_string()).collect::<Vec<_>>();
    let generator =
        electrician_generator::Generator::new("texts", electrician_plug::Plug::iter(source));
    let conduit = Conduit::from(mark('A')).then(mark('B')).then(mark('C')).with_source(generator);
    let stopped = finish(conduit.build().unwrap().start().unwrap()).await;
    let expected = (0..50).map(|n| format!("{n}ABC")).collect::<Vec<_>>();
    assert_eq!(sorted(values(stopped.outputs)), sorted(expected));
}

#[tokio::test(start_paused = true)]
async fn with_one_worker_each_or_ordered_stages_order_is_kept() {
    let unsteady = Wire::new_async("unsteady", async |n: u64| {
        tokio::time::sleep(ms(n * 7 % 11)).await;
        Ok::<_, String>(n)
    });
    let conduit = Conduit::from(unsteady.with_concurrency(8).ordered())
        .then(same("one", 2))
        .then(Wire::map("many", |n: u64| n).with_workers(3).ordered())
        .with_source(numbers(0..200))
        .build()
        .unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert_eq!(values(stopped.outputs), (0..200).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn built_conduits_link_and_the_whole_starts_again() {
    let front = Conduit::from(Wire::map("a", |n: u64| n + 1)).then(same("b", 8)).build().unwrap();
    let back = Conduit::from(Wire::map("c", |n: u64| n * 2)).then(same("d", 8)).build().unwrap();
    let middle = branch("m").build().unwrap();
    let mut conduit = Conduit::from(front).link(middle).then(back).build().unwrap();
    assert!(format!("{conduit:?}").contains(r#"["a", "b", "m", "c", "d"]"#), "{conduit:?}");
    for round in 0..4_u64 {
        let running = conduit.start().unwrap();
        let names: Vec<_> = running.progress().iter().map(|stage| stage.name.to_string()).collect();
        assert_eq!(names, ["a", "b", "m", "c", "d"], "front to back");
        running.submit_batch(&mut (round..round + 20).collect()).await.unwrap();
        let stopped = stop(running).await;
        let expected: Vec<_> = (round..round + 20).map(|n| (n + 1) * 2).collect();
        assert_eq!(sorted(values(stopped.outputs)), expected);
        assert_eq!(stopped.ledger.accepted, 20, "a fresh account");
        conduit = stopped.component;
    }
}

#[tokio::test(start_paused = true)]
async fn settings_of_a_stage_stay_its_own() {
    let conduit = Conduit::from(Wire::map("a", |n: u64| n).with_workers(3).with_capacity(7))
        .then(Wire::map("b", |n: u64| n).with_workers(1).with_capacity(2))
        .then(Wire::new_async("c", async |n: u64| Ok::<_, String>(n)).with_concurrency(5))
        .with_output_capacity(9)
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    let settings: Vec<_> =
        running.progress().iter().map(|stage| (stage.workers, stage.capacity)).collect();
    assert_eq!(settings, [(3, 7), (1, 2), (5, 1024)]);
    assert_eq!(running.inlet().capacity(), 7);
    assert!(stop(running).await.is_clean());
}

#[tokio::test(start_paused = true)]
async fn the_output_is_bounded_by_the_conduits_capacity() {
    let conduit = Conduit::from(same("a", 1)).then(same("b", 1)).with_output_capacity(3).build();
    let running = conduit.unwrap().start().unwrap();
    let output = running.output();
    let mut accepted = 0;
    loop {
        settle().await;
        if running.try_submit(accepted).is_err() {
            break;
        }
        accepted += 1;
    }
    assert_eq!(output.len(), 3);
    // Each of two stages has one waiting and one in hand.
    assert!((3 + 2..=3 + 4).contains(&accepted), "{accepted} items inside");
    drop(output);
    assert_eq!(values(stop(running).await.outputs), (0..accepted).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_stop_drains_front_to_back_through_the_smallest_queues() {
    let (tail, gate) = gated("tail", 1);
    let conduit = Conduit::from(same("a", 1)).then(same("b", 1)).then(tail).with_output_capacity(1);
    let running = conduit.build().unwrap().start().unwrap();
    let output = running.output();
    let inlet = running.inlet();
    let mut accepted = 0;
    loop {
        settle().await;
        if inlet.try_submit(accepted).is_err() {
            break;
        }
        accepted += 1;
    }
    assert!(accepted >= 3, "some in every stage: {accepted}");
    let read = tokio::spawn(output.collect());
    let stopping = tokio::spawn(stop(running));
    settle().await;
    let refused = inlet.submit(99).await.unwrap_err();
    assert_eq!((refused.reason, refused.item), (Refusal::Closed, 99));
    assert!(!stopping.is_finished(), "the tail is slow");
    for _ in 0..accepted {
        gate.open(1);
        settle().await;
    }
    let stopped = soon(stopping).await.unwrap();
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!(soon(read).await.unwrap(), (0..accepted).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn stages_end_front_to_back() {
    struct AtEnd(Log<&'static str>, &'static str);
    impl Drop for AtEnd {
        fn drop(&mut self) {
            self.0.add(self.1);
        }
    }
    let ended = Log::<&str>::default();
    let stage = |name: &'static str| {
        let ended = ended.clone();
        Wire::per_worker(name, move || {
            let at_end = AtEnd(ended.clone(), name);
            move |n: u64| {
                let _ = &at_end;
                Ok::<_, String>(n)
            }
        })
        .with_workers(1)
        .with_capacity(1)
    };
    let conduit = Conduit::from(stage("a")).then(stage("b")).then(stage("c")).build().unwrap();
    let running = conduit.start().unwrap();
    for n in 0..5 {
        running.submit(n).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!(values(stopped.outputs).len(), 5);
    assert_eq!(ended.all(), ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn failures_in_the_middle_fail_their_items_alone() {
    let (port, mut letters) = dead_letters(16);
    let tried = Mutex::new(BTreeSet::new());
    let middle = Wire::by_ref("middle", move |n: &u64| match n % 10 {
        3 => Err(format!("{n} is bad")),
        4 => panic!("{n} is worse"),
        5 if tried.lock().unwrap().insert(*n) => Err("not yet".into()),
        _ => Ok(n * 2),
    });
    let middle = middle.with_workers(1).with_retry(Retry::fixed(1, ms(1))).with_dead_letters(port);
    let conduit = Conduit::from(same("front", 4))
        .then(middle)
        .then(same("back", 4))
        .with_source(numbers(0..40));
    let stopped = finish(conduit.build().unwrap().start().unwrap()).await;
    let expected: Vec<_> = (0..40).filter(|n| ![3, 4].contains(&(n % 10))).map(|n| n * 2).collect();
    assert_eq!(sorted(values(stopped.outputs)), expected);
    assert_eq!((stopped.ledger.dead_lettered, stopped.ledger.retried), (8, 8));
    let mut kinds = Vec::new();
    while let Some(letter) = letters.try_recv() {
        assert_eq!(&*letter.stage, "middle");
        kinds.push((*letter.item.value(), letter.error.kind()));
        letter.accept();
    }
    // Those that were tried again came later.
    kinds.sort_by_key(|(n, _)| *n);
    let expected = [3, 13, 23, 33].map(|n| [(n, ErrorKind::Failed), (n + 1, ErrorKind::Panicked)]);
    assert_eq!(kinds, expected.concat());
}

#[test]
fn starting_outside_a_runtime_fails() {
    let error = branch("a").build().unwrap().start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_fails_starts_nothing() {
    let log = Log::<()>::default();
    let opened = log.clone();
    let broken =
        Wire::per_worker("broken", || -> fn(u64) -> Result<u64, String> { panic!("as told") });
    let sink = electrician_plug::sink_fn(move |_: &u64| {
        opened.add(());
        Ok::<_, String>(())
    });
    let conduit = branch("head").then(broken).sink("out", sink).with_source(numbers(0..9)).build();
    let error = conduit.unwrap().start().unwrap_err();
    assert_eq!((error.kind(), error.component()), (ErrorKind::Panicked, "broken"));
    settle().await;
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    assert_eq!(log.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn finish_or_stop_ends_by_whatever_comes_first() {
    let natural = branch("a").with_source(numbers(0..10)).build().unwrap().start().unwrap();
    let stopped = soon(natural.finish_or_stop(std::future::pending(), ms(1))).await;
    assert_eq!(balanced(&stopped).accepted, 10);
    assert_eq!(values(stopped.outputs), (0..10).collect::<Vec<_>>());

    let (wire, gate) = (gated("slow", 4), Gate::default());
    let running = Conduit::from(wire.0).with_source(numbers(0..)).build().unwrap().start().unwrap();
    let signal = gate.clone();
    let ending = tokio::spawn(async move { running.finish_or_stop(signal.pass(), ms(100)).await });
    wire.1.open(3);
    settle().await;
    assert!(!ending.is_finished());
    gate.open(1);
    wire.1.open(2);
    settle().await;
    let stopped = soon(ending).await.unwrap();
    let ledger = balanced(&stopped);
    assert_eq!(values(stopped.outputs), [0, 1, 2, 3, 4]);
    assert_eq!(ledger.abandoned, 1, "the one that the transform had by value at the deadline");
}
