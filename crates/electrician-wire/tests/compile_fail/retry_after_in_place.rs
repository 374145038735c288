//! What follows a transform in place takes the item off the desk: if it fails, the item is gone.

use electrician_wire::{Retry, Wire};

fn main() {
    let _ = Wire::in_place("trim", |text: &mut String| Ok::<_, String>(text.truncate(8)))
        .map(|text| text.len())
        .with_retry(Retry::exponential(3));
}
