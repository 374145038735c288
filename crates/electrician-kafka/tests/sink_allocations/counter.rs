//! An allocator that counts.

#![expect(unsafe_code, reason = "implementing an allocator is unsafe; this one forwards")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of the size that is left out, and all others.
static LEFT_OUT: AtomicU64 = AtomicU64::new(0);
static ALL_THREADS: AtomicU64 = AtomicU64::new(0);
static SIZE: AtomicUsize = AtomicUsize::new(usize::MAX);

thread_local! {
    static THIS_THREAD: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, watched.
struct Counting;

/// What `work` allocates.
#[derive(Debug)]
pub(crate) struct Allocated {
    /// Of the size that is left out.
    pub(crate) left_out: u64,
    /// Of other sizes, by the thread that works.
    pub(crate) here: u64,
    /// Of other sizes, by all threads.
    pub(crate) anywhere: u64,
}

/// What `work` allocates, on one thread and those of others, leaving out allocations of `size`.
pub(crate) async fn allocations(size: usize, work: impl Future<Output = ()>) -> Allocated {
    SIZE.store(size, Ordering::SeqCst);
    let before = Allocated::so_far();
    work.await;
    let after = Allocated::so_far();
    Allocated {
        left_out: after.left_out - before.left_out,
        here: after.here - before.here,
        anywhere: after.anywhere - before.anywhere,
    }
}

// === impl Allocated ===

impl Allocated {
    fn so_far() -> Self {
        Self {
            left_out: LEFT_OUT.load(Ordering::SeqCst),
            here: THIS_THREAD.get(),
            anywhere: ALL_THREADS.load(Ordering::SeqCst),
        }
    }
}

// === impl Counting ===

fn note(size: usize) {
    if size == SIZE.load(Ordering::Relaxed) {
        LEFT_OUT.fetch_add(1, Ordering::Relaxed);
        return;
    }
    ALL_THREADS.fetch_add(1, Ordering::Relaxed);
    // A thread that is ending has none any more.
    let _ = THIS_THREAD.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call is forwarded unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(place, layout) }
    }
}
