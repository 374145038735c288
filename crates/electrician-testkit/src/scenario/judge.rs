//! Whether a scenario ended well.

use crate::oracle::{Report, Terms};
use crate::scenario::course::Course;
use crate::scenario::parcel::{KEYS, key_of, origin_of};
use crate::scenario::spec::{End, Fan, FanKind, How, Order, SinkSpec, Spec, Stage, Step};
use crate::scenario::world::World;

/// Asks the oracle, and everybody who watched how he was treated.
pub(super) fn judge(spec: &Spec, world: &World, course: Course) -> (Report, Vec<String>) {
    let mut problems = Vec::new();
    let ends_by_itself = spec.how == How::Finish && course.source_errors == 0;
    for (name, source) in world.sources() {
        let breaches = source.breaches().into_iter();
        problems.extend(breaches.map(|breach| format!("{name}: {breach}")));
        if ends_by_itself && !source.is_exhausted() {
            problems.push(format!("{name} was not read to its end by a run that finished"));
        }
    }
    for (name, guard) in world.guards() {
        let breaches = guard.breaches().into_iter();
        problems.extend(breaches.map(|breach| format!("a guard of {name}: {breach}")));
    }
    for spot in world.sinks() {
        let breaches = spot.record.breaches().into_iter();
        problems.extend(breaches.map(|breach| format!("{}: {breach}", spot.name)));
    }
    if spec.how.is_patient() && course.unfinished > 0 {
        let unfinished = course.unfinished;
        problems
            .push(format!("{unfinished} item(s) came back from inside, and no deadline struck"));
    }
    world.look_into_sinks();
    let mut terms = terms(spec, course);
    if world.sources().is_empty() && !has_retrying_sink(&spec.end) {
        // A source may give an item twice, a sink counts by batches.
        terms = terms.retried(world.retries());
    }
    let report = world.oracle.check(&terms);
    if !report.is_clean() {
        problems.insert(0, report.to_string());
    }
    (report, problems)
}

fn terms(spec: &Spec, course: Course) -> Terms {
    let mut terms = Terms::new();
    if !opens_badly(&spec.end) {
        terms = terms.only_expected_failures();
    }
    if spec.letters.quits_after.is_some() {
        terms = terms.may_lose_letters();
    }
    terms = match spec.how {
        How::Drop => terms.was_dropped(),
        How::CancelStop(_) if course.is_dropped => terms.was_dropped(),
        _ if course.stuck > 0 && !spec.how.is_patient() => terms.has_stuck(),
        how if how.is_patient() => terms,
        _ => terms.may_abandon(),
    };
    match order(spec) {
        Order::None => terms,
        Order::Keyed => terms.ordered_by(|trace| origin_of(trace) * KEYS + key_of(trace)),
        Order::Whole => terms.ordered_by(origin_of),
    }
}

/// Whether a sink may fail to open, and everything with it.
fn opens_badly(end: &End) -> bool {
    has_sink(end, |sink| !sink.open_faults.is_empty())
}

fn has_retrying_sink(end: &End) -> bool {
    has_sink(end, |sink| sink.retries > 0)
}

fn has_sink(end: &End, wanted: impl Fn(&SinkSpec) -> bool) -> bool {
    match end {
        End::Output(_) => false,
        End::Sink(sink) => wanted(sink),
        End::Sinks(_, branches) => branches.iter().any(|(_, sink)| wanted(sink)),
    }
}

fn order(spec: &Spec) -> Order {
    let sides = spec.sides.iter().map(|(steps, _)| order_of(steps));
    let chain = sides.fold(order_of(&spec.steps), Order::min);
    match &spec.end {
        End::Sinks(_, branches) => {
            // Each sink is a place of its own.
            branches.iter().map(|(steps, _)| order_of(steps)).fold(chain, Order::min)
        }
        _ => chain,
    }
}

fn order_of(steps: &[Step]) -> Order {
    let order = |step: &Step| match step {
        Step::Stage(stage) => stage_order(stage),
        Step::Batch(gather) if gather.workers > 1 => Order::None,
        Step::Batch(gather) => match stage_order(&gather.apart) {
            Order::Keyed => Order::None,
            order => order,
        },
        Step::Fan(Fan { kind: FanKind::Broadcast, branches }) if branches.len() > 1 => Order::None,
        Step::Fan(Fan { branches, .. }) => {
            let branches_order = branches.iter().map(|steps| order_of(steps)).min();
            let alone = if branches.len() > 1 { Order::Keyed } else { Order::Whole };
            branches_order.unwrap_or(Order::Whole).min(alone)
        }
        Step::Joined(steps, _) => order_of(steps),
    };
    steps.iter().map(order).min().unwrap_or(Order::Whole)
}

const fn stage_order(stage: &Stage) -> Order {
    // Items that wait for another attempt are overtaken, unless the order forbids it.
    if stage.workers == 1 && stage.retries == 0 { Order::Whole } else { stage.order }
}
