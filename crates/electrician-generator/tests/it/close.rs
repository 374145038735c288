//! How a source ends: handed over once, closed once, awaited, and what it had is not lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use electrician_conduit::Conduit;
use electrician_generator::{Generator, Restart};
use electrician_types::{Batch, Error, ErrorKind, Next, Result, Source, Watermark};
use electrician_wire::{Batching, Retry, Wire};

use crate::support::{
    AMPLE, Act, Log, Script, Step, doubling, fed, finish, ms, settle, soon, stop, stop_within,
    values,
};

/// Gives `count` numbers with receipts, then fails or waits, and commits when it is closed.
struct Committing {
    watermark: Watermark,
    next: u64,
    count: u64,
    fails: bool,
    committed: Log<Option<u64>>,
}

impl Source for Committing {
    type Item = u64;

    async fn read(&mut self, batch: &mut Batch<u64>, demand: usize) -> Result<Next> {
        for _ in 0..demand {
            if self.next == self.count {
                break;
            }
            let receipt = self.watermark.track(self.next).expect("the window is large");
            batch.push_tracked(self.next, receipt);
            self.next += 1;
        }
        if batch.is_empty() {
            if self.fails {
                return Err(Error::new(ErrorKind::Io, "the connection is gone"));
            }
            std::future::pending::<()>().await;
        }
        Ok(Next::More)
    }

    async fn close(&mut self) -> Result<()> {
        self.watermark.drained().await;
        self.committed.add(self.watermark.committed());
        Ok(())
    }
}

