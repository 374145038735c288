//! The promises of the conduit.

mod basics;
