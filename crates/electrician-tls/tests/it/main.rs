//! Handshakes in memory, with certificates made on the spot.

mod build;
mod handshake;
mod mutual;
mod peer;
mod pins;
mod reload;
mod send_sync;
mod support;
