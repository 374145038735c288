//! An OAuth 2 server in the process.

mod answer;
mod book;
mod key;
mod serve;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use book::{Endpoint, Ill};
pub use key::SigningKey;

use crate::authority::{Authority, Leaf};
use book::Book;

/// An OAuth 2 server on loopback, with keys made at its start: it publishes keys (JWKS), gives
/// tokens to a client that shows its credentials, and tells about tokens (RFC 7662).
///
/// It stands in for a real server where a test needs one that misbehaves on demand: [`ail`](Self::ail)
/// makes an endpoint fail, [`rotate`](Self::rotate) changes the key, and every request is counted.
///
/// | | |
/// |---|---|
/// | issuer, audience, scope | `auth-service`, `your-api`, `write:data` |
/// | client | `steeze-local-cli`, `local-secret` |
/// | keys | RS256, the first is `mock-key-1`, then `mock-key-2` |
/// | tokens | 300 s; `token-123` is always active |
/// | paths | `/api/auth/oauth/jwks.json`, `/token`, `/introspect`, `/healthz` |
///
/// It ends when it is dropped.
pub struct DevIssuer {
    shared: Arc<Book>,
    address: SocketAddr,
    authority: Option<Authority>,
    serving: JoinHandle<()>,
}

/// A server in the making. [`DevIssuer::builder`] begins one.
#[must_use = "a builder does nothing until it is started"]
pub struct DevIssuerBuilder {
    is_tls: bool,
    algorithm: &'static str,
    lifetime: Duration,
    wall: Box<dyn Fn() -> SystemTime + Send + Sync>,
}

// === impl DevIssuer ===

impl DevIssuer {
    /// The issuer that tokens name.
    pub const ISSUER: &str = "auth-service";
    /// The audience that tokens are for.
    pub const AUDIENCE: &str = "your-api";
    /// What tokens allow.
    pub const SCOPE: &str = "write:data";
    /// The client that may ask for tokens.
    pub const CLIENT_ID: &str = "steeze-local-cli";
    /// Its secret.
    pub const CLIENT_SECRET: &str = "local-secret";
    /// A token that is no JWT, and always active.
    pub const OPAQUE_TOKEN: &str = "token-123";
    /// What a resource server may show, instead of the client's secret, to ask about tokens.
    pub const INTROSPECTION_BEARER: &str = "introspection-bearer";

    /// A server over TLS, with a certificate for `localhost` and 127.0.0.1.
    pub fn builder() -> DevIssuerBuilder {
        DevIssuerBuilder {
            is_tls: true,
            algorithm: "RS256",
            lifetime: Duration::from_mins(5),
            wall: Box::new(SystemTime::now),
        }
    }

