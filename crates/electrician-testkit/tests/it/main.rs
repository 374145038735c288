//! The testkit, tested: that it sees what is wrong, and only that.

#![allow(
    clippy::type_complexity,
    clippy::trivially_copy_pass_by_ref,
    clippy::needless_for_each,
    reason = "the shapes that the contracts ask for"
)]

mod adapters;
mod assert;
mod clock;
mod contracts;
mod faults;
#[cfg(feature = "issuer")]
mod issuer;
mod lines;
mod oracle;
#[cfg(feature = "proxy")]
mod proxy;
mod scenarios;
mod sources;
mod swallow;
