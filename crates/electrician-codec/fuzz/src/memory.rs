//! How much memory an input may take.

use std::alloc::{GlobalAlloc, Layout, System};
use std::process::abort;
use std::sync::atomic::{AtomicUsize, Ordering};

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

/// What is held, and how much that may be.
static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(usize::MAX);

/// An allocator with an end: libFuzzer's own bound works only with a sanitizer.
struct Bounded;

/// Does `work`, which may hold `bytes` more than is held now. More is a finding.
pub(crate) fn within(bytes: usize, work: impl FnOnce()) {
    MOST.store(HELD.load(Ordering::Relaxed) + bytes, Ordering::Relaxed);
    work();
    MOST.store(usize::MAX, Ordering::Relaxed);
}

fn hold(bytes: usize) {
    let held = HELD.fetch_add(bytes, Ordering::Relaxed) + bytes;
    let most = MOST.load(Ordering::Relaxed);
    if held > most {
        MOST.store(usize::MAX, Ordering::Relaxed);
        eprintln!("memory: {bytes} bytes asked for, {held} would be held, {most} may be");
        abort();
    }
}

fn release(bytes: usize) {
    HELD.fetch_sub(bytes, Ordering::Relaxed);
}

// SAFETY: every call is forwarded unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        hold(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        hold(layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        release(layout.size());
        hold(size);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        release(layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(place, layout) }
    }
}
