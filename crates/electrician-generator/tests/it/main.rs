//! The promises of the generator.

mod close;
mod demand;
mod drops;
mod observe;
mod restart;
mod support;
