//! The promises of the facade.

mod names;
#[cfg(all(
    feature = "circuitbreaker",
    feature = "conduit",
    feature = "generator",
    feature = "plug",
    feature = "resister",
    feature = "surgeprotector"
))]
mod protection;
#[cfg(all(feature = "conduit", feature = "plug", feature = "generator"))]
mod send_sync;
