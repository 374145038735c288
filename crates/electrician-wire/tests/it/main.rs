//! The promises of the wire.

mod basics;
