//! Shows how an endless pipeline ends: it stops taking, finishes what it can until a deadline, and
//! gives back the rest.
//!
//! ```sh
//! cargo run --release --example graceful_stop
//! cargo run --release --example graceful_stop -- --after 500
//! ```
//!
//! Runs until Ctrl-C, or for so many milliseconds. Prints how many jobs were done by the deadline,
//! which ones came back, and the ledger; ends with an error if a single job is missing.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::env;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use electrician::{Conduit, Ended, Generator, Item, Plug, Stopped, Wire, sink_fn};

/// How long the pipeline may go on after it was told to stop.
const DEADLINE: Duration = Duration::from_millis(100);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let after = match env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => None,
        [option, millis] if option == "--after" => {
            let wrong = |_| format!("--after {millis}: give whole milliseconds, as in --after 500");
            Some(Duration::from_millis(millis.parse().map_err(wrong)?))
        }
        _ => return Err("usage: graceful_stop [--after MILLISECONDS]".into()),
    };

    let done = Arc::new(Mutex::new(BTreeSet::new()));
    let note = sink_fn({
        let done = Arc::clone(&done);
        move |job: &u64| {
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(*job);
            Ok::<_, Infallible>(())
        }
    });

    // 8 jobs at a time of 20 ms, and 100 that wait: more than can be done by the deadline.
    let work = Wire::async_by_ref("work", async |job: &u64| {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok::<_, Infallible>(*job)
    })
    .with_concurrency(8)
    .with_capacity(100);

    let conduit = Conduit::from(work)
        .sink("note", note)
        .with_source(Generator::new("endless", Plug::iter(|| 0_u64..)))
        .build()?;

    match after {
        Some(after) => println!("working for {after:?} …"),
        None => println!("working until Ctrl-C …"),
    }
    let signal = async {
        match after {
            Some(after) => tokio::time::sleep(after).await,
            // Where Ctrl-C cannot be listened to, stop rather than go on for ever.
            None => tokio::signal::ctrl_c().await.unwrap_or(()),
        }
    };
    let stopped = conduit.start()?.finish_or_stop(signal, DEADLINE).await;

    let done = std::mem::take(&mut *done.lock().unwrap_or_else(PoisonError::into_inner));
    let ledger = stopped.ledger;
    let returned = returned_jobs(stopped)?;
    println!("done         {} jobs", done.len());
    match (returned.first(), returned.last()) {
        (Some(first), Some(last)) => {
            println!("came back    {} jobs, from {first} to {last}", returned.len());
        }
        _ => println!("came back    none"),
    }
    println!("ledger       {ledger}");

    // Every job that was ever accepted is in one of the two sets, and none is in both.
    let jobs: BTreeSet<u64> = &done | &returned;
    let is_complete = jobs.into_iter().eq(0..ledger.accepted) && done.is_disjoint(&returned);
    if !is_complete || !ledger.is_balanced() {
        return Err("a job is missing, or there twice".into());
    }
    println!("nothing is missing");
    Ok(())
}

/// The jobs that were accepted and not done. Whoever needs them done can keep them for the next
/// start.
fn returned_jobs(stopped: Stopped<Conduit<u64, Ended>>) -> Result<BTreeSet<u64>, Box<dyn Error>> {
    let mut jobs: BTreeSet<u64> = stopped.inputs.into_iter().map(Item::accept).collect();
    // Between two stages items have whatever type they have there.
    for leftover in stopped.between {
        let (job, receipt) = leftover.downcast().map_err(|other| format!("{other:?} is no job"))?;
        receipt.ack();
        jobs.insert(job);
    }
    Ok(jobs)
}
