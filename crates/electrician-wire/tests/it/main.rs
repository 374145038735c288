//! The promises of the wire.

mod basics;
mod probe;
mod support;
