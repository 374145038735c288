#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod alpn;
mod client;
mod clients;
mod key_pair;
mod live;
mod load;
mod peer;
mod pem;
mod pin;
mod principal;
mod problem;
mod roots;
mod server;
mod versions;
mod x509;

pub use client::{ClientTls, ClientTlsBuilder};
pub use clients::ClientCertificates;
pub use key_pair::KeyPair;
pub use peer::{PeerError, PeerIdentity};
pub use pem::Pem;
pub use pin::SpkiPin;
pub use principal::Principal;
pub use roots::Roots;
pub use server::{ServerTls, ServerTlsBuilder};

/// The driver: its configurations are what this crate makes.
pub use rustls;
