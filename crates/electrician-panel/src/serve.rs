//! Answering browsers.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State as Shared};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use http::{HeaderValue, StatusCode, header};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::access::{Access, Verdict};
use crate::page;
use crate::state::State;

/// How long a client may take for the head of a request.
const HEAD_LIMIT: Duration = Duration::from_secs(10);

/// How long to wait when no connection can be taken: too many files are open, say.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// The page takes nothing from elsewhere, and nobody else frames it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// Serves until it is told to stop; then every connection is dropped.
pub(crate) async fn run(
    listener: TcpListener,
    state: State,
    access: Access,
    connections: usize,
    mut stopped: watch::Receiver<bool>,
) {
    let service = TowerToHyperService::new(router(state.clone(), access));
    let places = Arc::new(Semaphore::new(connections));
    let mut tasks = JoinSet::new();
    let serving = async {
        loop {
            // Those that do not fit wait in the kernel's queue.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let service = service.clone();
                    tasks.spawn(async move {
                        connection(stream, service).await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the panel could not take a connection");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
            while tasks.try_join_next().is_some() {}
        }
    };
    tokio::select! {
        () = serving => {}
        () = state.watch() => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
    tasks.shutdown().await;
}

async fn connection(stream: TcpStream, service: TowerToHyperService<Router>) {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(16 * 1024);
    // A client that goes away, or speaks something else, is no concern of ours.
    let _: Result<(), hyper::Error> = server.serve_connection(TokioIo::new(stream), service).await;
}

fn router(state: State, access: Access) -> Router {
    Router::new()
        .route("/", get(|| asset("text/html; charset=utf-8", page::HTML)))
        .route("/style.css", get(|| asset("text/css; charset=utf-8", page::STYLE)))
        .route("/panel.js", get(|| asset("text/javascript; charset=utf-8", page::SCRIPT)))
        .route("/graph.js", get(|| asset("text/javascript; charset=utf-8", page::GRAPH)))
        .route("/format.js", get(|| asset("text/javascript; charset=utf-8", page::FORMAT)))
        .route("/icon.svg", get(|| asset("image/svg+xml", page::ICON)))
        .route("/events", get(events))
        .route("/snapshot.json", get(snapshot))
        .route("/dead-letters.json", get(letters))
        .with_state(state)
        .layer(from_fn_with_state(access, guard))
}

/// Nobody gets anything before it is known that they may.
async fn guard(Shared(access): Shared<Access>, request: Request, next: Next) -> Response {
    let mut response = match access.decide(request.uri(), request.headers()) {
        Verdict::Granted => next.run(request).await,
        Verdict::Remember(cookie) => remember(&cookie),
        Verdict::Unknown => refuse(
            StatusCode::UNAUTHORIZED,
            "this panel wants a token: open it as /?token=…, or send it as a bearer token\n",
        ),
        Verdict::Foreign => refuse(
            StatusCode::FORBIDDEN,
            "this panel is for this machine: open it as localhost or 127.0.0.1\n",
        ),
    };
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::CACHE_CONTROL, "no-store");
    response
}

fn remember(cookie: &str) -> Response {
    let Ok(cookie) = HeaderValue::from_str(cookie) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [(header::SET_COOKIE, cookie), (header::LOCATION, HeaderValue::from_static("/"))];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn refuse(status: StatusCode, why: &'static str) -> Response {
    let mut response = (status, why).into_response();
    if status == StatusCode::UNAUTHORIZED {
        let value = HeaderValue::from_static("Bearer realm=\"panel\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

fn asset(kind: &'static str, text: &'static str) -> Ready<Response> {
    ready(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// `hello` once, then `look` after each interval. A slow reader misses looks and gets the latest.
async fn events(
    Shared(state): Shared<State>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut looks = state.looks();
    looks.mark_changed();
    let hello = state.hello().map(|json| Ok(Event::default().event("hello").data(&*json)));
    let following = stream::unfold(looks, async |mut looks| {
        looks.changed().await.ok()?;
        let json = Arc::clone(&looks.borrow_and_update());
        Some((Ok(Event::default().event("look").data(&*json)), looks))
    });
    let all = stream::StreamExt::chain(stream::iter(hello), following);
    Sse::new(all).keep_alive(KeepAlive::default())
}

async fn snapshot(Shared(state): Shared<State>) -> Response {
    json(Some(state.latest()))
}

async fn letters(Shared(state): Shared<State>) -> Response {
    json(state.letters())
}

fn json(text: Option<Arc<str>>) -> Response {
    text.map_or_else(
        || StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        |text| {
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (kind, Body::from(text.as_bytes().to_vec())).into_response()
        },
    )
}
