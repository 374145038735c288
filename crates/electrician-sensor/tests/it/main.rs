//! The promises of the sensor.

mod edges;
mod events;
mod feed;
mod filter;
mod isolation;
mod log;
mod owned;
mod pipeline;
mod sampling;
mod send_sync;
mod support;
