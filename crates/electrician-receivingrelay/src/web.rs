//! gRPC-Web: who may call from which pages, and how.

mod origin;
mod paced;

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

pub(crate) use paced::Paced;

/// What every caller may send: what the protocol has, and a token.
const HEADERS: &[&str] =
    &["authorization", "content-type", "grpc-timeout", "x-grpc-web", "x-user-agent"];

/// What every caller may read: how a call ended.
const EXPOSED: &[&str] = &["grpc-message", "grpc-status", "grpc-status-details-bin"];

/// The longest time that anything here lasts, a day.
const MOST: Duration = Duration::from_hours(24);

/// gRPC-Web for the pages of some origins, on the port of the relay.
///
/// Browsers cannot speak gRPC. With this, the services can be called in gRPC-Web, too
/// (`application/grpc-web` and `application/grpc-web-text`), over HTTP/1.1 and HTTP/2. Callers are
/// authenticated as ever; only the question of a browser whether it may ask (`OPTIONS`) is answered
/// to anybody.
///
/// A request that names an origin (`Origin`) that is not allowed is refused with 403, whatever it asks
/// for. One without is no page's, and is let in like any other client.
///
/// ```
/// use electrician_receivingrelay::GrpcWeb;
///
/// let web = GrpcWeb::from_origins(["https://app.example.org", "http://localhost:3000"])
///     .with_headers(["x-tenant"]);
/// ```
#[derive(Clone, Debug)]
#[must_use = "it does nothing until a relay is given it"]
pub struct GrpcWeb {
    origins: Origins,
    headers: Vec<String>,
    exposed: Vec<String>,
    max_age: Duration,
    has_credentials: bool,
    pace: Duration,
}

#[derive(Clone, Debug)]
enum Origins {
    Any,
    These(Vec<String>),
}

/// Settings that are sound.
#[derive(Clone)]
pub(crate) struct Rules {
    /// `None` stands for all.
    origins: Option<Vec<HeaderValue>>,
    pub(crate) cors: CorsLayer,
    pub(crate) pace: Duration,
}

// === impl GrpcWeb ===

impl GrpcWeb {
    /// For the pages of these origins, written as browsers do: scheme, host, and the port unless it is
    /// that of the scheme, such as `https://app.example.org` or `http://localhost:3000`.
    pub fn from_origins<O: Into<String>>(origins: impl IntoIterator<Item = O>) -> Self {
        Self::new(Origins::These(origins.into_iter().map(Into::into).collect()))
    }

    /// For the pages of anybody. Then every page that somebody looks at can send to a relay that
    /// their browser reaches; let there be an authenticator that asks for tokens.
    pub const fn from_any_origin() -> Self {
        Self::new(Origins::Any)
    }

    const fn new(origins: Origins) -> Self {
        Self {
            origins,
            headers: Vec::new(),
            exposed: Vec::new(),
            max_age: Duration::from_mins(10),
            has_credentials: false,
            pace: Duration::from_secs(10),
        }
    }

    /// What pages may send besides `authorization`, `content-type`, `grpc-timeout`, `x-grpc-web` and
    /// `x-user-agent`: headers that an authenticator asks for, for example.
    pub fn with_headers<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.headers.extend(names.into_iter().map(Into::into));
        self
    }

    /// What pages may read besides `grpc-status`, `grpc-message` and `grpc-status-details-bin`.
    pub fn with_exposed_headers<N: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        self.exposed.extend(names.into_iter().map(Into::into));
        self
    }

    /// How long browsers may remember what is allowed, in whole seconds, up to a day. Default: 10
    /// minutes.
    pub const fn with_max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// Pages may send cookies and client certificates along. Not for any origin.
    pub const fn with_credentials(mut self) -> Self {
        self.has_credentials = true;
        self
    }

    /// How long the body of a request may be silent, or nearly so: while the relay waits for more of
    /// it, 4 KiB must come in this time, or the rest. Default: 10 s.
    pub const fn with_body_timeout(mut self, timeout: Duration) -> Self {
        self.pace = timeout;
        self
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        match &self.origins {
            Origins::Any if self.has_credentials => problems.push(
                "credentials from any origin: every page could act for who looks at it; name the \
                 origins, or leave out `with_credentials`"
                    .to_owned(),
            ),
            Origins::Any => {}
            Origins::These(these) if these.is_empty() => {
                problems
                    .push("no origin is allowed; name one, or say `from_any_origin`".to_owned());
            }
            Origins::These(these) => {
                problems.extend(these.iter().filter_map(|one| origin::parse(one).err()));
            }
        }
        for name in self.headers.iter().chain(&self.exposed) {
            if name == "*" || HeaderName::try_from(name).is_err() {
                problems.push(format!("{name:?} is no name of a header, such as \"x-tenant\""));
            }
        }
        if self.max_age > MOST {
            let asked = self.max_age;
            problems.push(format!("a maximum age of {asked:?}; give {MOST:?} at most"));
        }
        if self.pace.is_zero() || self.pace > MOST {
            let asked = self.pace;
            problems
                .push(format!("a body timeout of {asked:?}; give more than 0, {MOST:?} at most"));
        }
        problems.into_iter().map(|problem| format!("gRPC-Web: {problem}")).collect()
    }

    /// The settings as they are applied, where there are no problems.
    pub(crate) fn rules(&self) -> Rules {
        let origins = match &self.origins {
            Origins::Any => None,
            Origins::These(these) => {
                Some(these.iter().filter_map(|one| origin::parse(one).ok()).collect::<Vec<_>>())
            }
        };
        let allowed = match &origins {
            None => AllowOrigin::any(),
            Some(these) => AllowOrigin::list(these.iter().cloned()),
        };
        let cors = CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([Method::POST])
            .allow_headers(names(HEADERS, &self.headers))
            .expose_headers(names(EXPOSED, &self.exposed))
            .max_age(self.max_age)
            .allow_credentials(self.has_credentials);
        Rules { origins, cors, pace: self.pace }
    }
}

fn names(always: &[&'static str], own: &[String]) -> Vec<HeaderName> {
    let always = always.iter().map(|name| HeaderName::from_static(name));
    always.chain(own.iter().filter_map(|name| name.parse().ok())).collect()
}

// === impl Rules ===

impl Rules {
    /// Whether a page may have sent this. It is not left to browsers alone to keep to what they were
    /// told.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> bool {
        let Some(origins) = &self.origins else { return true };
        headers.get_all(header::ORIGIN).iter().all(|origin| origins.contains(origin))
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("origins", &self.origins).finish_non_exhaustive()
    }
}

/// Whether a browser asks what it may ask.
pub(crate) fn is_preflight<B>(request: &Request<B>) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Whether it is said to be gRPC-Web.
pub(crate) fn is_web(headers: &HeaderMap) -> bool {
    let kind = content_type(headers).and_then(|kind| kind.strip_prefix("application/grpc-web"));
    matches!(kind, Some("" | "+proto" | "-text" | "-text+proto"))
}

/// Whether it is said to be gRPC. A page can send much that nobody asks it about, but not this.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = content_type(headers).and_then(|kind| kind.strip_prefix("application/grpc"));
    kind.is_some_and(|rest| rest.is_empty() || rest.starts_with(['+', ';']))
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()
}
