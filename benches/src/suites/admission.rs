//! What it costs to be admitted.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use electrician_surgeprotector::{Admission, Burst, Rate, SurgeProtector};
use governor::clock::Clock;
use governor::nanos::Nanos;
use governor::{Quota, RateLimiter};

use super::{Arena, rows_of, times};
use crate::clock::now;
use crate::goals;
use crate::race::{Contestant, Side};
use crate::report::{Figure, Row, Section};

/// Tokens that are taken at once.
const BATCH: u32 = 64;

/// A rate that is slower than what is asked, with a burst that does not end meanwhile: nobody is
/// ever held back, and slots lie ahead, as under load.
const INTERVAL: Duration = Duration::from_nanos(100);
const BURST: NonZeroU32 = NonZeroU32::MAX;

const TEXT: &str = "What one item costs a thread that does nothing but ask to be admitted, alone \
    and beside another thread at the same limit. The bare governor and `try_admit(1)` decide for \
    each item; the others take 64 tokens at once.";

/// The system's clock, for the bare governor.
#[derive(Clone, Copy, Debug)]
struct Monotonic(Instant);

pub(super) fn run(arena: &Arena) -> Section {
    let mut section = Section {
        name: "admission",
        title: "Admission".into(),
        text: TEXT.into(),
        figures: Vec::new(),
        rows: Vec::new(),
    };
    for (threads, prefix, caption) in
        [(1, "admission_1", "One thread."), (2, "admission_2", "Two threads.")]
    {
        let entries = arena.race(&contestants(threads));
        section.rows.extend(rows_of(prefix, &entries, "governor"));
        section.figures.push(Figure::of_race(caption, &entries));
        if threads > 1 {
            let times = times(&entries, "lease", "governor");
            let name = format!("{prefix}_lease_over_governor");
            let title = "Lease of 64, times cheaper than the bare governor, two threads";
            let row = Row::of(name, "ratio", title, &times, "×").higher_is_better();
            section.rows.push(row.with_goal(goals::LEASE_OVER_GOVERNOR));
        }
    }
    section
}

fn contestants(threads: usize) -> [Contestant<'static>; 5] {
    let ours = |name, run: fn(&SurgeProtector, u64)| {
        Contestant::new(Side::Ours, name, move |items| {
            let protector = protector();
            on_threads(threads, move || run(&protector, items))
        })
    };
    let bare =
        Contestant::new(Side::Other, ("governor", "bare governor, per item"), move |items| {
            let quota = Quota::with_period(INTERVAL).expect("not zero").allow_burst(BURST);
            let limiter = RateLimiter::direct_with_clock(quota, Monotonic(now()));
            on_threads(threads, move || {
                for _ in 0..items {
                    assert!(black_box(limiter.check()).is_ok(), "nobody is held back");
                }
            })
        });
    [
        bare,
        ours(("each", "try_admit(1), per item"), |protector, items| {
            for _ in 0..items {
                assert_eq!(black_box(protector.try_admit(1)), Admission::Admitted(1));
            }
        }),
        ours(("batch", "try_admit(64), per batch"), |protector, items| {
            let mut left = items;
            while left > 0 {
                match black_box(protector.try_admit(BATCH)) {
                    Admission::Admitted(count) => left = left.saturating_sub(count.into()),
                    answer => panic!("nobody is held back, but {answer:?}"),
                }
            }
        }),
        ours(("lease", "lease(64), used as a batch"), |protector, items| {
            let mut lease = protector.lease(0);
            let mut left = items;
            while left > 0 {
                lease.renew(BATCH);
                left = left.saturating_sub(black_box(lease.take(BATCH)).into());
            }
        }),
        ours(("lease_each", "lease(64), used one by one"), |protector, items| {
            let mut lease = protector.lease(0);
            let mut left = items;
            while left > 0 {
                lease.renew(BATCH);
                while left > 0 && black_box(lease.take(1)) == 1 {
                    left -= 1;
                }
            }
        }),
    ]
}

fn protector() -> SurgeProtector {
    let rate = Rate::new(1, INTERVAL).expect("neither is zero");
    let builder = SurgeProtector::builder().with_rate(rate, Burst::from(BURST));
    builder.build().expect("it comes back within minutes")
}

/// Runs `work` on as many threads at once; the time until the last one is done.
fn on_threads(threads: usize, work: impl Fn() + Send + Sync + 'static) -> Duration {
    let (work, start) = (Arc::new(work), Arc::new(Barrier::new(threads)));
    let handles: Vec<_> = (0..threads)
        .map(|_| {
            let (work, start) = (Arc::clone(&work), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                let begin = now();
                work();
                (begin, now())
            })
        })
        .collect();
    let spans = handles.into_iter().map(|handle| handle.join().expect("it does not panic"));
    let (begin, end) = spans
        .reduce(|(begin, end), (other, later)| (begin.min(other), end.max(later)))
        .expect("there is a thread");
    end - begin
}

// === impl Monotonic ===

impl Clock for Monotonic {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        now().saturating_duration_since(self.0).into()
    }
}
