//! What runs cannot be changed.

use electrician_wire::Wire;

fn main() {
    let running = Wire::map("same", |n: u64| n).build().unwrap().start().unwrap();
    let _ = running.with_workers(3);
}
