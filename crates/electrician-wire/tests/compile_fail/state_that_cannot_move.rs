//! A worker may run on any thread, and its state goes with it.

use std::rc::Rc;

use electrician_wire::Wire;

fn main() {
    let _ = Wire::per_worker("count", || {
        let counts = Rc::new(0);
        move |n: u64| Ok::<_, String>(n + *counts)
    });
}
