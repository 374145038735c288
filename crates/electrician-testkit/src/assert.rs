//! What one wants of a stopped run, with the reason when it is not so.

use electrician_types::Ledger;
use electrician_wire::{Component, Stopped};

/// Every accepted item is in exactly one column of the ledger: of the whole, and of each stage.
///
/// # Panics
///
/// If it is not so, with the ledgers that do not balance.
#[track_caller]
pub fn assert_balanced<C: Component>(stopped: &Stopped<C>) {
    let problems = imbalances(stopped);
    assert!(problems.is_empty(), "the run does not balance:{}", listed(&problems));
}

/// The run balances; nothing failed without a dead letter, was abandoned, came back or is stuck; no
/// source ended with an error, and no sink failed to open or close.
///
/// # Panics
///
/// If it is not so, with everything that is wrong.
#[track_caller]
pub fn assert_clean<C: Component>(stopped: &Stopped<C>) {
    let mut problems = imbalances(stopped);
    let Ledger { failed, abandoned, returned, .. } = stopped.ledger;
    let (inputs, outputs) = (stopped.inputs.len(), stopped.outputs.len());
    let between = stopped.between.len();
    for (is_problem, problem) in [
        (failed > 0, format!("{failed} item(s) failed: {:?}", stopped.failures)),
        (abandoned > 0, format!("{abandoned} item(s) were abandoned")),
        (
            returned > 0,
            format!("{returned} item(s) came back: {inputs} in, {between} between, {outputs} out"),
        ),
        (stopped.stuck > 0, format!("{} task(s) are stuck", stopped.stuck)),
        (!stopped.source_errors.is_empty(), format!("sources failed: {:?}", stopped.source_errors)),
        (!stopped.sink_errors.is_empty(), format!("sinks failed: {:?}", stopped.sink_errors)),
    ] {
        problems.extend(is_problem.then_some(problem));
    }
    assert!(problems.is_empty(), "the run is not clean:{}", listed(&problems));
}

fn imbalances<C: Component>(stopped: &Stopped<C>) -> Vec<String> {
    let stages = stopped.stages.iter().map(|stage| (&*stage.name, &stage.ledger));
    let ledgers = std::iter::once(("the run", &stopped.ledger)).chain(stages);
    let unbalanced = ledgers.filter(|(_, ledger)| !ledger.is_balanced());
    unbalanced.map(|(name, ledger)| format!("{name}: {ledger}")).collect()
}

fn listed(problems: &[String]) -> String {
    problems.iter().flat_map(|problem| ["\n  ", problem]).collect()
}
