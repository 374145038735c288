#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod check;
mod connection;
mod error;
#[cfg(feature = "tls")]
mod secret;
#[cfg(feature = "tls")]
mod security;
mod tokens;

pub use connection::Connection;
#[cfg(feature = "tls")]
pub use secret::Secret;
#[cfg(feature = "tls")]
pub use security::{Sasl, Security, Tls, Token};

pub use rdkafka;
