//! Those who wait for room and those who wait for elements, under every interleaving of threads,
//! explored by loom: `RUSTFLAGS="--cfg loom" cargo test --release --lib`.
//!
//! A lost wake-up leaves a thread asleep, which ends the model. Each says how many preemptions of a
//! thread it explores; each was seen to fail on a mutation of what it guards.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use loom::future::block_on;
use loom::thread;

use crate::Resister;

/// Explores `body` with at most `preemptions` preemptions.
fn explore(preemptions: usize, body: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 20_000;
    builder.max_duration = Some(Duration::from_secs(15));
    builder.check(body);
}

/// Runs `future` on a thread of its own.
fn task<R: 'static>(future: impl Future<Output = R> + 'static) -> thread::JoinHandle<R> {
    thread::spawn(move || block_on(future))
}

/// A queue for one element, seen by two threads.
fn pair() -> (Resister<u32>, Resister<u32>) {
    let queue = Resister::new(1);
    (queue.clone(), queue)
}

/// 3 preemptions. The second push waits for room, either pop for an element.
#[test]
fn a_push_and_a_pop_wake_each_other() {
    explore(3, || {
        let (queue, other) = pair();
        let pusher = task(async move {
            other.push(1, 0).await.unwrap();
            other.push(2, 0).await.unwrap();
        });
        assert_eq!(block_on(queue.pop()).map(|element| *element.value()), Some(1));
        assert_eq!(block_on(queue.pop()).map(|element| *element.value()), Some(2));
        pusher.join().unwrap();
    });
}

/// 2 preemptions. One element for each of two who wait.
#[test]
fn every_pop_gets_its_element() {
    explore(2, || {
        let queue = Resister::<u32>::new(2);
        let poppers = [(); 2].map(|()| {
            let queue = queue.clone();
            task(async move { queue.pop().await.is_some() })
        });
        queue.try_push(1, 0).unwrap();
        queue.try_push(2, 0).unwrap();
        poppers.into_iter().for_each(|popper| assert!(popper.join().unwrap()));
    });
}

/// 2 preemptions. Room for each of two who wait.
#[test]
fn every_push_gets_its_room() {
    explore(2, || {
        let (queue, _) = pair();
        queue.try_push(0, 0).unwrap();
        let pushers = [1, 2].map(|value| {
            let queue = queue.clone();
            task(async move { queue.push(value, 0).await.is_ok() })
        });
        let taken = [(); 3].map(|()| block_on(queue.pop()).map_or(9, |element| *element.value()));
        assert_eq!(taken.iter().sum::<u32>(), 3);
        pushers.into_iter().for_each(|pusher| assert!(pusher.join().unwrap()));
    });
}

/// 3 preemptions. Closing ends every wait, on either side.
#[test]
fn a_close_wakes_both_sides() {
    explore(3, || {
        let (empty, other) = pair();
        let popper = task(async move { other.pop().await.is_none() });
        empty.close();
        assert!(popper.join().unwrap());
    });
    explore(3, || {
        let (full, other) = pair();
        full.try_push(1, 0).unwrap();
        let pusher = task(async move { other.push(2, 0).await.unwrap_err().is_closed() });
        full.close();
        assert!(pusher.join().unwrap());
    });
}

/// 3 preemptions. A pop that is given up passes on what it was woken for.
#[test]
fn a_pop_that_is_given_up_takes_no_wake_up_along() {
    explore(3, || {
        let (queue, other) = pair();
        let fickle = {
            let queue = queue.clone();
            thread::spawn(move || {
                let mut pop = pin!(queue.pop());
                let mut cx = Context::from_waker(Waker::noop());
                pop.as_mut().poll(&mut cx).is_ready()
            })
        };
        let pusher = task(async move {
            other.push(1, 0).await.unwrap();
            other.push(2, 0).await.unwrap();
        });
        let mut taken = usize::from(fickle.join().unwrap());
        while taken < 2 {
            taken += usize::from(block_on(queue.pop()).is_some());
        }
        pusher.join().unwrap();
    });
}

/// 3 preemptions. A push that is given up passes on what it was woken for, and its turn.
#[test]
fn a_push_that_is_given_up_takes_no_turn_along() {
    explore(3, || {
        let (queue, other) = pair();
        queue.try_push(0, 0).unwrap();
        let fickle = {
            let queue = queue.clone();
            thread::spawn(move || {
                let mut push = pin!(queue.push(1, 0));
                let mut cx = Context::from_waker(Waker::noop());
                push.as_mut().poll(&mut cx).is_ready()
            })
        };
        let pusher = task(async move { other.push(2, 0).await.unwrap() });
        let mut taken = block_on(queue.pop()).map_or(9, |element| *element.value());
        if fickle.join().unwrap() {
            taken += block_on(queue.pop()).map_or(9, |element| *element.value()) - 1;
        }
        taken += block_on(queue.pop()).map_or(9, |element| *element.value());
        pusher.join().unwrap();
        assert_eq!(taken, 2);
    });
}

/// 3 preemptions. An element that is queued again wakes one who waits.
#[test]
fn a_requeue_wakes_a_pop() {
    explore(3, || {
        let (queue, other) = pair();
        queue.try_push(1, 0).unwrap();
        let element = queue.try_pop().unwrap();
        let popper = task(async move { other.pop().await.map(|element| element.retries()) });
        queue.requeue(element).unwrap();
        assert_eq!(popper.join().unwrap(), Some(1));
    });
}
