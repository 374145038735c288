//! An allocator that counts what the threads of one runtime allocate.

#![expect(unsafe_code, reason = "implementing an allocator is unsafe; this one forwards")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::Builder;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    /// Where this thread counts. Without one it does not: what the test harness and other tests
    /// allocate at the same time is not ours.
    static COUNTER: Cell<Option<&'static AtomicU64>> = const { Cell::new(None) };
}

/// The system's allocator, watched.
struct Counting;

/// How often memory was allocated or grown.
#[derive(Clone, Copy)]
pub(crate) struct Counter(&'static AtomicU64);

// === impl Counter ===

impl Counter {
    /// Runs what `make` makes on a runtime of `threads` threads beside this one, all of which
    /// count.
    pub(crate) fn run<F: Future>(threads: usize, make: impl FnOnce(Self) -> F) -> F::Output {
        let counter: &'static AtomicU64 = Box::leak(Box::default());
        let runtime = match threads {
            0 => Builder::new_current_thread().enable_time().build(),
            threads => Builder::new_multi_thread()
                .worker_threads(threads)
                .enable_time()
                .on_thread_start(|| COUNTER.set(Some(counter)))
                .build(),
        };
        COUNTER.set(Some(counter));
        let output = runtime.unwrap().block_on(make(Self(counter)));
        COUNTER.set(None);
        output
    }

    pub(crate) fn get(self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

// === impl Counting ===

fn note() {
    // A thread that is ending has no counter any more.
    if let Ok(Some(counter)) = COUNTER.try_with(Cell::get) {
        counter.fetch_add(1, Ordering::SeqCst);
    }
}

// SAFETY: every call is forwarded unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(place, layout) }
    }
}
