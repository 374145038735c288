//! Work that does not await cannot be ended by the clock.

use std::time::Duration;

use electrician_wire::Wire;

fn main() {
    let _ = Wire::map("hash", |n: u64| n).with_timeout(Duration::from_secs(1));
}
