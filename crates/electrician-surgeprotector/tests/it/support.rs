//! What the tests share: a clock, tasks that are polled by hand, a target that is watched.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, SystemTime};

use electrician_surgeprotector::{Admission, Burst, Rate, SurgeProtector, SurgeProtectorBuilder};
use electrician_testkit::VirtualClock;
use electrician_types::{Refusal, Refused, Submit};

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) fn count(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).unwrap()
}

/// A builder on a clock of its own, whose time of day follows the clock from `start` on.
pub(crate) fn builder_at(start: SystemTime) -> (SurgeProtectorBuilder, VirtualClock) {
    let clock = VirtualClock::new();
    let wall = clock.clone();
    let builder = SurgeProtector::builder()
        .with_clock(clock.clone())
        .with_wall_clock(move || start + wall.elapsed());
    (builder, clock)
}

/// A protector with one token each `interval`.
pub(crate) fn limited(interval: Duration, burst: u32) -> (SurgeProtector, VirtualClock) {
    let (builder, clock) = builder_at(SystemTime::UNIX_EPOCH);
    let rate = Rate::new(1, interval).unwrap();
    (builder.with_rate(rate, Burst::new(burst).unwrap()).build().unwrap(), clock)
}

/// Takes all that is there now.
pub(crate) fn exhaust(protector: &SurgeProtector) {
    while matches!(protector.try_admit(u32::MAX), Admission::Admitted(_)) {}
}

/// A future that is polled when the test says so.
pub(crate) struct Task<R> {
    future: Option<Pin<Box<dyn Future<Output = R> + Send>>>,
    flag: Arc<Flag>,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl<R> Task<R> {
    /// A task that was polled once, and waits.
    #[track_caller]
    pub(crate) fn waiting(future: impl Future<Output = R> + Send + 'static) -> Self {
        let mut task = Self::new(future);
        assert!(task.poll().is_none(), "it was to wait");
        task
    }

    pub(crate) fn new(future: impl Future<Output = R> + Send + 'static) -> Self {
        Self { future: Some(Box::pin(future)), flag: Arc::new(Flag(AtomicBool::new(false))) }
    }

    /// Polls it, woken or not.
    pub(crate) fn poll(&mut self) -> Option<R> {
        self.flag.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&self.flag));
        let future = self.future.as_mut().expect("it is not done");
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => {
                self.future = None;
                Some(output)
            }
            Poll::Pending => None,
        }
    }

    /// Polls it as a runtime would: as long as it is woken.
    pub(crate) fn run(&mut self) -> Option<R> {
        while self.flag.0.load(Ordering::SeqCst) {
            if let Some(output) = self.poll() {
                return Some(output);
            }
        }
        None
    }

    pub(crate) fn is_done(&self) -> bool {
        self.future.is_none()
    }
}

/// Awaits what does not wait.
#[track_caller]
pub(crate) fn now<R>(future: impl Future<Output = R> + Send) -> R {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// Takes items, as many as it has room for.
#[derive(Clone, Debug)]
pub(crate) struct Target(Arc<Mutex<Inside>>);

#[derive(Debug)]
struct Inside {
    items: VecDeque<u32>,
    room: usize,
    is_closed: bool,
    waiting: Vec<Waker>,
}

impl Target {
    pub(crate) fn with_room(room: usize) -> Self {
        let inside = Inside { items: VecDeque::new(), room, is_closed: false, waiting: Vec::new() };
        Self(Arc::new(Mutex::new(inside)))
    }

    pub(crate) fn open() -> Self {
        Self::with_room(usize::MAX)
    }

    pub(crate) fn closed() -> Self {
        let target = Self::open();
        target.close();
        target
    }

    pub(crate) fn close(&self) {
        self.change(|inside| inside.is_closed = true);
    }

    pub(crate) fn add_room(&self, room: usize) {
        self.change(|inside| inside.room += room);
    }

    pub(crate) fn items(&self) -> Vec<u32> {
        self.0.lock().unwrap().items.iter().copied().collect()
    }

    fn change(&self, change: impl FnOnce(&mut Inside)) {
        let waiting = {
            let mut inside = self.0.lock().unwrap();
            change(&mut inside);
            std::mem::take(&mut inside.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Submit<u32> for Target {
    async fn submit(&self, item: u32) -> Result<(), Refused<u32>> {
        let mut slot = Some(item);
        poll_fn(|cx| {
            let item = slot.take().expect("it is not done");
            match self.try_submit(item) {
                Err(refused) if refused.is_full() => {
                    slot = Some(refused.item);
                    self.0.lock().unwrap().waiting.push(cx.waker().clone());
                    Poll::Pending
                }
                result => Poll::Ready(result),
            }
        })
        .await
    }

    fn try_submit(&self, item: u32) -> Result<(), Refused<u32>> {
        let mut inside = self.0.lock().unwrap();
        if inside.is_closed {
            return Err(Refused::new(item, Refusal::Closed));
        }
        if inside.room == 0 {
            return Err(Refused::new(item, Refusal::Full));
        }
        inside.room -= 1;
        inside.items.push_back(item);
        Ok(())
    }
}
