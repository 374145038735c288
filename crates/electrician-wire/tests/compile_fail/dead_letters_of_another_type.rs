//! A stage of numbers cannot send its failures as text.

use electrician_wire::{DeadLetters, Wire, dead_letters};

fn main() {
    let (port, _letters): (_, DeadLetters<String>) = dead_letters(8);
    let _ = Wire::by_ref("double", |n: &u64| n.checked_mul(2).ok_or("overflow"))
        .with_dead_letters(port);
}
