//! Several conduits into one: `fed_by`, and sources in the middle.

use electrician_conduit::Conduit;
use electrician_wire::{Stopped, Wire};

use crate::support::{
    AMPLE, branch, columns, finish, gated, ms, names_all, numbers, same, settle, soon, sorted,
    stalled, stop, stop_within, values,
};

fn side(count: u64) -> electrician_conduit::ConduitBuilder<u64, u64> {
    Conduit::from(Wire::map("side", |n: u64| n + 1000)).with_source(numbers(0..count))
}

#[tokio::test(start_paused = true)]
async fn finish_lets_the_source_of_a_side_come_to_its_end() {
    let conduit = branch("head").fed_by(side(500)).build().unwrap();
    let running = conduit.start().unwrap();
    let stopped = finish(running).await;
    let outputs = sorted(values(stopped.outputs));
    assert_eq!(outputs, (1000..1500).collect::<Vec<_>>(), "the side's source was cut short");
}

#[tokio::test(start_paused = true)]
async fn finish_lets_the_source_of_a_linked_conduit_come_to_its_end() {
    let tail = branch("tail").with_source(numbers(0..500)).build().unwrap();
    let conduit = branch("head").link(tail).build().unwrap();
    let running = conduit.start().unwrap();
    running.submit(7000).await.unwrap();
    let stopped = finish(running).await;
    let outputs = sorted(values(stopped.outputs));
    assert_eq!(outputs, (0..500).chain([7000]).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn finish_lets_the_source_of_a_branch_come_to_its_end() {
    let fed = branch("fed").with_source(numbers(0..500));
    let conduit = branch("head").broadcast([fed, branch("other")]).build().unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert_eq!(sorted(values(stopped.outputs)), (0..500).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn finish_or_stop_lets_the_source_of_a_side_come_to_its_end() {
    let conduit = branch("head").fed_by(side(500)).build().unwrap();
    let running = conduit.start().unwrap();
    let stopped = soon(running.finish_or_stop(std::future::pending(), AMPLE)).await;
    assert_eq!(stopped.ledger.delivered + stopped.ledger.returned, 500, "{}", stopped.ledger);
    assert!(stopped.ledger.is_balanced());
}

#[tokio::test(start_paused = true)]
async fn sides_and_sources_of_the_head_come_together() {
    let conduit = branch("head")
        .with_source(numbers(0..100))
        .fed_by(side(200))
        .fed_by(Conduit::from(Wire::map("other", |n: u64| n + 5000)).with_source(numbers(0..50)))
        .discard()
        .build()
        .unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert!(stopped.is_clean(), "{stopped:?}");
    let names: Vec<_> = stopped.stages.iter().map(|stage| &*stage.name).collect();
    assert_eq!(names, ["other", "side", "head", "discard"]);
    assert_eq!((stopped.ledger.accepted, stopped.ledger.delivered), (350, 350));
    // And once more: the same configuration, a fresh run.
    let stopped = finish(stopped.component.start().unwrap()).await;
    assert_eq!((stopped.ledger.accepted, stopped.ledger.delivered), (350, 350));
}

#[tokio::test(start_paused = true)]
async fn items_from_a_side_and_from_submits_are_told_apart() {
    let conduit = branch("head").fed_by(side(300)).build().unwrap();
    let running = conduit.start().unwrap();
    let read = tokio::spawn(running.output().collect());
    for n in 0..200 {
        running.submit(n).await.unwrap();
    }
    settle().await;
    let stopped = stop(running).await;
    let read = soon(read).await.unwrap();
    assert_eq!(sorted(read), (0..200).chain(1000..1300).collect::<Vec<_>>());
    assert_eq!((stopped.ledger.accepted, stopped.ledger.delivered), (500, 500));
    let accepted: Vec<_> = stopped.stages.iter().map(|stage| stage.ledger.accepted).collect();
    assert_eq!(accepted, [300, 500], "by stage: the side has its own, the head has both");
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_items_of_a_side_and_submits_come_back_once() {
    let conduit = Conduit::from(stalled("head", 4))
        .fed_by(Conduit::from(same("side", 4)).with_source(numbers(100..110)))
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    let mut accepted = 0;
    for n in 0..3 {
        accepted += u64::from(running.try_submit(n).is_ok());
    }
    settle().await;
    let Stopped { ledger, inputs, between, .. } = stop_within(running, ms(10)).await;
    let mut all = values(inputs);
    all.extend(between.into_iter().map(|left| left.downcast::<u64>().unwrap().0));
    let sources: Vec<_> = all.iter().filter(|n| **n >= 100).copied().collect();
    assert_eq!(all.len() - sources.len(), usize::try_from(accepted).unwrap());
    assert_eq!(ledger.accepted, accepted + sources.len() as u64);
    let read: Vec<_> = (100..100 + sources.len() as u64).collect();
    assert_eq!(sorted(sources), read, "the first that were read, each once");
    assert_eq!(ledger.returned, ledger.accepted);
}

#[tokio::test(start_paused = true)]
async fn a_side_without_a_source_is_a_problem() {
    let error = branch("head").fed_by(branch("dry")).build().unwrap_err();
    names_all(error.problems(), &["\"dry\"", "no source"], &error);
    assert_eq!(error.problems().len(), 1, "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_side_may_be_fed_by_a_side_of_its_own() {
    let inner = branch("inner").with_source(numbers(0..10));
    let outer = branch("outer").with_source(numbers(10..20)).fed_by(inner);
    let conduit = branch("head").with_source(numbers(20..30)).fed_by(outer).build().unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert_eq!(columns(&stopped.ledger)[0], ("accepted", 30));
    assert_eq!(sorted(values(stopped.outputs)), (0..30).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_side_may_be_fed_by_its_own_side_alone() {
    let inner = branch("inner").with_source(numbers(0..10));
    let outer = branch("outer").fed_by(inner);
    let conduit = branch("head").fed_by(outer.build().unwrap()).build().unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert_eq!(sorted(values(stopped.outputs)), (0..10).collect::<Vec<_>>());
    let names: Vec<_> = stopped.stages.iter().map(|stage| &*stage.name).collect();
    assert_eq!(names, ["inner", "outer", "head"]);
    let accepted: Vec<_> = stopped.stages.iter().map(|stage| stage.ledger.accepted).collect();
    assert_eq!(accepted, [10, 10, 10]);
    assert_eq!(stopped.ledger.accepted, 10, "the whole took each in once");
}

#[tokio::test(start_paused = true)]
async fn a_side_whose_own_side_is_dry_is_one_problem() {
    let outer = branch("outer").fed_by(branch("dry"));
    let error = branch("head").fed_by(outer).build().unwrap_err();
    names_all(error.problems(), &["\"dry\"", "no source"], &error);
    assert_eq!(error.problems().len(), 1, "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_side_does_not_end_the_head() {
    let (head, gate) = gated("head", 64);
    let conduit = Conduit::from(head).fed_by(side(1)).build().unwrap();
    let running = conduit.start().unwrap();
    gate.open(10);
    let mut output = running.output();
    assert_eq!(soon(output.recv()).await, Some(1000));
    settle().await;
    running.submit(1).await.unwrap();
    assert_eq!(soon(output.recv()).await, Some(1), "the head still takes items");
    drop(output);
    assert_eq!(stop(running).await.ledger.delivered, 2);
}
