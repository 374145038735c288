//! Who has stopped a run cannot submit to it.

use std::time::Duration;

use electrician_wire::{Running, Wire};

async fn stop_and_go_on(running: Running<Wire<u64, u64>>) {
    let _ = running.stop(Duration::ZERO).await;
    let _ = running.submit(1).await;
}

fn main() {}
