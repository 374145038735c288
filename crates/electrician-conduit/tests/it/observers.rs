//! One observer for everything that has none of its own.

use std::collections::BTreeSet;

use electrician_conduit::{Conduit, Discard, FanOut, SinkStage};
use electrician_types::{Event, Observer};
use electrician_wire::Wire;

use crate::record::Log;
use crate::support::{branch, finish, numbers};

/// Writes down who says what.
fn noting(log: &Log<String>) -> impl Observer + use<> {
    let log = log.clone();
    move |event: &Event<'_>| match event {
        Event::Started { component, .. } => log.add(format!("{component} starts")),
        Event::Stopped { component, .. } => log.add(format!("{component} stops")),
        Event::SourceStarted { component } => log.add(format!("{component} opens")),
        Event::SourceEnded { component, items, .. } => log.add(format!("{component} gave {items}")),
        _ => {}
    }
}

fn names(log: &Log<String>) -> BTreeSet<String> {
    log.all().iter().filter_map(|text| text.split(' ').next()).map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn it_watches_stages_sources_fan_outs_and_sinks() {
    let log = Log::default();
    let conduit = Conduit::from(Wire::map("head", |n: u64| n))
        .with_observer(noting(&log))
        .then(Wire::map("middle", |n: u64| n))
        .fed_by(branch("side").with_source(numbers(0..2)))
        .broadcast([branch("a"), branch("b")])
        .discard()
        .with_source(numbers(0..3))
        .build()
        .unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    let stages = ["a", "b", "broadcast", "discard", "head", "middle", "numbers", "side"];
    assert_eq!(names(&log), stages.map(str::to_owned).into());
    let count = |said: &str| log.all().iter().filter(|text| *text == said).count();
    for said in ["head starts", "discard stops", "numbers gave 2", "numbers gave 3"] {
        assert_eq!(count(said), 1, "{said}");
    }
    assert_eq!(count("numbers opens"), 2);
    // A second run is watched as well.
    let before = log.len();
    assert!(finish(stopped.component.start().unwrap()).await.is_clean());
    assert!(log.len() > before);
    assert_eq!(count("numbers opens"), 4);
}

#[tokio::test(start_paused = true)]
async fn what_has_its_own_keeps_it() {
    let [outer, part, own] = [(); 3].map(|()| Log::default());
    let linked = branch("linked").then(branch("second")).with_observer(noting(&part));
    let linked = linked.then(Wire::map("third", |n: u64| n).with_observer(noting(&own)));
    let conduit = Conduit::from(Wire::map("head", |n: u64| n).with_observer(noting(&own)))
        .then(linked.with_source(numbers(0..3)).build().unwrap())
        .fan_out(FanOut::broadcast([branch("a")]).with_observer(noting(&own)))
        .sink_stage(SinkStage::new("out", Discard).with_observer(noting(&own)))
        .with_observer(noting(&outer))
        .with_source(numbers(0..3))
        .build()
        .unwrap();
    let stopped = finish(conduit.start().unwrap()).await;
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!(names(&outer), ["a", "numbers"].map(str::to_owned).into());
    assert_eq!(names(&part), ["linked", "numbers", "second"].map(str::to_owned).into());
    assert_eq!(names(&own), ["broadcast", "head", "out", "third"].map(str::to_owned).into());
}
