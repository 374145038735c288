use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use super::{WaitList, Waiter};

/// A task that only counts how often it was woken.
#[derive(Default)]
struct Sleeper(AtomicUsize);

impl Sleeper {
    fn woken(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn list() -> Arc<WaitList> {
    Arc::default()
}

fn never() -> Option<()> {
    None
}

/// Parks `future` for a sleeper.
fn park(future: std::pin::Pin<&mut impl Future<Output = ()>>) -> Arc<Sleeper> {
    let sleeper = Arc::<Sleeper>::default();
    let waker = Waker::from(Arc::clone(&sleeper));
    assert!(future.poll(&mut Context::from_waker(&waker)).is_pending());
    sleeper
}

#[test]
fn the_oldest_is_woken_first() {
    let list = list();
    let mut waiters = [(); 3].map(|()| Waiter::new(Arc::clone(&list)));
    let mut waits = waiters.each_mut().map(|waiter| Box::pin(waiter.until(never)));
    let sleepers = waits.each_mut().map(|wait| park(wait.as_mut()));
    for woken in 1..=3 {
        assert!(list.has_parked());
        list.wake_one();
        for (index, sleeper) in sleepers.iter().enumerate() {
            assert_eq!(sleeper.woken(), usize::from(index < woken));
        }
    }
    assert!(!list.has_parked());
    list.wake_one();
    list.wake_all();
    assert!(sleepers.iter().all(|sleeper| sleeper.woken() == 1));
}

#[test]
fn all_are_woken_once() {
    let list = list();
    let mut waiters = [(); 3].map(|()| Waiter::new(Arc::clone(&list)));
    let mut waits = waiters.each_mut().map(|waiter| Box::pin(waiter.until(never)));
    let sleepers = waits.each_mut().map(|wait| park(wait.as_mut()));
    list.wake_all();
    list.wake_all();
    assert!(sleepers.iter().all(|sleeper| sleeper.woken() == 1));
    assert!(!list.has_parked());
}

#[test]
fn who_is_polled_again_keeps_its_place_and_changes_its_waker() {
    let list = list();
    let mut waiters = [(); 2].map(|()| Waiter::new(Arc::clone(&list)));
    let mut waits = waiters.each_mut().map(|waiter| Box::pin(waiter.until(never)));
    let [first, second] = waits.each_mut().map(|wait| park(wait.as_mut()));
    let again = park(waits[0].as_mut());
    list.wake_one();
    assert_eq!([first.woken(), second.woken(), again.woken()], [0, 0, 1]);
}

#[test]
fn who_was_woken_in_vain_waits_behind_the_others() {
    let list = list();
    let mut waiters = [(); 2].map(|()| Waiter::new(Arc::clone(&list)));
    let mut waits = waiters.each_mut().map(|waiter| Box::pin(waiter.until(never)));
    let [first, second] = waits.each_mut().map(|wait| park(wait.as_mut()));
    list.wake_one();
    assert_eq!(first.woken(), 1);
    let again = park(waits[0].as_mut());
    list.wake_one();
    assert_eq!([first.woken(), second.woken(), again.woken()], [1, 1, 0]);
}

#[test]
fn who_finds_something_at_once_never_parks() {
    let list = list();
    let mut waiter = Waiter::new(Arc::clone(&list));
    let mut cx = Context::from_waker(Waker::noop());
    assert_eq!(waiter.poll_until(&mut cx, || Some(7)), Poll::Ready(7));
    assert!(!list.has_parked());
}

#[test]
fn who_finds_something_while_parking_leaves() {
    let list = list();
    let mut waiter = Waiter::new(Arc::clone(&list));
    let mut cx = Context::from_waker(Waker::noop());
    let mut looks = 0;
    let found = waiter.poll_until(&mut cx, || {
        looks += 1;
        assert_eq!(list.has_parked(), looks == 2, "it looks once before and once after");
        (looks == 2).then_some(7)
    });
    assert_eq!(found, Poll::Ready(7));
    assert!(!list.has_parked());
}

#[test]
fn a_wake_up_between_the_looks_goes_to_the_next() {
    let list = list();
    let mut waiters = [(); 2].map(|()| Waiter::new(Arc::clone(&list)));
    let [lucky, other] = &mut waiters;
    let mut looks = 0;
    let mut lucky = pin!(lucky.until(|| {
        looks += 1;
        if looks == 4 {
            list.wake_one();
        }
        (looks == 4).then_some(())
    }));
    let mut other = pin!(other.until(never));
    let sleepers = [park(lucky.as_mut()), park(other.as_mut())];
    // The lucky one has the older place, so the wake-up is its own; it finds something without it.
    assert!(lucky.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    assert_eq!(sleepers.map(|sleeper| sleeper.woken()), [0, 1]);
}

#[test]
fn who_goes_away_leaves_the_list() {
    let list = list();
    let mut waiter = Waiter::new(Arc::clone(&list));
    {
        let mut wait = Box::pin(waiter.until(never));
        park(wait.as_mut());
        assert!(list.has_parked());
    }
    assert!(!list.has_parked(), "the wait was cancelled, its waiter is still there");
    let mut cx = Context::from_waker(Waker::noop());
    assert!(waiter.poll_until(&mut cx, never).is_pending());
    assert!(list.has_parked());
    drop(waiter);
    assert!(!list.has_parked());
}

#[test]
fn who_goes_away_passes_its_wake_up_on() {
    let list = list();
    let mut waiters = [(); 2].map(|()| Waiter::new(Arc::clone(&list)));
    let [first, second] = &mut waiters;
    let mut first = Box::pin(first.until(never));
    let mut second = pin!(second.until(never));
    let sleepers = [park(first.as_mut()), park(second.as_mut())];
    list.wake_one();
    assert_eq!(sleepers.each_ref().map(|sleeper| sleeper.woken()), [1, 0]);
    drop(first);
    assert_eq!(sleepers.each_ref().map(|sleeper| sleeper.woken()), [1, 1]);
}

#[test]
fn who_may_not_care_does_not_keep_the_wake_up() {
    let list = list();
    let mut waiters = [(); 4].map(|()| Waiter::new(Arc::clone(&list)));
    let [loose, idle, firm, last] = &mut waiters;
    let sleepers = [loose, idle].map(|waiter| {
        let sleeper = Arc::<Sleeper>::default();
        let waker = Waker::from(Arc::clone(&sleeper));
        assert!(waiter.poll_until(&mut Context::from_waker(&waker), never).is_pending());
        sleeper
    });
    let (mut firm, mut last) = (pin!(firm.until(never)), pin!(last.until(never)));
    let (firm, last) = (park(firm.as_mut()), park(last.as_mut()));
    list.wake_one();
    assert!(sleepers.iter().all(|sleeper| sleeper.woken() == 1));
    assert_eq!([firm.woken(), last.woken()], [1, 0]);
}

/// A task that looks again the moment it is woken, and always in vain.
struct Eager {
    waiter: Mutex<Option<Waiter>>,
    looks: AtomicUsize,
}

impl Eager {
    fn start(list: &Arc<WaitList>) -> Arc<Self> {
        let eager = Arc::new(Self {
            waiter: Mutex::new(Some(Waiter::new(Arc::clone(list)))),
            looks: AtomicUsize::new(0),
        });
        Arc::clone(&eager).wake();
        eager
    }
}

impl Wake for Eager {
    fn wake(self: Arc<Self>) {
        let looks = self.looks.fetch_add(1, Ordering::Relaxed);
        assert!(looks < 100, "it is woken again and again");
        let waker = Waker::from(Arc::clone(&self));
        if let Some(waiter) = &mut *self.waiter.lock().unwrap() {
            let mut cx = Context::from_waker(&waker);
            assert!(waiter.poll_until(&mut cx, never).is_pending());
        }
    }
}

#[test]
fn waking_ends_though_the_woken_come_back_at_once() {
    let list = list();
    let eager = [(); 3].map(|()| Eager::start(&list));
    let looks = || eager.each_ref().map(|eager| eager.looks.load(Ordering::Relaxed));
    assert_eq!(looks(), [1, 1, 1]);
    list.wake_all();
    assert_eq!(looks(), [2, 2, 2]);
    // They may not care, so one wake-up goes to each of them, once.
    list.wake_one();
    assert_eq!(looks(), [3, 3, 3]);
    assert!(list.has_parked());
    for eager in &eager {
        drop(eager.waiter.lock().unwrap().take());
    }
    assert!(!list.has_parked());
}

/// Wakes a thread.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<R>(future: impl Future<Output = R>) -> R {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn every_token_is_found_by_many_threads() {
    const TAKERS: usize = 4;
    const EACH: usize = if cfg!(miri) { 20 } else { 20_000 };
    let list = list();
    let tokens = AtomicUsize::new(0);
    let take = || {
        let less = |count: usize| count.checked_sub(1);
        tokens.fetch_update(Ordering::AcqRel, Ordering::Relaxed, less).ok().map(drop)
    };
    thread::scope(|scope| {
        for _ in 0..TAKERS {
            scope.spawn(|| {
                // One that is kept, as a worker does, and a new one each time, as a producer does.
                let mut kept = Waiter::new(Arc::clone(&list));
                for _ in 0..EACH / 2 {
                    block_on(kept.until(take));
                    block_on(Waiter::new(Arc::clone(&list)).until(take));
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..TAKERS * EACH / 2 {
                    tokens.fetch_add(1, Ordering::Release);
                    list.wake_one();
                }
            });
        }
    });
    assert_eq!(tokens.load(Ordering::Relaxed), 0);
    assert!(!list.has_parked());
}
