//! What somebody shows.

use std::fmt;

use electrician_tls::PeerIdentity;

use crate::error::AuthError;
use crate::header_view::HeaderView;

/// What somebody shows to be let in: headers, and the certificate of the connection.
#[derive(Clone, Copy)]
pub struct Presented<'a> {
    headers: &'a dyn HeaderView,
    peer: Option<&'a PeerIdentity>,
}

// === impl Presented ===

impl<'a> Presented<'a> {
    /// These headers.
    pub fn new(headers: &'a dyn HeaderView) -> Self {
        Self { headers, peer: None }
    }

    /// The certificate as well, if there is one, which the connection has verified.
    #[must_use]
    pub const fn with_peer(mut self, peer: Option<&'a PeerIdentity>) -> Self {
        self.peer = peer;
        self
    }

    /// The headers.
    pub fn headers(&self) -> &'a dyn HeaderView {
        self.headers
    }

    /// The certificate.
    pub const fn peer(&self) -> Option<&'a PeerIdentity> {
        self.peer
    }

    /// The token of `authorization: Bearer …` (RFC 6750); `None` without such a header.
    pub fn bearer(&self) -> Result<Option<&'a str>, AuthError> {
        let header = self.headers.only("authorization");
        let header =
            header.map_err(|_| AuthError::Malformed("there are several in one request"))?;
        let Some(header) = header else { return Ok(None) };
        let header =
            std::str::from_utf8(header).map_err(|_| AuthError::Malformed("it is no text"))?;
        let Some((scheme, token)) = header.trim().split_once(' ') else {
            return Ok(None);
        };
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Ok(None);
        }
        let token = token.trim_start();
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AuthError::Malformed("it has letters that no token has"));
        }
        Ok((!token.is_empty()).then_some(token))
    }
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presented").field("peer", &self.peer).finish_non_exhaustive()
    }
}
