#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod backoff;
mod builder;
mod connect;
mod error;
mod link;
#[cfg(feature = "logger")]
mod log_relay;
mod mesh;
mod packing;
mod runner;
mod sink;
mod targets;
mod totals;

pub use builder::{ForwardRelayBuilder, Routing};
pub use error::LinkError;
pub use link::FailedPayload;
#[cfg(feature = "logger")]
pub use log_relay::{LogRelay, LogRelayBuilder};
pub use mesh::{
    MeshClient, MeshClientBuilder, MeshError, MeshInbox, MeshPeer, MeshPeerStats, MeshTicket,
};
pub use sink::ForwardRelay;
pub use totals::{ForwardRelayStats, LinkStats};

/// Tokens to show to the receiver.
pub use electrician_auth as auth;
/// Envelopes, sessions, the contract.
pub use electrician_relay as relay;
/// Encrypted connections.
pub use electrician_tls as tls;
