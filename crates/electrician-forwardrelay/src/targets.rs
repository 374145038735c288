//! Where a relay sends to.

use std::fmt;

use http::Uri;
use http::uri::{Authority, Scheme};
use rustls_pki_types::ServerName;

/// A host and a port, with the scheme by which it is asked for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Target {
    authority: Authority,
    port: u16,
}

// === impl Target ===

impl Target {
    /// `host:port`, also behind `http://` or `https://`, which must be what the relay does.
    pub(crate) fn parse(text: &str, is_encrypted: bool) -> Result<Self, String> {
        let is_right = |rest: &str, scheme| {
            if scheme == is_encrypted { Ok(rest.to_owned()) } else { Err(()) }
        };
        let rest = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => is_right(rest, true),
            (_, Some(rest)) => is_right(rest, false),
            _ => Ok(text.to_owned()),
        };
        let rest = rest.map_err(|()| {
            let what = if is_encrypted { "are encrypted" } else { "are not encrypted" };
            format!("target {text:?}: connections {what}: leave out the scheme, or say the other")
        })?;
        let rest = rest.strip_suffix('/').unwrap_or(&rest);
        let wrong = || format!("target {text:?}: give a host and a port, such as \"relay:50051\"");
        let authority: Authority = rest.parse().map_err(|_| wrong())?;
        let port = authority.port_u16().ok_or_else(wrong)?;
        if authority.host().is_empty() || rest.contains('@') {
            return Err(wrong());
        }
        let target = Self { authority, port };
        if is_encrypted {
            target.server_name().map_err(|_| wrong())?;
        }
        Ok(target)
    }

    /// The host without the brackets of an IPv6 address.
    pub(crate) fn host(&self) -> &str {
        self.authority.host().trim_start_matches('[').trim_end_matches(']')
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn server_name(
        &self,
    ) -> Result<ServerName<'static>, rustls_pki_types::InvalidDnsNameError> {
        ServerName::try_from(self.host().to_owned())
    }

    /// What requests begin with.
    pub(crate) fn origin(&self, is_encrypted: bool) -> Uri {
        let scheme = if is_encrypted { Scheme::HTTPS } else { Scheme::HTTP };
        let uri = Uri::builder().scheme(scheme).authority(self.authority.clone());
        uri.path_and_query("/").build().expect("a scheme, an authority and a path")
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.authority.as_str())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