fn committing(
    committed: &Log<Option<u64>>,
    fails: bool,
) -> impl Fn() -> Result<Committing> + Send + Sync + 'static {
    let (committed, openings) = (committed.clone(), AtomicUsize::new(0));
    move || {
        let fails = fails && openings.fetch_add(1, Ordering::SeqCst) == 0;
        let watermark = Watermark::new(64);
        Ok(Committing { watermark, next: 0, count: 5, fails, committed: committed.clone() })
    }
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_receipts_while_the_pipeline_drains() {
    let committed = Log::new();
    let conduit = Conduit::from(Wire::batch("ten", Batching::items(10)))
        .discard()
        .with_source(Generator::new("queue", committing(&committed, false)))
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    settle().await;
    // Five items wait for five more, which do not come: only the end of the input lets them go.
    let stopped = stop(running).await;
    assert_eq!(committed.all(), [Some(4)], "committed what was acknowledged");
    assert!(stopped.is_clean(), "{stopped:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_a_failed_source_closes_still_drains() {
    let committed = Log::new();
    let generator = Generator::new("queue", committing(&committed, true))
        .with_restart(Restart::on_failure(Retry::fixed(3, ms(10))));
    let conduit = Conduit::from(Wire::batch("ten", Batching::items(10)))
        .discard()
        .with_source(generator)
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    settle().await;
    // The source has failed and closes; its close waits for receipts that wait in the batch.
    let stopped = soon(running.stop(AMPLE)).await;
    assert_eq!(stopped.stuck, 0, "{stopped:?}");
    assert_eq!((stopped.ledger.accepted, stopped.ledger.returned), (5, 0), "{stopped:?}");
    assert_eq!(committed.all(), [Some(4)], "committed what was acknowledged");
}

#[tokio::test(start_paused = true)]
async fn each_opening_is_handed_over_and_closed_once_and_before_the_next() {
    let log = Log::new();
    let script = Script::new(&log, |opening| match opening {
        0 => vec![Step::Give(1), Step::Fail],
        1 => vec![Step::Panic],
        2 => vec![Step::GiveAndFail(2)],
        _ => vec![Step::Give(3), Step::End],
    });
    let always = Retry::fixed(9, ms(5)).only_if(|_| true);
    let generator = Generator::new("g", script).with_restart(Restart::on_failure(always));
    let stopped = finish(fed(generator)).await;
    assert_eq!(values(stopped.outputs), [1, 2, 3]);
    let acts: Vec<_> = log.all().into_iter().filter(|act| !matches!(act, Act::Read(_))).collect();
    let expected = (0..4).flat_map(|n| [Act::Open(n), Act::HandOver(n), Act::Close(n)]);
    assert_eq!(acts, expected.collect::<Vec<_>>());
    assert!(stopped.source_errors.is_empty(), "{:?}", stopped.source_errors);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_source_is_handed_over_and_closed_once() {
    let log = Log::new();
    let script = Script::new(&log, |_| vec![Step::Give(1), Step::Idle]);
    let running =
        fed(Generator::new("g", script).with_restart(Restart::always(Retry::fixed(9, ms(1)))));
    settle().await;
    let stopped = stop(running).await;
    assert!(stopped.source_errors.is_empty());
    assert_eq!(values(stopped.outputs), [1]);
    let ends = [Act::Open(0), Act::Read(0), Act::Read(0), Act::HandOver(0), Act::Close(0)];
    assert_eq!(log.all(), ends);
}

/// Gives one number at a time, and keeps one in advance, which it hands over when it has to.
struct ReadsAhead {
    next: u64,
    handed_over: Arc<AtomicUsize>,
}

impl Source for ReadsAhead {
    type Item = u64;

    async fn read(&mut self, batch: &mut Batch<u64>, _demand: usize) -> Result<Next> {
        batch.push(self.next);
        self.next += 1;
        Ok(Next::More)
    }

    fn hand_over(&mut self, batch: &mut Batch<u64>) {
        batch.push(self.next);
        self.next += 1;
        self.handed_over.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_what_a_source_read_ahead_is_handed_over_too() {
    let handed_over = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&handed_over);
    let open = move || Ok(ReadsAhead { next: 0, handed_over: Arc::clone(&counter) });
    let stalled = Wire::async_by_ref("stalled", async |_: &u64| {
        std::future::pending::<Result<u64, String>>().await
    });
    let conduit = Conduit::from(stalled.with_concurrency(1).with_capacity(4))
        .with_source(Generator::new("ahead", open))
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    settle().await;
    let stopped = stop_within(running, ms(10)).await;
    assert_eq!(handed_over.load(Ordering::SeqCst), 1, "handed over once, as the source's law says");
    let mut back = values(stopped.inputs);
    back.sort_unstable();
    let all: Vec<_> = (0..back.len() as u64).collect();
    assert_eq!(back, all, "what was read comes back, without a gap");
}

struct BadManners(&'static str);

impl Source for BadManners {
    type Item = u64;

    async fn read(&mut self, batch: &mut Batch<u64>, _demand: usize) -> Result<Next> {
        batch.push(7);
        Ok(Next::End)
    }

    fn hand_over(&mut self, _batch: &mut Batch<u64>) {
        assert_ne!(self.0, "hand_over", "handing over panicked as told");
    }

    async fn close(&mut self) -> Result<()> {
        match self.0 {
            "close" => panic!("closing panicked as told"),
            "error" => Err(Error::new(ErrorKind::Io, "closing failed as told")),
            "hang" => std::future::pending().await,
            _ => Ok(()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_close_that_fails_or_panics_is_reported() {
    for (how, text) in [("error", "closing failed"), ("close", "closing panicked")] {
        let running = fed(Generator::new("rude", move || Ok(BadManners(how))));
        let stopped = finish(running).await;
        assert_eq!(values(stopped.outputs), [7]);
        let errors = stopped.source_errors;
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].to_string().contains(text), "{errors:?}");
        assert_eq!(errors[0].component(), "rude");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_handing_over_is_reported_and_costs_no_item() {
    let running = fed(Generator::new("rude", || Ok(BadManners("hand_over"))));
    let stopped = finish(running).await;
    assert_eq!(stopped.source_errors.len(), 1, "the panic is reported: {stopped:?}");
    assert_eq!(values(stopped.outputs), [7], "what was read before goes in");
}

#[tokio::test(start_paused = true)]
async fn a_close_that_never_ends_is_cancelled_at_the_deadline() {
    let running = fed(Generator::new("rude", || Ok(BadManners("hang"))));
    settle().await;
    let stopped = soon(running.stop(ms(100))).await;
    assert!(stopped.ledger.is_balanced());
    assert_eq!(values(stopped.outputs), [7]);
    assert_eq!(stopped.stuck, 0, "it awaits, so it can be cancelled, and is not stuck code");
}

#[tokio::test(start_paused = true)]
async fn a_failed_closing_between_openings_does_not_end_the_source() {
    struct Rude(usize);
    impl Source for Rude {
        type Item = u64;
        async fn read(&mut self, batch: &mut Batch<u64>, _demand: usize) -> Result<Next> {
            batch.push(self.0 as u64);
            if self.0 < 2 { Err(Error::failed("again")) } else { Ok(Next::End) }
        }
        async fn close(&mut self) -> Result<()> {
            assert!(self.0 >= 2, "closing panicked as told");
            Ok(())
        }
    }
    let openings = AtomicUsize::new(0);
    let open = move || Ok(Rude(openings.fetch_add(1, Ordering::SeqCst)));
    let policy = Restart::on_failure(doubling(3, ms(1), ms(1)));
    let stopped = finish(fed(Generator::new("rude", open).with_restart(policy))).await;
    assert_eq!(values(stopped.outputs), [0, 1, 2]);
    assert!(stopped.source_errors.is_empty(), "{:?}", stopped.source_errors);
}
