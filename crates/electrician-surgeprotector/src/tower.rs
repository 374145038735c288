//! Layers for `tower` services.

mod bulkhead;
mod future;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use electrician_types::BoxError;
use tower_layer::Layer;
use tower_service::Service;

pub use bulkhead::{BulkheadFuture, BulkheadLayer, BulkheadService};
pub use future::ResponseFuture;

use crate::adaptive::{Adaptive, Permit};
use crate::error::SurgeProtectorError;
use crate::protector::{Admission, SurgeProtector};

/// Admits requests as a [`SurgeProtector`] does: a service is ready when the rate has a token for
/// it, and fails with [`SurgeProtectorError`] while the protector is tripped or blacked out.
#[derive(Clone, Debug)]
pub struct SurgeProtectorLayer {
    protector: SurgeProtector,
}

/// A service behind a [`SurgeProtectorLayer`].
pub struct SurgeProtectorService<S> {
    inner: S,
    protector: SurgeProtector,
    waiting: Option<Waiting<Result<(), SurgeProtectorError>>>,
    is_admitted: bool,
}

/// Limits concurrency as an [`Adaptive`] does: a service is ready when there is a permit for it. A
/// response that is an error counts as a failure; one whose future is dropped counts for nothing.
#[derive(Clone, Debug)]
pub struct ConcurrencyLayer {
    limit: Adaptive,
}

/// A service behind a [`ConcurrencyLayer`].
pub struct ConcurrencyService<S> {
    inner: S,
    limit: Adaptive,
    waiting: Option<Waiting<Permit>>,
    permit: Option<Permit>,
}

type Waiting<R> = Pin<Box<dyn Future<Output = R> + Send>>;

// === Surge protector ===

impl SurgeProtectorLayer {
    /// A layer that shares `protector`.
    pub const fn new(protector: SurgeProtector) -> Self {
        Self { protector }
    }
}

impl<S> Layer<S> for SurgeProtectorLayer {
    type Service = SurgeProtectorService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let protector = self.protector.clone();
        SurgeProtectorService { inner, protector, waiting: None, is_admitted: false }
    }
}

impl<S, R> Service<R> for SurgeProtectorService<S>
where
    S: Service<R>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    /// The token is taken after the inner service is ready, so that it is not held while that
    /// makes it wait.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        ready!(self.inner.poll_ready(cx)).map_err(Into::into)?;
        if self.is_admitted {
            return Poll::Ready(Ok(()));
        }
        if self.waiting.is_none() {
            match self.protector.try_admit(1) {
                Admission::Admitted(_) => {
                    self.is_admitted = true;
                    return Poll::Ready(Ok(()));
                }
                Admission::Refused(reason) => return Poll::Ready(Err(reason.into())),
                Admission::Wait(_) => {
                    let protector = self.protector.clone();
                    let waiting = Box::pin(async move { protector.admit_if_open(1).await });
                    self.waiting = Some(waiting);
                }
            }
        }
        if let Some(waiting) = &mut self.waiting {
            let admitted = ready!(waiting.as_mut().poll(cx));
            self.waiting = None;
            admitted?;
            self.is_admitted = true;
        }
        Poll::Ready(Ok(()))
    }

    /// # Panics
    ///
    /// When the service was not ready.
    fn call(&mut self, request: R) -> Self::Future {
        assert!(std::mem::take(&mut self.is_admitted), "`poll_ready` comes before `call`");
        ResponseFuture::new(self.inner.call(request), None)
    }
}

impl<S: Clone> Clone for SurgeProtectorService<S> {
    /// The clone has no token yet.
    fn clone(&self) -> Self {
        SurgeProtectorLayer::new(self.protector.clone()).layer(self.inner.clone())
    }
}

impl<S> fmt::Debug for SurgeProtectorService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SurgeProtectorService")
            .field("protector", &self.protector)
            .finish_non_exhaustive()
    }
}

// === Concurrency ===

impl ConcurrencyLayer {
    /// A layer that shares `limit`.
    pub const fn new(limit: Adaptive) -> Self {
        Self { limit }
    }
}

impl<S> Layer<S> for ConcurrencyLayer {
    type Service = ConcurrencyService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ConcurrencyService { inner, limit: self.limit.clone(), waiting: None, permit: None }
    }
}

impl<S, R> Service<R> for ConcurrencyService<S>
where
    S: Service<R>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        ready!(self.inner.poll_ready(cx)).map_err(Into::into)?;
        if self.permit.is_none() && self.waiting.is_none() {
            self.permit = self.limit.try_acquire();
        }
        if self.permit.is_none() {
            let waiting = self.waiting.get_or_insert_with(|| {
                let limit = self.limit.clone();
                Box::pin(async move { limit.acquire().await })
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
        let response = self.inner.call(request);
        ResponseFuture::new(response, Some(permit))
    }
}

impl<S> Drop for ConcurrencyService<S> {
    fn drop(&mut self) {
        // No call was made, so nothing failed.
        if let Some(permit) = self.permit.take() {
            permit.ignore();
        }
    }
}

impl<S: Clone> Clone for ConcurrencyService<S> {
    /// The clone has no permit yet.
    fn clone(&self) -> Self {
        ConcurrencyLayer::new(self.limit.clone()).layer(self.inner.clone())
    }
}

impl<S> fmt::Debug for ConcurrencyService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcurrencyService").field("limit", &self.limit).finish_non_exhaustive()
    }
}
