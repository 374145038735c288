//! Both ends of a relay, over loopback.

mod auth;
mod build;
mod cuts;
mod delivery;
mod drain;
mod hostile;
mod http1;
mod log_relay;
mod mesh;
mod peers;
mod raw;
mod routing;
mod send_sync;
mod services;
mod slow_reader;
mod support;
mod web;
mod web_hostile;
