//! Sources, and futures of theirs, whose `Drop` panics: reported, restarted, and nothing lost.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use electrician_conduit::Conduit;
use electrician_generator::{Generator, Restart};
use electrician_types::{Batch, Clock, Error, ErrorKind, Next, Result, Source, Timer};
use electrician_wire::{Retry, RuntimeClock, Wire};

use crate::support::{doubling, fed, finish, ms, settle, stop, values};

struct Clings;

impl Drop for Clings {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "it clings");
    }
}

/// Gives its number, and ends or waits; what it holds does not want to be dropped.
struct Clinging {
    number: u64,
    in_read: bool,
    _own: Option<Clings>,
}

impl Source for Clinging {
    type Item = u64;

    async fn read(&mut self, batch: &mut Batch<u64>, _demand: usize) -> Result<Next> {
        batch.push(self.number);
        if self.in_read {
            let held = Clings;
            pending::<()>().await;
            drop(held);
        }
        Ok(Next::End)
    }
}

#[tokio::test(start_paused = true)]
async fn a_source_whose_drop_panics_is_reported() {
    let open = || Ok(Clinging { number: 7, in_read: false, _own: Some(Clings) });
    let stopped = finish(fed(Generator::new("clinging", open))).await;
    assert_eq!(stopped.source_errors.len(), 1, "{stopped:?}");
    assert_eq!(stopped.source_errors[0].kind(), ErrorKind::Panicked);
    assert_eq!(stopped.source_errors[0].component(), "clinging");
    assert!(!stopped.is_clean());
    assert_eq!(values(stopped.outputs), [7]);
}

#[tokio::test(start_paused = true)]
async fn a_source_whose_drop_panics_is_opened_again_all_the_same() {
    let opened = AtomicU64::new(0);
    let open = move || {
        let number = opened.fetch_add(1, Ordering::Relaxed);
        let own = (number < 2).then(|| Clings);
        Ok(Clinging { number, in_read: number == 2, _own: own })
    };
    let policy = Restart::always(doubling(1, ms(1), ms(1)));
    let running = fed(Generator::new("clinging", open).with_restart(policy));
    tokio::time::sleep(ms(10)).await;
    assert_eq!(values(stop(running).await.outputs), [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn what_was_read_goes_in_though_the_read_that_is_cut_short_panics() {
    let open = || Ok(Clinging { number: 7, in_read: true, _own: None });
    let running = fed(Generator::new("clinging", open));
    settle().await;
    let stopped = stop(running).await;
    assert_eq!(stopped.source_errors.len(), 1, "{stopped:?}");
    assert_eq!(values(stopped.outputs), [7]);
}

/// Fails to read and to close.
struct Broken;

impl Source for Broken {
    type Item = u64;

    async fn read(&mut self, _batch: &mut Batch<u64>, _demand: usize) -> Result<Next> {
        Err(Error::new(ErrorKind::Failed, "reading"))
    }

    async fn close(&mut self) -> Result<()> {
        Err(Error::new(ErrorKind::Failed, "closing"))
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_read_does_not_hide_that_of_the_close() {
    let stopped = finish(fed(Generator::new("broken", || Ok(Broken)))).await;
    let texts: Vec<_> = stopped.source_errors.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains("reading") && texts[1].contains("closing"), "{texts:?}");
}

/// A clock whose timers elapse at once, without asking the runtime.
#[derive(Debug)]
struct Hasty;

impl Clock for Hasty {
    fn now(&self) -> Instant {
        RuntimeClock.now()
    }

    fn timer(&self) -> Box<dyn Timer> {
        Box::new(Self)
    }
}

impl Timer for Hasty {
    fn reset(&mut self, _deadline: Instant) {}

    fn poll_elapsed(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

#[tokio::test(start_paused = true)]
async fn restarts_without_a_wait_let_other_tasks_run() {
    let opened = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&opened);
    let open = move || {
        count.fetch_add(1, Ordering::Relaxed);
        Err::<Broken, _>(Error::new(ErrorKind::Failed, "opening"))
    };
    let policy = Restart::on_failure(Retry::fixed(100_000, Duration::ZERO));
    let conduit = Conduit::from(Wire::map("head", |n: u64| n))
        .with_source(Generator::new("hasty", open).with_restart(policy))
        .with_clock(Arc::new(Hasty));
    let running = conduit.build().unwrap().start().unwrap();
    settle().await;
    assert!(opened.load(Ordering::Relaxed) < 10_000, "it has had the thread for itself");
    assert_eq!(stop(running).await.source_errors.len(), 1);
}
