//! A bulkhead around a service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::Waiting;
use crate::bulkhead::{Bulkhead, BulkheadPermit};

/// Limits concurrency as a [`Bulkhead`] does, together with whatever else has a clone of it: a
/// service is ready when there is a permit for it. The permit is free again when the response is
/// there, or its future is dropped.
#[derive(Clone, Debug)]
pub struct BulkheadLayer {
    bulkhead: Bulkhead,
}

/// A service behind a [`BulkheadLayer`]. Its errors are those of the service inside.
pub struct BulkheadService<S> {
    inner: S,
    bulkhead: Bulkhead,
    waiting: Option<Waiting<BulkheadPermit>>,
    permit: Option<BulkheadPermit>,
}

pin_project! {
    /// The response of a [`BulkheadService`].
    #[derive(Debug)]
    pub struct BulkheadFuture<F> {
        #[pin]
        inner: F,
        permit: Option<BulkheadPermit>,
    }
}

// === impl BulkheadLayer ===

impl BulkheadLayer {
    /// A layer that shares `bulkhead`.
    pub const fn new(bulkhead: Bulkhead) -> Self {
        Self { bulkhead }
    }
}

impl<S> Layer<S> for BulkheadLayer {
    type Service = BulkheadService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        BulkheadService { inner, bulkhead: self.bulkhead.clone(), waiting: None, permit: None }
    }
}

// === impl BulkheadService ===

impl<S: Service<R>, R> Service<R> for BulkheadService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = BulkheadFuture<S::Future>;

    /// The permit is taken after the inner service is ready, so that it is not held while that
    /// makes it wait.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        ready!(self.inner.poll_ready(cx))?;
        if self.permit.is_none() && self.waiting.is_none() {
            self.permit = self.bulkhead.try_acquire();
        }
        if self.permit.is_none() {
            let waiting = self.waiting.get_or_insert_with(|| {
                let bulkhead = self.bulkhead.clone();
                Box::pin(async move { bulkhead.acquire().await })
            });
            self.permit = Some(ready!(waiting.as_mut().poll(cx)));
            self.waiting = None;
        }
        Poll::Ready(Ok(()))
    }

    /// # Panics
    ///
    /// When the service was not ready.
    fn call(&mut self, request: R) -> Self::Future {
        let permit = self.permit.take().expect("`poll_ready` comes before `call`");
        BulkheadFuture { inner: self.inner.call(request), permit: Some(permit) }
    }
}

impl<S: Clone> Clone for BulkheadService<S> {
    /// The clone has no permit yet.
    fn clone(&self) -> Self {
        BulkheadLayer::new(self.bulkhead.clone()).layer(self.inner.clone())
    }
}

impl<S> fmt::Debug for BulkheadService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BulkheadService").field("bulkhead", &self.bulkhead).finish_non_exhaustive()
    }
}

// === impl BulkheadFuture ===

impl<F: Future> Future for BulkheadFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx));
        *this.permit = None;
        Poll::Ready(response)
    }
}
