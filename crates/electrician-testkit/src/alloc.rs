//! An allocator that counts, for tests that promise not to allocate.
//!
//! ```
//! use electrician_testkit::alloc::{self, Counting};
//!
//! #[global_allocator]
//! static ALLOCATOR: Counting = Counting;
//!
//! let mut text = String::with_capacity(100);
//! let usage = alloc::measure(|| text.push_str("fits"));
//! assert_eq!(usage.allocations, 0);
//! assert!(alloc::measure(|| text.reserve(1000)).largest >= 1000);
//! ```

#![expect(unsafe_code, reason = "implementing an allocator is unsafe; this one forwards")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::Builder;

thread_local! {
    static THREAD: Cell<Thread> = const {
        Cell::new(Thread { allocations: 0, largest: 0, held: 0, peak: 0, counter: None })
    };
}

/// The system's allocator, watched. Put it into a `static` with `#[global_allocator]`.
///
/// A thread counts for itself, so that what the test harness and other tests allocate at the same
/// time does not show. What a thread releases counts as released there, wherever it was allocated.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counting;

/// What some work asked of the allocator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// How often memory was allocated or grown.
    pub allocations: u64,
    /// The largest piece that was asked for, in bytes.
    pub largest: usize,
    /// The most bytes that were held at a time, beyond those held before.
    pub peak: usize,
}

/// Counts the allocations of several threads: see [`run`].
#[derive(Clone, Copy, Debug)]
pub struct Counter(&'static AtomicU64);

#[derive(Clone, Copy)]
struct Thread {
    allocations: u64,
    largest: usize,
    held: usize,
    peak: usize,
    counter: Option<&'static AtomicU64>,
}

/// What `work` asks of the allocator on this thread.
pub fn measure(work: impl FnOnce()) -> Usage {
    let before = THREAD.get();
    THREAD.set(Thread { largest: 0, peak: before.held, ..before });
    work();
    let after = THREAD.get();
    let (largest, peak) = (before.largest.max(after.largest), before.peak.max(after.peak));
    THREAD.set(Thread { largest, peak, ..after });
    Usage {
        allocations: after.allocations - before.allocations,
        largest: after.largest,
        peak: after.peak - before.held,
    }
}

/// Runs what `make` makes on a runtime with time and `threads` threads beside this one (none: on
/// this thread alone). The counter counts what all of them allocate.
///
/// # Panics
///
/// If there can be no such runtime.
pub fn run<F: Future>(threads: usize, make: impl FnOnce(Counter) -> F) -> F::Output {
    // For the threads of the runtime, which may outlive this call by a little.
    let counter: &'static AtomicU64 = Box::leak(Box::default());
    let count = move || THREAD.set(Thread { counter: Some(counter), ..THREAD.get() });
    let runtime = match threads {
        0 => Builder::new_current_thread().enable_time().build(),
        threads => Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_time()
            .on_thread_start(count)
            .build(),
    };
    let runtime = runtime.expect("a runtime");
    count();
    let output = runtime.block_on(make(Counter(counter)));
    THREAD.set(Thread { counter: None, ..THREAD.get() });
    output
}

// === impl Counter ===

impl Counter {
    /// How often memory was allocated or grown so far.
    pub fn get(self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

// === impl Thread ===

impl Thread {
    fn took(mut self, size: usize, released: usize) -> Self {
        self.allocations += 1;
        self.largest = self.largest.max(size);
        self.held = self.held.saturating_sub(released) + size;
        self.peak = self.peak.max(self.held);
        if let Some(counter) = self.counter {
            counter.fetch_add(1, Ordering::SeqCst);
        }
        self
    }
}

fn took(size: usize, released: usize) {
    // A thread that is ending counts no more.
    let _ = THREAD.try_with(|thread| thread.set(thread.get().took(size, released)));
}

fn released(size: usize) {
    let _ = THREAD.try_with(|thread| {
        let now = thread.get();
        thread.set(Thread { held: now.held.saturating_sub(size), ..now });
    });
}

// === impl Counting ===

// SAFETY: every call is forwarded unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size(), 0);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size(), 0);
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        took(size, layout.size());
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        released(layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(place, layout) }
    }
}
