//! The graph of a run: what feeds what, in text and pictures, and what holds the others up.

use std::collections::BTreeSet;

use electrician_conduit::{Conduit, FanOut, Routes};
use electrician_testkit::Recorder;
use electrician_types::ComponentKind;
use electrician_wire::{Cause, Component, Running, Topology, Wire};

use crate::support::{branch, finish, numbers, same, settle, stalled, stop, stop_within};

/// Each arrow, as the names of its ends.
fn arrows(topology: &Topology) -> BTreeSet<String> {
    let to = |from: &electrician_types::StageView| {
        let name = from.name.to_string();
        from.feeds
            .iter()
            .filter_map(|next| topology.stage(*next))
            .map(|next| format!("{name} > {}", next.name))
            .collect::<Vec<_>>()
    };
    topology.stages.iter().flat_map(to).collect()
}

fn expect<C: Component>(running: &Running<C>, arrows_: &[&str]) {
    let expected: BTreeSet<_> = arrows_.iter().map(|arrow| (*arrow).to_owned()).collect();
    assert_eq!(arrows(&running.explain()), expected);
}

#[tokio::test(start_paused = true)]
async fn it_knows_sources_sides_branches_and_sinks() {
    let recorder = Recorder::new();
    let conduit = Conduit::from(Wire::map("head", |n: u64| n))
        .then(Wire::map("middle", |n: u64| n))
        .fed_by(branch("side").with_source(numbers(0..2)))
        .broadcast([branch("a"), branch("b")])
        .discard()
        .with_source(numbers(0..3))
        .with_observer(recorder.clone())
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    expect(
        &running,
        &[
            "numbers > head",
            "numbers > side",
            "side > head",
            "head > middle",
            "middle > broadcast",
            "broadcast > a",
            "broadcast > b",
            "a > discard",
            "b > discard",
        ],
    );
    // Who watches is shown the same ones, each once.
    let shown: BTreeSet<_> = recorder.stages().iter().map(|stage| stage.first().id).collect();
    let explained: BTreeSet<_> = running.explain().stages.iter().map(|stage| stage.id).collect();
    assert_eq!(shown.len(), recorder.stages().len());
    assert!(shown.is_subset(&explained), "{shown:?} {explained:?}");
    let kinds: Vec<_> = recorder.stages().iter().map(|stage| stage.first().kind).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == ComponentKind::Generator).count(), 2);
    assert_eq!(kinds.iter().filter(|kind| **kind == ComponentKind::Sink).count(), 1);
    let stopped = finish(running).await;
    for stage in recorder.stages() {
        let name = &stage.first().name;
        assert!(stage.view().is_none(), "{name} is kept after the run");
    }
    assert_eq!(recorder.stage_named("discard").totals().0, 10);
    drop(stopped);
}

#[tokio::test(start_paused = true)]
async fn it_knows_routes_and_partitions() {
    let routes = Routes::new().when(|n| *n == 1, branch("a")).otherwise(branch("b"));
    let routed = Conduit::from(same("head", 8)).route(routes).build().unwrap();
    let running = routed.start().unwrap();
    expect(&running, &["head > route", "route > a", "route > b", "a > output", "b > output"]);
    drop(stop(running).await);
    let ways = [branch("a").then(same("second", 8)), branch("b")];
    let parted = Conduit::from(same("head", 8)).partition_by_key(|n| *n, ways).build().unwrap();
    let running = parted.start().unwrap();
    let topology = running.explain();
    let name = &topology.stages[1].name;
    expect(
        &running,
        &[
            &format!("head > {name}"),
            &format!("{name} > a"),
            &format!("{name} > b"),
            "a > second",
            "second > output",
            "b > output",
        ],
    );
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn a_real_run_explains_itself() {
    let ways = [Conduit::from(stalled("slow", 2)), Conduit::from(same("fast", 8))];
    let conduit = Conduit::from(same("head", 4))
        .fan_out(FanOut::broadcast(ways).with_capacity(8))
        .with_output_capacity(16)
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    for n in 0..3 {
        running.submit(n).await.unwrap();
        settle().await;
    }
    let topology = running.explain();
    let expected = "\
head       0/4 queued, 0 in hand, accepted 3 = delivered 3; 1 idle; to broadcast
broadcast  0/8 queued, 0 in hand, accepted 3 + split 3 = delivered 6; 1 idle; to slow, fast
slow       2/2 queued, 1 in hand, accepted 3 ≠ delivered 0; 1 working; to output
fast       0/8 queued, 0 in hand, accepted 3 = delivered 3; 1 idle; to output
output     3/16 to be read, 0 read
slow holds the others up: its queue is 100 % full, and its one worker is busy
";
    assert_eq!(topology.to_string(), expected);
    let bottleneck = topology.bottleneck().unwrap();
    assert_eq!((&*bottleneck.name, bottleneck.cause), ("slow", Cause::Work { workers: 1 }));
    let ids: Vec<_> = topology.stages.iter().map(|stage| stage.id).collect();
    let [head, fan, slow, fast, out] = ids[..] else { panic!("{ids:?}") };
    let expected = format!(
        r#"digraph pipeline {{
  rankdir=LR;
  node [shape=box];
  s{head} [label="head\n0 of 4 queued\n0 in hand of 1 workers"];
  s{fan} [label="broadcast\n0 of 8 queued\n0 in hand of 1 workers"];
  s{slow} [label="slow\n2 of 2 queued\n1 in hand of 1 workers", color=red];
  s{fast} [label="fast\n0 of 8 queued\n0 in hand of 1 workers"];
  s{out} [label="output\n3 of 16", shape=ellipse];
  s{head} -> s{fan};
  s{fan} -> s{slow};
  s{fan} -> s{fast};
  s{slow} -> s{out};
  s{fast} -> s{out};
}}
"#
    );
    assert_eq!(topology.to_dot(), expected);
    let expected = format!(
        r#"flowchart LR
  s{head}["head<br/>0 of 4 queued<br/>0 in hand of 1 workers"]
  s{fan}["broadcast<br/>0 of 8 queued<br/>0 in hand of 1 workers"]
  s{slow}["slow<br/>2 of 2 queued<br/>1 in hand of 1 workers"]
  s{fast}["fast<br/>0 of 8 queued<br/>0 in hand of 1 workers"]
  s{out}[("output<br/>3 of 16")]
  s{head} --> s{fan}
  s{fan} --> s{slow}
  s{fan} --> s{fast}
  s{slow} --> s{out}
  s{fast} --> s{out}
  style s{slow} stroke:#d00
"#
    );
    assert_eq!(topology.to_mermaid(), expected);
    let json = topology.to_json();
    assert_eq!(json["bottleneck"]["name"], "slow");
    assert_eq!(json["stages"].as_array().map(Vec::len), Some(5));
    assert_eq!(json["stages"][2]["doing"]["working"], 1);
    assert_eq!(json["stages"][1]["feeds"][0], json["stages"][2]["id"]);
    drop(stop_within(running, std::time::Duration::ZERO).await);
}
