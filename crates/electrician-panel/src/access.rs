//! Who may look.

use std::net::SocketAddr;
use std::sync::Arc;

use http::{HeaderMap, Uri, header};
use subtle::ConstantTimeEq;

/// The cookie that holds the token. Browsers keep cookies by host and not by port, so panels of
/// several processes need names of their own.
const COOKIE: &str = "electrician_panel";

/// Decides who may look.
#[derive(Clone)]
pub(crate) struct Access {
    local: SocketAddr,
    token: Option<Arc<str>>,
}

/// What a request may have.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// What it asks for.
    Granted,
    /// The token came in the address, where it should not stay: this cookie, and the page without
    /// it.
    Remember(String),
    /// It has no token, or a wrong one.
    Unknown,
    /// It came by a name that is not this machine's: a page of somebody else sent it.
    Foreign,
}

// === impl Access ===

impl Access {
    pub(crate) const fn new(local: SocketAddr, token: Option<Arc<str>>) -> Self {
        Self { local, token }
    }

    /// What a request with this address and these headers may have.
    pub(crate) fn decide(&self, uri: &Uri, headers: &HeaderMap) -> Verdict {
        if self.local.ip().is_loopback() && !self.is_local(headers) {
            return Verdict::Foreign;
        }
        let Some(token) = &self.token else {
            return Verdict::Granted;
        };
        if let Some(given) = query(uri) {
            return if is_same(given, token) {
                let name = self.cookie();
                let cookie = format!("{name}={token}; HttpOnly; SameSite=Strict; Path=/");
                Verdict::Remember(cookie)
            } else {
                Verdict::Unknown
            };
        }
        let is_known = bearer(headers).into_iter().chain(self.cookies(headers));
        if is_known.fold(false, |known, given| known | is_same(given, token)) {
            Verdict::Granted
        } else {
            Verdict::Unknown
        }
    }

    /// A name in somebody else's domain may lead to this machine, and pages of that domain could
    /// then read this one. They cannot choose what their browser says it asks for.
    fn is_local(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let Some(host) = host else {
            return false;
        };
        let name = host.rsplit_once(':').map_or(host, |(name, port)| {
            let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
            if is_port { name } else { host }
        });
        let ip = self.local.ip();
        matches!(name, "localhost" | "127.0.0.1" | "[::1]")
            || name == ip.to_string()
            || name == format!("[{ip}]")
    }

    fn cookie(&self) -> String {
        format!("{COOKIE}_{}", self.local.port())
    }

    fn cookies<'a>(&self, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> {
        let wanted = self.cookie();
        let lines = headers.get_all(header::COOKIE).into_iter();
        lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';')).filter_map(
            move |pair| {
                let (name, value) = pair.trim().split_once('=')?;
                (name == wanted).then_some(value)
            },
        )
    }
}

fn query(uri: &Uri) -> Option<&str> {
    uri.query()?.split('&').find_map(|pair| pair.strip_prefix("token="))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// In a time that does not tell where they differ.
fn is_same(given: &str, token: &str) -> bool {
    given.as_bytes().ct_eq(token.as_bytes()).into()
}

#[cfg(test)]
mod tests;
