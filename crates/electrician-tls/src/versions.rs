//! Versions of the protocol.

use electrician_types::ConfigError;
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

use crate::problem::refuse;

static NEW: [&SupportedProtocolVersion; 1] = [&TLS13];
static BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

pub(crate) fn select(has_tls12: bool) -> &'static [&'static SupportedProtocolVersion] {
    if has_tls12 { &BOTH } else { &NEW }
}

pub(crate) fn unfit(error: &rustls::Error) -> ConfigError {
    refuse(format!("the versions of TLS cannot be used: {error}"))
}
