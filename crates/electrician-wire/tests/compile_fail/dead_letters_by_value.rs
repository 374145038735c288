//! A transform by value has consumed the item that failed: there is nothing to send.

use electrician_wire::{Wire, dead_letters};

fn main() {
    let (port, _letters) = dead_letters::<String>(8);
    let _ = Wire::new_async("parse", |text: String| async move { text.parse::<u64>() })
        .with_dead_letters(port);
}
