//! A component runs once at a time.

use electrician_wire::Wire;

fn main() {
    let wire = Wire::map("same", |n: u64| n).build().unwrap();
    let _first = wire.start().unwrap();
    let _second = wire.start().unwrap();
}
