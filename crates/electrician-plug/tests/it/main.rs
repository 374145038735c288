//! The promises of the plug.

mod blocking;
mod function;
mod sinks;
mod sources;
mod support;
mod tap;
