//! Addresses of authorization servers.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use electrician_types::ConfigError;
use http::Uri;

use crate::problem::refuse;
use crate::shown::shown;

/// An address to which secrets may go.
#[derive(Clone)]
pub(crate) struct Endpoint {
    uri: Uri,
    /// Without the query, which may hold what should not be in a log.
    name: Arc<str>,
}

// === impl Endpoint ===

impl Endpoint {
    /// An `https` address; `http` only on this machine, and only if that was asked for.
    pub(crate) fn parse(url: &str, allows_plaintext: bool) -> Result<Self, ConfigError> {
        let wanted = "give one like \"https://auth.example.org/path\"";
        let uri: Uri = url.parse().map_err(|error| {
            refuse(format!("{} is no address ({error}): {wanted}", shown(without_query(url))))
        })?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(refuse(format!("{} is no address: {wanted}", shown(without_query(url)))));
        };
        // Where a name and a password can stand, this is the end of them.
        let (user, place) = match authority.as_str().rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority.as_str()),
        };
        let name: Arc<str> = format!("{scheme}://{place}{}", uri.path()).into();
        if user.is_some() {
            return Err(refuse(format!(
                "{name}: the address has a user in it, who would end up in logs: take it out"
            )));
        }
        match scheme {
            "http" if !is_loopback(authority.host()) => {
                return Err(refuse(format!(
                    "{name}: without TLS everybody on the way can read secrets and change answers: \
                     use https"
                )));
            }
            "http" if !allows_plaintext => {
                return Err(refuse(format!(
                    "{name}: without TLS: use https, or, for tests, say \
                     `dangerously_allow_plaintext_on_loopback`"
                )));
            }
            "http" | "https" => {}
            other => return Err(refuse(format!("{name}: the scheme is {other:?}: use https"))),
        }
        Ok(Self { uri, name })
    }

    pub(crate) const fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(crate) const fn name(&self) -> &Arc<str> {
        &self.name
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Endpoint").field(&self.name).finish()
    }
}

/// Without a query, and without a user.
pub(crate) fn without_query(url: &str) -> &str {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let url = &url[..end];
    url.rsplit_once('@').map_or(url, |(_, place)| place)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
