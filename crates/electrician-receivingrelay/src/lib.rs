#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builder;
mod conversation;
mod hub;
mod reading;
mod receiving;
mod server;
mod service;
mod source;
mod stream;

pub use builder::ReceivingRelayBuilder;
pub use hub::ReceivingRelayHandle;
pub use hub::ReceivingRelayStats;
pub use receiving::ReceivingRelay;
pub use source::RelaySource;

/// Who may send.
pub use electrician_auth as auth;
/// Envelopes, sessions, the contract.
pub use electrician_relay as relay;
/// Encrypted connections.
pub use electrician_tls as tls;
