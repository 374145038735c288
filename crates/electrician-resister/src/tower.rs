//! Requests that wait for their turn before a `tower` service.

mod error;
mod shared;
mod turn;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use electrician_types::ConfigError;
use tower_layer::Layer;
use tower_service::Service;

pub use error::ResisterError;

use crate::ResisterBuilder;
use shared::Shared;

/// Lets requests wait before a service, in a bounded queue, and go on by priority whenever the
/// service is ready.
///
/// A request that finds no place comes back in the error at once; so does one that becomes overdue.
/// What makes requests wait is the service inside: put a limit of concurrency or of the rate there.
///
/// # How it works
///
/// There is no task behind it. The callers that wait do the work: whoever is polled hands requests,
/// the first in line first, to the service for as long as it is ready. So one that waits and is not
/// polled may hold up the others, until it is polled or dropped. An overdue request is noticed when
/// anybody is polled.
///
/// # Cancelling
///
/// A response that is dropped takes its request out of the queue. A panic of the service in `call`
/// reaches the caller whose request it was.
///
/// ```
/// use electrician_resister::{Resister, ResisterLayer};
///
/// struct Request { is_urgent: bool }
///
/// let layer = ResisterLayer::new(Resister::builder(100), |request: &Request| {
///     if request.is_urgent { 10 } else { 0 }
/// })?;
/// # Ok::<(), electrician_types::ConfigError>(())
/// ```
pub struct ResisterLayer<R> {
    builder: Arc<ResisterBuilder<R>>,
    priority: Priority<R>,
}

/// A service behind a [`ResisterLayer`]. Clones share the queue and the service inside. It is
/// always ready: a call is refused when there is no place.
pub struct ResisterService<S: Service<R>, R> {
    shared: Arc<Shared<S, R>>,
    priority: Priority<R>,
}

/// The response of a [`ResisterService`]. It is one allocation.
#[must_use = "a request that nobody polls may hold up others"]
pub struct ResisterFuture<T, R, E> {
    inner: Pin<Box<dyn Answering<T, R, E>>>,
}

/// What the future of a call is.
trait Answering<T, R, E>: Future<Output = Result<T, ResisterError<R, E>>> + Send {}

impl<T, R, E, F: Future<Output = Result<T, ResisterError<R, E>>> + Send> Answering<T, R, E> for F {}

type Priority<R> = Arc<dyn Fn(&R) -> i32 + Send + Sync>;

// === impl ResisterLayer ===

impl<R> ResisterLayer<R> {
    /// A layer whose services have each a queue of requests as `builder` has it, in which a request
    /// has the priority that `priority` says; higher goes first. The error is every problem of the
    /// configuration.
    pub fn new(
        builder: ResisterBuilder<R>,
        priority: impl Fn(&R) -> i32 + Send + Sync + 'static,
    ) -> Result<Self, ConfigError> {
        builder.check()?;
        Ok(Self { builder: Arc::new(builder), priority: Arc::new(priority) })
    }
}

impl<S, R> Layer<S> for ResisterLayer<R>
where
    S: Service<R> + 'static,
    S::Future: 'static,
    S::Error: 'static,
    R: 'static,
{
    type Service = ResisterService<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        let shared = Arc::new(Shared::new(inner, &self.builder));
        ResisterService { shared, priority: Arc::clone(&self.priority) }
    }
}

impl<R> Clone for ResisterLayer<R> {
    fn clone(&self) -> Self {
        Self { builder: Arc::clone(&self.builder), priority: Arc::clone(&self.priority) }
    }
}

impl<R> fmt::Debug for ResisterLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResisterLayer").field("queue", &self.builder).finish_non_exhaustive()
    }
}

// === impl ResisterService ===

impl<S: Service<R>, R> ResisterService<S, R> {
    /// How many requests wait.
    pub fn waiting(&self) -> usize {
        self.shared.waiting()
    }
}

impl<S, R> Service<R> for ResisterService<S, R>
where
    S: Service<R> + Send + 'static,
    S::Response: 'static,
    S::Error: Send + 'static,
    S::Future: Send + 'static,
    R: Send + 'static,
{
    type Response = S::Response;
    type Error = ResisterError<R, S::Error>;
    type Future = ResisterFuture<S::Response, R, S::Error>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: R) -> Self::Future {
        let priority = (self.priority)(&request);
        let place = Shared::enter(&self.shared, request, priority);
        let inner = Box::pin(async move {
            let place = place.map_err(ResisterError::Refused)?;
            let response = place.turn().await?;
            response.await.map_err(ResisterError::Failed)
        });
        ResisterFuture { inner }
    }
}

impl<S: Service<R>, R> Clone for ResisterService<S, R> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), priority: Arc::clone(&self.priority) }
    }
}

impl<S: Service<R>, R> fmt::Debug for ResisterService<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResisterService").field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}

// === impl ResisterFuture ===

impl<T, R, E> Future for ResisterFuture<T, R, E> {
    type Output = Result<T, ResisterError<R, E>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.inner.as_mut().poll(cx)
    }
}

impl<T, R, E> fmt::Debug for ResisterFuture<T, R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResisterFuture")
    }
}
