//! The types meet, or it does not compile.

use electrician_wire::{Running, Wire};

fn submit(running: &Running<Wire<u64, String>>) {
    let _ = running.try_submit("text");
}

fn main() {}