    /// Where it is: scheme, host, port.
    pub fn base(&self) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://localhost:{}", self.address.port())
    }

    /// Where its keys are.
    pub fn jwks_url(&self) -> String {
        self.base() + Endpoint::Jwks.path()
    }

    /// Where it gives tokens.
    pub fn token_url(&self) -> String {
        self.base() + Endpoint::Token.path()
    }

    /// Where it tells about tokens.
    pub fn introspection_url(&self) -> String {
        self.base() + Endpoint::Introspection.path()
    }

    /// The certificate of the authority to trust, as PEM text; `None` without TLS.
    pub fn authority(&self) -> Option<String> {
        self.authority.as_ref().map(Authority::pem)
    }

    /// The claims of a token made now.
    pub fn claims(&self) -> Map<String, Value> {
        self.shared.claims(Self::CLIENT_ID, Self::SCOPE)
    }

    /// A token with these claims, signed with the present key.
    ///
    /// # Panics
    ///
    /// When there is no randomness to be had.
    pub fn sign(&self, claims: &Map<String, Value>) -> String {
        let (id, key) = self.shared.key();
        let header = json!({ "alg": key.algorithm(), "typ": "JWT", "kid": id });
        key.token(&header, &Value::Object(claims.clone()))
    }

    /// A token as the token endpoint gives one.
    ///
    /// # Panics
    ///
    /// When there is no randomness to be had.
    pub fn token(&self) -> String {
        self.sign(&self.claims())
    }

    /// The present key and its id.
    pub fn key(&self) -> (String, Arc<SigningKey>) {
        self.shared.key()
    }

    /// Signs with a new key from now on, and gives its id. The former is not published any more.
    ///
    /// # Panics
    ///
    /// When there is no randomness to be had.
    pub fn rotate(&self) -> String {
        self.shared.rotate(false)
    }

    /// Signs with a new key from now on, and gives its id. Those before stay published.
    ///
    /// # Panics
    ///
    /// When there is no randomness to be had.
    pub fn rotate_keeping(&self) -> String {
        self.shared.rotate(true)
    }

    /// Publishes these as its keys, whatever they are, instead of its own; `None` ends that.
    pub fn publish(&self, jwks: Option<Value>) {
        self.shared.publish(jwks);
    }

    /// The token is not active any more.
    pub fn revoke(&self, token: &str) {
        self.shared.revoke(token);
    }

    /// Tells these of the token, instead of what it knows.
    pub fn tell(&self, token: &str, answer: Value) {
        self.shared.tell(token, answer);
    }

    /// Makes an endpoint misbehave until it is told otherwise.
    pub fn ail(&self, endpoint: Endpoint, ill: Ill) {
        self.shared.ail(endpoint, ill);
    }

    /// Requests that the endpoint has had.
    pub fn requests(&self, endpoint: Endpoint) -> usize {
        self.shared.requests(endpoint)
    }

    /// Waits until the endpoint has had so many requests. Cancel-safe.
    pub async fn wait_for_requests(&self, endpoint: Endpoint, count: usize) {
        self.shared.wait_for_requests(endpoint, count).await;
    }

    /// The last request to the endpoint: its `authorization` header, and its form.
    pub fn last_request(&self, endpoint: Endpoint) -> Option<(Option<String>, String)> {
        self.shared.last_request(endpoint)
    }

    /// Ends it: its port is closed when this returns, and so are its connections.
    pub async fn stop(mut self) {
        self.serving.abort();
        // It ends by being aborted, which is no failure.
        drop((&mut self.serving).await);
    }
}

impl Drop for DevIssuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl fmt::Debug for DevIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevIssuer").field("base", &self.base()).finish_non_exhaustive()
    }
}

// === impl DevIssuerBuilder ===

impl DevIssuerBuilder {
    /// Plain HTTP. Default: TLS.
    pub const fn without_tls(mut self) -> Self {
        self.is_tls = false;
        self
    }

    /// Signs with keys for this algorithm: one that [`SigningKey::generate`] knows. Default:
    /// `RS256`.
    pub const fn with_algorithm(mut self, algorithm: &'static str) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Tokens live so long. Default: 300 s.
    pub const fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Takes the time of day from here. Default: the system's.
    pub fn with_wall_clock(
        mut self,
        wall: impl Fn() -> SystemTime + Send + Sync + 'static,
    ) -> Self {
        self.wall = Box::new(wall);
        self
    }

    /// Starts it, on a free port of loopback.
    ///
    /// # Panics
    ///
    /// When the algorithm is unknown, or there is no randomness to be had.
    pub async fn start(self) -> io::Result<DevIssuer> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let authority = self.is_tls.then(|| Authority::new("dev issuer"));
        let acceptor = authority.as_ref().map(|authority| {
            serve::acceptor(&authority.certify(&Leaf::server(["localhost", "127.0.0.1"])))
        });
        let wall = self.wall;
        let seconds = move || wall().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let shared = Arc::new(Book::new(self.algorithm, self.lifetime, Box::new(seconds)));
        let serving = tokio::spawn(serve::serve(listener, acceptor, Arc::clone(&shared)));
        Ok(DevIssuer { shared, address, authority, serving })
    }
}

impl fmt::Debug for DevIssuerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevIssuerBuilder")
            .field("is_tls", &self.is_tls)
            .field("algorithm", &self.algorithm)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
