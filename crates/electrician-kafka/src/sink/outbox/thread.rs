//! The thread that makes producers, takes their delivery reports, and destroys them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use electrician_types::Result;
use rdkafka::producer::{Producer as _, PurgeConfig};
use tokio::sync::oneshot;

use super::{Lease, Plan};
use crate::error::failed;
use crate::exactly_once::Outlet;
use crate::sink::check::{check, take_over};
use crate::sink::context::{Context, Producer};
use crate::sink::slots::Slots;

/// How long a report is waited for before it is looked whether this should end.
const POLL: Duration = Duration::from_millis(20);

/// The work of the thread.
pub(super) fn run(plan: &Plan, slots: &Arc<Slots>, ready: oneshot::Sender<Result<Lease>>) {
    let mut producer = match first(plan, slots, || ready.is_closed()) {
        Ok(producer) => producer,
        Err(error) => {
            // Whoever waits for it may be gone, here and below.
            let _ = ready.send(Err(error));
            return;
        }
    };
    let is_over = Arc::new(AtomicBool::new(false));
    let lease = Lease { producer: Some(Arc::clone(&producer)), is_over: Arc::clone(&is_over) };
    let _ = ready.send(Ok(lease));
    let is_over = || is_over.load(Ordering::Acquire);
    let mut retired: Vec<Arc<Producer>> = Vec::new();
    while !is_over() {
        producer.poll(POLL);
        // Nothing that is used by others is destroyed by them: it takes a while.
        retired.retain(|old| {
            old.poll(Duration::ZERO);
            Arc::strong_count(old) > 1
        });
        slots.tick();
        let Some(link) = plan.link.as_ref().filter(|link| link.take_wish()) else { continue };
        // What it still has is not to be written any more, and its receipts are waited for.
        producer.purge(PurgeConfig::default().queue().inflight());
        let another = make(plan, slots).and_then(|another| {
            take_over(&another, plan.timeout, is_over)?;
            retired.push(std::mem::replace(&mut producer, Arc::clone(&another)));
            Ok(Outlet { producer: another, slots: Arc::clone(slots) })
        });
        link.answer(another);
    }
    // What is still under way is given up: nobody waits for it.
    drop(producer);
}

/// The first producer, when the cluster and the topics are there.
fn first(
    plan: &Plan,
    slots: &Arc<Slots>,
    is_given_up: impl Fn() -> bool + Copy,
) -> Result<Arc<Producer>> {
    let producer = make(plan, slots)?;
    check(&producer, slots, &plan.topics, plan.timeout, is_given_up)?;
    if plan.link.is_some() {
        take_over(&producer, plan.timeout, is_given_up)?;
    }
    Ok(producer)
}

fn make(plan: &Plan, slots: &Arc<Slots>) -> Result<Arc<Producer>> {
    let context = Context {
        slots: Arc::clone(slots),
        partitioner: plan.partitioner.clone(),
        on_failure: plan.on_failure.clone(),
        tokens: plan.tokens.clone(),
    };
    let producer = plan.config.create_with_context(context);
    producer.map(Arc::new).map_err(|error| failed("making a producer", error))
}
