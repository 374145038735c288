//! The fuzz targets of `electrician-relay`, one function each; the programs in `fuzz_targets` only
//! call them. `cargo xtask fuzz` runs them.

mod envelope;
mod session;

pub use envelope::relay_envelope;
pub use session::{Step, relay_session};
