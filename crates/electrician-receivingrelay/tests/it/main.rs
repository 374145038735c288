//! Both ends of a relay, over loopback.

mod auth;
mod bombs;
mod build;
mod cuts;
mod delivery;
mod drain;
mod hostile;
mod killed;
mod raw;
mod routing;
mod send_sync;
mod silence;
mod slow_reader;
mod support;
mod tokens;
mod traces;
