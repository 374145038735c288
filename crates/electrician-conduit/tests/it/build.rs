//! Everything that is wrong is named at once, when the conduit is built.

use electrician_conduit::{Conduit, ConduitBuilder, FanOut, Routes, SinkStage};
use electrician_generator::{Generator, Restart};
use electrician_plug::{Plug, sink_fn};
use electrician_types::Error;
use electrician_wire::{Batching, Retry, Wire};

use crate::support::{branch, ms, names_all};

fn bad(name: &str) -> ConduitBuilder<u64, u64> {
    Conduit::from(Wire::map(name, |n: u64| n).with_workers(0))
}

#[test]
fn problems_of_all_parts_come_together() {
    let retry = Retry::fixed(0, ms(1));
    let sink = |name: &str| {
        let sink = sink_fn(|_: &u64| Ok::<_, String>(()));
        SinkStage::new(name, sink).with_capacity(0)
    };
    let nothing = Vec::<ConduitBuilder<u64, u64>>::new();
    let side =
        bad("side").with_source(Generator::new("bad source", Plug::iter(|| 0..1)).with_batch(0));
    let error = Conduit::from(Wire::map("head", |n: u64| n).with_capacity(0))
        .then(Wire::new("middle", |n: u64| Ok::<_, String>(n)).with_workers(0))
        .then(Wire::by_ref("insulated", |n: &u64| Ok::<_, String>(*n)).with_retry(retry.clone()))
        .fed_by(side)
        .fed_by(branch("dry side"))
        .broadcast([bad("first branch"), branch("good"), bad("last branch")])
        .route(Routes::new().when(|_| true, bad("when")).otherwise(bad("otherwise")))
        .partition_by_key(|n| *n, [bad("part")])
        .route(Routes::new())
        .partition_by_key(|n| *n, nothing)
        .then(Wire::batch("batch", Batching::items(0)))
        .then(Wire::unbatch("unbatch"))
        .sink_stage(sink("out"))
        .with_source(Generator::new("in", Plug::iter(|| 0..1)).with_restart(Restart::always(retry)))
        .with_output_capacity(0)
        .named("")
        .build()
        .unwrap_err();
    let parts = [
        "\"head\"",
        "\"middle\"",
        "\"insulated\"",
        "\"side\"",
        "\"bad source\"",
        "\"dry side\"",
        "\"first branch\"",
        "\"last branch\"",
        "\"when\"",
        "\"otherwise\"",
        "\"part\"",
        "route without a condition",
        "\"partition\": without branches",
        "\"batch\"",
        "\"out\"",
        "\"in\"",
        "output of capacity 0",
        "conduit's name is empty",
    ];
    names_all(error.problems(), &parts, &error);
    // A route without conditions and branches lacks both.
    assert!(error.problems().len() <= parts.len() + 1, "{error:#?}");
    assert!(error.problems().iter().all(|text| !text.ends_with('.')), "{error:#?}");
    let mut once = error.problems().to_vec();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), error.problems().len(), "each once: {error:#?}");
    assert!(Error::from(error).to_string().contains("\"first branch\""));
}

#[test]
fn problems_inside_nested_branches_and_sides_are_found() {
    let inner = branch("inner").broadcast([bad("deep one"), branch("fine")]);
    let nested =
        branch("outer").route(Routes::new().when(|_| true, inner).otherwise(bad("deep two")));
    let side =
        Conduit::from(Wire::map("side", |n: u64| n)).partition_by_key(|n| *n, [bad("deep three")]);
    let side = side.with_source(Generator::new("", Plug::iter(|| 0..1)));
    let error = nested.fed_by(side).build().unwrap_err();
    let parts = ["\"deep one\"", "\"deep two\"", "\"deep three\"", "name of a generator"];
    names_all(error.problems(), &parts, &error);
    assert_eq!(error.problems().len(), parts.len(), "{error:#?}");
}

#[test]
fn settings_of_a_fan_out_are_validated() {
    let stage = FanOut::broadcast([branch("a")]).named("").with_capacity(0);
    let huge = FanOut::broadcast([branch("b")]).named("huge").with_capacity(usize::MAX);
    let error = branch("head").fan_out(stage).fan_out(huge).build().unwrap_err();
    let parts = ["name is empty", "capacity 0", "\"huge\": a queue of more"];
    names_all(error.problems(), &parts, &error);
    assert_eq!(error.problems().len(), parts.len(), "{error:#?}");
}

#[test]
fn the_last_otherwise_counts() {
    let routes = || Routes::new().when(|n: &u64| *n > 5, branch("big"));
    let conduit = branch("head").route(routes().otherwise(bad("first")).otherwise(branch("last")));
    assert!(conduit.build().is_ok(), "the first was replaced");
    let conduit = branch("head").route(routes().otherwise(bad("first")).otherwise_drop());
    assert!(conduit.build().is_ok(), "dropping replaced it");
}

#[test]
fn an_output_that_could_never_be_allocated_is_a_problem() {
    let result = branch("a").with_output_capacity(usize::MAX).build();
    assert!(result.is_err(), "as it is for a wire; the start would panic: {result:?}");
}

#[tokio::test]
async fn a_good_conduit_builds_from_builders_wires_and_conduits() {
    let wire = Wire::map("wire", |n: u64| n).build().unwrap();
    let conduit = Conduit::from(wire).then(branch("conduit").build().unwrap()).build().unwrap();
    let again: ConduitBuilder<u64, u64> = conduit.into();
    assert!(format!("{again:?}").contains(r#"["wire", "conduit"]"#), "{again:?}");
    let stopped = again.build().unwrap().start().unwrap().stop(ms(1000)).await;
    assert!(stopped.is_clean());
}
