//! Both ends of a relay, over loopback.

mod auth;
mod bombs;
mod build;
mod cuts;
mod delivery;
mod drain;
mod hostile;
mod http1;
mod killed;
mod log_relay;
mod mesh;
mod peers;
mod raw;
mod routing;
mod send_sync;
mod services;
mod silence;
mod slow_reader;
mod support;
mod tokens;
mod traces;
mod web;
mod web_hostile;
