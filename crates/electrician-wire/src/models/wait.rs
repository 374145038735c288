//! No wake-up is lost: loom ends a model in which every thread sleeps.

use std::sync::Arc;
use std::task::{Context, Waker};

use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;

use super::{Stir, explore, task};
use crate::signal::Signal;
use crate::wait::{WaitList, Waiter};

/// Something to wait for, one at a time.
#[derive(Default)]
struct Tokens {
    count: AtomicUsize,
    list: Arc<WaitList>,
    stir: Stir,
}

impl Tokens {
    fn give(&self) {
        self.stir.stir();
        self.count.fetch_add(1, Ordering::Release);
        self.stir.stir();
        self.list.wake_one();
    }

    fn take(&self) -> Option<()> {
        self.stir.stir();
        let less = |count: usize| count.checked_sub(1);
        self.count.fetch_update(Ordering::AcqRel, Ordering::Relaxed, less).ok().map(drop)
    }

    fn waiter(&self) -> Waiter {
        Waiter::new(Arc::clone(&self.list))
    }

    /// Waits for a token.
    async fn taken(self: Arc<Self>) {
        let mut waiter = self.waiter();
        waiter.until(|| self.take()).await;
    }
}

/// No bound.
#[test]
fn a_token_given_while_parking_is_seen() {
    loom::model(|| {
        let tokens = Arc::<Tokens>::default();
        let taker = task(Arc::clone(&tokens).taken());
        tokens.give();
        taker.join().unwrap();
    });
}

/// 2 preemptions. One giver, one token for each taker.
#[test]
fn every_taker_gets_its_token_from_one() {
    explore(2, || {
        let tokens = Arc::<Tokens>::default();
        let takers = [(); 2].map(|()| task(Arc::clone(&tokens).taken()));
        tokens.give();
        tokens.give();
        takers.into_iter().for_each(|taker| taker.join().unwrap());
    });
}

/// 1 preemption. A taker that helps itself while it is in the list may be woken for a token that
/// is not the one it took: the wake-up must reach the other.
#[test]
fn every_taker_gets_its_token_from_two() {
    explore(1, || {
        let tokens = Arc::<Tokens>::default();
        let taker = task(Arc::clone(&tokens).taken());
        let giver = {
            let tokens = Arc::clone(&tokens);
            thread::spawn(move || tokens.give())
        };
        let other = {
            let tokens = Arc::clone(&tokens);
            thread::spawn(move || tokens.give())
        };
        loom::future::block_on(Arc::clone(&tokens).taken());
        taker.join().unwrap();
        giver.join().unwrap();
        other.join().unwrap();
    });
}

/// 3 preemptions. A poll function whose caller does not come back stays in the list: its wake-ups
/// must reach somebody who looks.
#[test]
fn lost_interest_swallows_no_wake_up() {
    explore(3, || {
        let tokens = Arc::<Tokens>::default();
        let lost = {
            let tokens = Arc::clone(&tokens);
            thread::spawn(move || {
                let mut waiter = tokens.waiter();
                let mut cx = Context::from_waker(Waker::noop());
                let took = waiter.poll_until(&mut cx, || tokens.take()).is_ready()
                    || waiter.poll_until(&mut cx, || tokens.take()).is_ready();
                std::mem::forget(waiter);
                took
            })
        };
        let taker = task(Arc::clone(&tokens).taken());
        tokens.give();
        tokens.give();
        taker.join().unwrap();
        let lost = lost.join().unwrap();
        let left = tokens.count.load(Ordering::Relaxed);
        assert_eq!(left, usize::from(!lost));
    });
}

/// 3 preemptions. Whoever was woken and goes away passes the wake-up on.
#[test]
fn a_waiter_that_goes_away_passes_its_wake_up_on() {
    explore(3, || {
        let tokens = Arc::<Tokens>::default();
        let quitter = {
            let tokens = Arc::clone(&tokens);
            thread::spawn(move || {
                let mut waiter = tokens.waiter();
                let mut cx = Context::from_waker(Waker::noop());
                // Parks without looking, as if what it sees were of no use to it.
                let mut wait = std::pin::pin!(waiter.until(|| None::<()>));
                assert!(wait.as_mut().poll(&mut cx).is_pending());
            })
        };
        let taker = task(Arc::clone(&tokens).taken());
        tokens.give();
        taker.join().unwrap();
        quitter.join().unwrap();
    });
}

/// 3 preemptions. A flag that stays up, everybody waits for it.
#[test]
fn wake_all_wakes_all() {
    explore(3, || {
        let flag = Arc::new((AtomicBool::new(false), Arc::<WaitList>::default()));
        let tasks = [(); 2].map(|()| {
            let flag = Arc::clone(&flag);
            task(async move {
                let mut waiter = Waiter::new(Arc::clone(&flag.1));
                waiter.until(|| flag.0.load(Ordering::Acquire).then_some(())).await;
            })
        });
        flag.0.store(true, Ordering::Release);
        flag.1.wake_all();
        tasks.into_iter().for_each(|task| task.join().unwrap());
    });
}

/// 3 preemptions. A watch that is polled again stays in its list; one that goes away while it is
/// woken takes nobody's wake-up.
#[test]
fn a_signal_reaches_every_watch() {
    explore(3, || {
        let signal = Arc::<Signal>::default();
        let watching = {
            let mut watch = signal.watch();
            task(async move { watch.raised().await })
        };
        let fickle = {
            let signal = Arc::clone(&signal);
            thread::spawn(move || {
                let mut watch = signal.watch();
                let mut cx = Context::from_waker(Waker::noop());
                let _early = watch.poll_raised(&mut cx);
                let _again = watch.poll_raised(&mut cx);
            })
        };
        signal.raise();
        assert!(signal.is_raised());
        watching.join().unwrap();
        fickle.join().unwrap();
    });
}
