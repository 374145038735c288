//! Requests to authorization servers.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use electrician_tls::ClientTls;
use electrician_types::ConfigError;
use form_urlencoded::Serializer;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::endpoint::Endpoint;
use crate::problem::{conclude, note};
use crate::secret::Secret;
use crate::time::Time;

/// Connections that are kept for the next request.
const IDLE_CONNECTIONS: usize = 8;

/// A client for one address.
pub(crate) struct Http {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    endpoint: Endpoint,
    timeout: Duration,
    max_bytes: usize,
    time: Time,
}

/// How requests are made.
#[derive(Clone, Debug)]
pub(crate) struct HttpOptions {
    pub(crate) tls: Option<ClientTls>,
    pub(crate) timeout: Duration,
    pub(crate) max_bytes: usize,
    pub(crate) allows_plaintext: bool,
    pub(crate) time: Time,
}

/// An answer with a body that is not longer than allowed.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Bytes,
}

// === impl HttpOptions ===

impl HttpOptions {
    pub(crate) fn new(timeout: Duration, max_bytes: usize) -> Self {
        Self { tls: None, timeout, max_bytes, allows_plaintext: false, time: Time::system() }
    }

    /// A client for the address.
    pub(crate) fn connect(&self, url: &str) -> Result<Http, ConfigError> {
        let endpoint = Endpoint::parse(url, self.allows_plaintext);
        let mut problems = Vec::new();
        if self.timeout.is_zero() {
            problems.push("a timeout of 0 s lets no request through: give more".to_owned());
        }
        if self.max_bytes == 0 {
            problems.push("0 bytes hold no answer: give more".to_owned());
        }
        // Where nobody brings a configuration, the system's roots must be there.
        let tls = match &self.tls {
            Some(tls) => Ok(tls.clone()),
            None => ClientTls::builder().with_tls12().build(),
        };
        let endpoint = note(endpoint, &mut problems);
        let tls = note(tls, &mut problems);
        let (endpoint, tls) = conclude(endpoint.zip(tls), problems)?;
        let mut config = (*tls.config()).clone();
        // The protocol is set by the connector; what others speak over this configuration is theirs.
        config.alpn_protocols.clear();
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build(connector);
        let (timeout, max_bytes) = (self.timeout, self.max_bytes);
        Ok(Http { client, endpoint, timeout, max_bytes, time: self.time.clone() })
    }
}

// === impl Http ===

impl Http {
    pub(crate) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) const fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(crate) const fn time(&self) -> &Time {
        &self.time
    }

    /// The answer to a `GET`, or why there is none.
    pub(crate) async fn get(&self) -> Result<Reply, String> {
        let request = self.request(Method::GET).body(Full::default());
        self.send(request.map_err(|error| error.to_string())?).await
    }

    /// The answer to a form, or why there is none.
    pub(crate) async fn post(
        &self,
        form: String,
        authorization: Option<HeaderValue>,
    ) -> Result<Reply, String> {
        let mut request =
            self.request(Method::POST).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Full::from(form));
        self.send(request.map_err(|error| error.to_string())?).await
    }

    fn request(&self, method: Method) -> http::request::Builder {
        let uri = self.endpoint.uri().clone();
        Request::builder().method(method).uri(uri).header(ACCEPT, "application/json")
    }

    /// Redirections are not followed: a secret goes where it was told to go.
    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Reply, String> {
        let exchange = async {
            let response = self.client.request(request).await.map_err(|error| chain(&error))?;
            let (head, body) = response.into_parts();
            let retry_after = retry_after(&head.headers);
            let body = Limited::new(body, self.max_bytes).collect().await;
            let body = body.map_err(|error| {
                if error.is::<LengthLimitError>() {
                    format!("the answer is longer than {} bytes", self.max_bytes)
                } else {
                    chain(&*error)
                }
            })?;
            Ok(Reply { status: head.status, retry_after, body: body.to_bytes() })
        };
        let answer = self.time.limit(self.timeout, exchange).await;
        answer.unwrap_or_else(|| Err(format!("no answer within {:?}", self.timeout)))
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// `application/x-www-form-urlencoded`.
pub(crate) fn form(first: (&str, &str), more: &[(&'static str, Secret)]) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair(first.0, first.1);
    for (name, value) in more {
        form.append_pair(name, value.expose());
    }
    form.finish()
}

/// The seconds that a server asks to wait. A date is not read: it would need its clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// An error with its causes: the outermost says nothing of use.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut said = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        said = format!("{said}: {error}");
        next = error.source();
    }
    said
}
