//! The response of a layered service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use electrician_types::BoxError;
use pin_project_lite::pin_project;

use crate::adaptive::Permit;

pin_project! {
    /// The response of a layered service.
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        call: Call,
    }
}

/// A call under way. Dropped before it is done it counts for nothing, unless that is because the
/// service panicked.
struct Call {
    permit: Option<Permit>,
    is_polled: bool,
}

// === impl ResponseFuture ===

impl<F> ResponseFuture<F> {
    pub(super) const fn new(inner: F, permit: Option<Permit>) -> Self {
        Self { inner, call: Call { permit, is_polled: false } }
    }
}

impl<F, T, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.call.is_polled = true;
        let polled = this.inner.poll(cx);
        this.call.is_polled = false;
        let response = ready!(polled);
        if let Some(permit) = this.call.permit.take() {
            if response.is_ok() {
                permit.succeed();
            } else {
                permit.fail();
            }
        }
        Poll::Ready(response.map_err(Into::into))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").field("permit", &self.call.permit).finish_non_exhaustive()
    }
}

// === impl Call ===

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            if self.is_polled {
                permit.fail();
            } else {
                permit.ignore();
            }
        }
    }
}
