//! The settings of a stage that hands items out.

use std::collections::BTreeSet;

use electrician_conduit::{FanOut, Routes};
use electrician_types::{ErrorKind, Event};
use electrician_wire::dead_letters;

use crate::record::{Log, Record};
use crate::support::{branch, finish, numbers, soon, sorted, stop, values};

fn small() -> Routes<u64, u64> {
    Routes::new().when(|n: &u64| *n < 20, branch("small"))
}

#[tokio::test(start_paused = true)]
async fn dead_letters_take_what_has_no_route_and_what_panics() {
    let ((port, mut letters), record) = (dead_letters(64), Record::new());
    let panicking = Routes::new().when(
        |n: &u64| n.checked_rem(n % 4).map_or_else(|| panic!("as told"), |_| *n < 20),
        branch("small"),
    );
    let stage = FanOut::route(panicking).named("sorting").with_dead_letters(port);
    let running = branch("head").fan_out(stage).build().unwrap().start().unwrap();
    for n in 0..40 {
        running.inlet().submit_item(record.item(n, n)).await.unwrap();
    }
    let stopped = stop(running).await;
    assert!(stopped.is_clean() || !stopped.outputs.is_empty(), "{stopped:?}");
    let expected: Vec<u64> = (0..20).filter(|n| n % 4 != 0).collect();
    assert_eq!((stopped.ledger.failed, stopped.ledger.dead_lettered), (0, 25));
    assert_eq!(sorted(values(stopped.outputs)), expected);
    let mut kinds = BTreeSet::new();
    while let Some(letter) = letters.try_recv() {
        assert_eq!((&*letter.stage, letter.attempts), ("sorting", 1));
        assert_eq!(letter.error.component(), "sorting");
        let is_panic = letter.error.kind() == ErrorKind::Panicked;
        assert_eq!(is_panic, letter.item.value().is_multiple_of(4), "{letter}");
        kinds.insert(is_panic);
        letter.accept();
    }
    assert_eq!((kinds.len(), record.counts()), (2, (40, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_panics_goes_to_the_dead_letters() {
    let (port, letters) = dead_letters(64);
    let key = |n: &u64| n.checked_rem(n % 4).expect("as told");
    let stage = FanOut::partition_by_key(key, [branch("a"), branch("b")]).with_dead_letters(port);
    let conduit = branch("head").fan_out(stage).discard().with_source(numbers(0..40));
    let stopped = finish(conduit.build().unwrap().start().unwrap()).await;
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!((stopped.ledger.dead_lettered, letters.len()), (10, 10));
}

/// The letters do not fit, so the stage waits; what it had assigned before is on its way.
#[tokio::test(start_paused = true)]
async fn while_the_port_is_full_items_before_are_handed_out() {
    let (port, mut letters) = dead_letters(1);
    let stage = FanOut::route(small()).with_dead_letters(port);
    let conduit = branch("head").fan_out(stage).build().unwrap();
    let running = conduit.start().unwrap();
    running.submit_batch(&mut vec![1, 100, 2, 101, 3]).await.unwrap();
    let mut output = running.output();
    for n in [1, 2] {
        assert_eq!(soon(output.recv()).await, Some(n));
    }
    drop(output);
    assert_eq!(letters.try_recv().map(electrician_wire::DeadLetter::accept), Some(100));
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.dead_lettered, values(stopped.outputs)), (2, vec![3]));
}

#[tokio::test(start_paused = true)]
async fn it_has_a_name_a_capacity_and_an_observer() {
    let log: Log<String> = Log::default();
    let told = log.clone();
    let stage = FanOut::broadcast([branch("a"), branch("b")]);
    let stage = stage.named("copies").with_capacity(7).with_observer(move |event: &Event<'_>| {
        if let Event::Processed { component, taken, emitted } = event {
            told.add(format!("{component} {taken} {emitted}"));
        }
    });
    let conduit = branch("head").fan_out(stage).broadcast([branch("c")]).build().unwrap();
    let running = conduit.start().unwrap();
    let of = |name: &str| {
        running.progress().into_iter().find(|stage| &*stage.name == name).unwrap().capacity
    };
    assert_eq!((of("copies"), of("broadcast")), (7, 64));
    running.submit(1).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.split, 1);
    assert_eq!(log.all(), ["copies 1 2"]);
}
