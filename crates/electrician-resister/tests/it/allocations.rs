//! The queue in memory allocates when it is built, and then no more.

#![expect(unsafe_code, reason = "implementing an allocator is unsafe; this one forwards")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use electrician_resister::Resister;
use electrician_types::Batch;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    /// How often this thread, and so this test alone, has allocated.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is forwarded unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(place, layout) }
    }
}

#[test]
fn no_element_costs_an_allocation() {
    let queue = Resister::builder(1000).build().unwrap();
    let mut batch = Batch::with_capacity(100);
    let mut elements = Vec::with_capacity(100);
    let before = COUNT.with(Cell::get);
    for round in 0..50 {
        while queue.try_push(round, round % 7).is_ok() {}
        for turn in 0..300 {
            let element = queue.try_pop().unwrap();
            if turn % 3 == 0 {
                queue.requeue(element).unwrap();
            }
        }
        (0..100).for_each(|number| batch.push(number));
        queue.try_push_batch(&mut batch, 3).unwrap();
        assert_eq!(queue.try_pop_batch(&mut elements, 100), 100);
        elements.clear();
    }
    assert_eq!(COUNT.with(Cell::get) - before, 0);
}
