//! Both ends of a relay, over loopback.

mod auth;
mod build;
mod cuts;
mod delivery;
mod drain;
mod hostile;
mod log_relay;
mod mesh;
mod raw;
mod routing;
mod send_sync;
mod slow_reader;
mod support;
