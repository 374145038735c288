//! A transform by value has consumed the item that failed: there is nothing to try again.

use electrician_wire::{Retry, Wire};

fn main() {
    let _ = Wire::new("parse", |text: String| text.parse::<u64>()).with_retry(Retry::exponential(3));
}
