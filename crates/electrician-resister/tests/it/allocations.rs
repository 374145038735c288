//! The queue in memory allocates when it is built, and then no more.

use electrician_resister::Resister;
use electrician_testkit::alloc::{self, Counting};
use electrician_types::Batch;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn no_element_costs_an_allocation() {
    let queue = Resister::builder(1000).build().unwrap();
    let mut batch = Batch::with_capacity(100);
    let mut elements = Vec::with_capacity(100);
    let usage = alloc::measure(|| {
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
    });
    assert_eq!(usage.allocations, 0);
}
