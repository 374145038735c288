//! The oracle on real pipelines, with stages that really swallow items.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use electrician_conduit::Conduit;
use electrician_testkit::{Fate, Oracle, Report, Terms, Trace};
use electrician_types::{Batch, Result};
use electrician_wire::engine::{Feeder, Launch, Segment, StagePlan, Work, Worker};
use electrician_wire::{IntoSegment, Running, Stopped, Wire};

/// What a stage does with every fifth item.
#[derive(Clone, Copy)]
enum Crime {
    /// Loses it, receipt and all.
    Forget,
    /// Drops it and says that it was filtered out.
    CallFiltered,
    /// Delivers it twice.
    Copy,
    /// Acknowledges it and loses it.
    AckAndLose,
    /// Delivers it, and tells its source that it failed.
    Nack,
}

/// A stage as the engine makes them, by hand.
struct Criminal(Crime);

struct Deed {
    crime: Crime,
    next: Feeder<u64>,
}

impl IntoSegment for Criminal {
    type In = u64;
    type Out = u64;

    fn into_segment(self) -> Arc<dyn Segment<u64, u64>> {
        Arc::new(self)
    }
}

impl Segment<u64, u64> for Criminal {
    fn launch(&self, launch: &mut Launch, downstream: Feeder<u64>) -> Result<Feeder<u64>> {
        let deed = Deed { crime: self.0, next: downstream.clone() };
        launch.stage(StagePlan::new("criminal"), &Arc::new(deed), downstream)
    }

    fn problems(&self, _into: &mut Vec<String>) {}

    fn names(&self, into: &mut Vec<Arc<str>>) {
        into.push("criminal".into());
    }
}

impl Work<u64> for Deed {
    type Out = u64;
    type State = ();

    fn state(&self, _index: usize) {}

    async fn serve(&self, worker: &mut Worker<u64, u64>, (): &mut ()) {
        let mut batch = Batch::new();
        while worker.take(64, &mut batch).await {
            let mut out = Batch::new();
            while let Some(item) = batch.take() {
                let id = *item.value();
                match self.crime {
                    _ if id % 5 != 0 => out.extend([item]),
                    Crime::Forget => mem::forget(item),
                    Crime::CallFiltered => {
                        drop(item);
                        worker.ledger().filtered += 1;
                    }
                    Crime::Copy => {
                        out.extend([item]);
                        out.push(id);
                    }
                    Crime::AckAndLose => {
                        item.accept();
                    }
                    Crime::Nack => {
                        let (id, receipt) = item.into_parts();
                        drop(receipt);
                        out.push(id);
                    }
                }
            }
            worker.push_to(&self.next, &mut out).await;
            worker.commit();
        }
    }
}

async fn commit(crime: Crime) -> Report {
    let conduit = Conduit::from(Wire::map("same", |n: u64| n)).then(Criminal(crime));
    let running = conduit.build().unwrap().start().unwrap();
    let (oracle, stopped) = run(running).await;
    oracle.stopped(&stopped);
    drop(stopped);
    oracle.check(&Terms::new())
}

/// Sends twenty items through and tells the oracle what came out.
async fn run<C>(running: Running<C>) -> (Oracle, Stopped<C>)
where
    C: electrician_wire::Component<In = u64, Out = u64>,
{
    let oracle = Oracle::new();
    let mut output = running.output();
    for id in 0..20 {
        running.inlet().submit_item(oracle.item(id, id)).await.unwrap();
        oracle.accepted(id);
    }
    let reading = async {
        while let Some(id) = output.recv().await {
            oracle.saw(Fate::Delivered, id);
        }
    };
    let (stopped, ()) = tokio::join!(running.stop(Duration::from_secs(20)), reading);
    (oracle, stopped)
}

#[track_caller]
fn has(report: &Report, what: &[&str]) {
    let found = what.iter().all(|what| report.has(what));
    assert!(found, "{what:?} should be found: {report}");
}

#[tokio::test]
async fn an_honest_pipeline_is_clean() {
    let conduit = Conduit::from(Wire::map("same", |n: u64| n)).build().unwrap();
    let (oracle, stopped) = run(conduit.start().unwrap()).await;
    oracle.stopped(&stopped);
    oracle.assert(&Terms::new().only_expected_failures());
}

#[tokio::test]
async fn a_stage_that_forgets_items_is_found() {
    let report = commit(Crime::Forget).await;
    has(&report, &["unbalanced", "lost", "no verdict", "stage not settled"]);
    assert!(report.to_string().contains("0 abandoned: 0, 5, 10, 15"), "{report}");
    assert!(report.to_string().contains("never got a verdict: 0, 5, 10, 15"), "{report}");
}

#[tokio::test]
async fn a_stage_that_calls_lost_items_filtered_is_found() {
    // The ledger balances: only who counts himself can know.
    let report = commit(Crime::CallFiltered).await;
    has(&report, &["wrong column", "lost"]);
    assert!(!report.has("unbalanced"), "{report}");
}

#[tokio::test]
async fn a_stage_that_delivers_twice_is_found() {
    let report = commit(Crime::Copy).await;
    has(&report, &["duplicated", "unbalanced"]);
    assert!(report.to_string().contains("0 (+1), 5 (+1), 10 (+1), 15 (+1)"), "{report}");
}

#[tokio::test]
async fn a_stage_that_acknowledges_what_it_loses_is_found() {
    has(&commit(Crime::AckAndLose).await, &["lost", "wrongly acked"]);
}

#[tokio::test]
async fn a_stage_that_gives_a_wrong_verdict_is_found() {
    let report = commit(Crime::Nack).await;
    has(&report, &["wrongly nacked"]);
    assert_eq!(report.findings().len(), 1, "{report}");
}

#[tokio::test]
async fn returned_values_that_are_not_there_are_missed() {
    let wire = Wire::map("same", |n: u64| n).with_workers(1).build().unwrap();
    let running = wire.start().unwrap();
    let oracle = Oracle::new();
    for id in 0..3 {
        running.submit(id).await.unwrap();
        oracle.accepted(id);
    }
    let mut stopped = running.stop(Duration::from_secs(20)).await;
    mem::forget(stopped.outputs.pop());
    oracle.stopped(&stopped);
    oracle.returned(stopped.outputs, |id| Trace::new(*id));
    let report = oracle.check(&Terms::new());
    has(&report, &["returned values", "wrong column", "lost"]);
}
