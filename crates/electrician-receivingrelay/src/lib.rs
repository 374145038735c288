#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builder;
mod conversation;
mod front;
mod health;
mod hub;
mod mesh;
mod reading;
mod receiving;
mod reflection;
mod server;
mod service;
mod source;
mod stream;
mod web;

pub use builder::ReceivingRelayBuilder;
pub use hub::ReceivingRelayHandle;
pub use hub::ReceivingRelayStats;
pub use mesh::{Mesh, MeshAccess};
pub use receiving::ReceivingRelay;
pub use source::RelaySource;
pub use web::GrpcWeb;

/// Who may send.
pub use electrician_auth as auth;
/// Envelopes, sessions, the contract.
pub use electrician_relay as relay;
/// Encrypted connections.
pub use electrician_tls as tls;
