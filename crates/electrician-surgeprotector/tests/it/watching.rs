//! A watch whose limit ends at the very moment of the look.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use electrician_surgeprotector::{Admission, Burst, Rate, SurgeProtector};
use electrician_types::{Clock, Timer};

/// A clock that a nanosecond passes on with each look at it.
#[derive(Clone, Debug)]
struct Ticking {
    base: Instant,
    nanos: Arc<AtomicU64>,
    /// Whether anybody has set a timer.
    is_set: Arc<AtomicBool>,
}

/// Tells that it was set, and never elapses.
struct Never(Arc<AtomicBool>);

#[test]
fn a_limit_that_ends_between_two_looks_is_seen_or_waited_for() {
    const WAIT: u64 = 1_000_000;
    for looks in 0..40 {
        #[expect(clippy::disallowed_methods, reason = "any instant will do to begin with")]
        let base = Instant::now();
        let clock = Ticking { base, nanos: Arc::default(), is_set: Arc::default() };
        let rate = Rate::new(1, Duration::from_nanos(WAIT)).unwrap();
        let protector = SurgeProtector::builder()
            .with_rate(rate, Burst::new(1).unwrap())
            .with_clock(clock.clone())
            .build()
            .unwrap();
        while !matches!(protector.try_admit(1), Admission::Wait(_)) {}
        let mut watch = protector.watch();
        clock.nanos.fetch_add(WAIT - looks, Ordering::Relaxed);
        let changed = pin!(watch.changed());
        let polled = changed.poll(&mut Context::from_waker(Waker::noop()));
        let is_set = clock.is_set.load(Ordering::Relaxed);
        assert!(matches!(polled, Poll::Ready(_)) || is_set, "{looks}: nothing will wake it");
    }
}

// === impl Ticking ===

impl Clock for Ticking {
    fn now(&self) -> Instant {
        self.base + Duration::from_nanos(self.nanos.fetch_add(1, Ordering::Relaxed))
    }

    fn timer(&self) -> Box<dyn Timer> {
        Box::new(Never(Arc::clone(&self.is_set)))
    }
}

// === impl Never ===

impl Timer for Never {
    fn reset(&mut self, _deadline: Instant) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn poll_elapsed(&mut self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}
