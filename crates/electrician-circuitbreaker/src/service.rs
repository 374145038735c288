//! A breaker around a `tower::Service`.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::breaker::CircuitBreaker;
use crate::classify::{Classify, ErrorsFail};
use crate::error::{CircuitBreakerError, Open};
use crate::permit::Permit;

/// Puts a breaker around services. Those made by clones of one layer share the breaker.
#[derive(Clone, Debug)]
pub struct CircuitBreakerLayer<C = ErrorsFail> {
    breaker: CircuitBreaker,
    classify: C,
}

/// A service behind a breaker. A call that the breaker does not admit does not reach the service,
/// and fails at once with [`CircuitBreakerError::Open`].
///
/// `poll_ready` is that of the service: the breaker is asked by `call`.
#[derive(Clone, Debug)]
pub struct CircuitBreakerService<S, C = ErrorsFail> {
    inner: S,
    breaker: CircuitBreaker,
    classify: C,
}

pin_project! {
    /// The response of a [`CircuitBreakerService`].
    ///
    /// Dropped before it is ready, it gives its permit back as one that is cancelled.
    pub struct CircuitBreakerFuture<F, C = ErrorsFail> {
        #[pin]
        state: State<F, C>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, C> {
        Admitted {
            #[pin]
            future: F,
            permit: Option<Permit>,
            classify: C,
        },
        Refused { open: Open },
    }
}

// === impl CircuitBreakerLayer ===

impl CircuitBreakerLayer {
    /// A layer for `breaker`. `Err` is a failure.
    pub const fn new(breaker: CircuitBreaker) -> Self {
        Self { breaker, classify: ErrorsFail }
    }
}

impl<C> CircuitBreakerLayer<C> {
    /// The same layer with a classifier that says what a result means, such as a response with a
    /// status that is an error.
    pub fn with_classifier<D>(self, classify: D) -> CircuitBreakerLayer<D> {
        CircuitBreakerLayer { breaker: self.breaker, classify }
    }
}

impl<S, C: Clone> Layer<S> for CircuitBreakerLayer<C> {
    type Service = CircuitBreakerService<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        let Self { breaker, classify } = self.clone();
        CircuitBreakerService { inner, breaker, classify }
    }
}

// === impl CircuitBreakerService ===

impl<S, C, R> Service<R> for CircuitBreakerService<S, C>
where
    S: Service<R>,
    C: Classify<S::Response, S::Error> + Clone,
{
    type Response = S::Response;
    type Error = CircuitBreakerError<S::Error>;
    type Future = CircuitBreakerFuture<S::Future, C>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(CircuitBreakerError::Failed)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let state = match self.breaker.try_acquire_owned() {
            Ok(permit) => State::Admitted {
                future: self.inner.call(request),
                permit: Some(permit),
                classify: self.classify.clone(),
            },
            Err(open) => State::Refused { open },
        };
        CircuitBreakerFuture { state }
    }
}

// === impl CircuitBreakerFuture ===

impl<F, T, E, C> Future for CircuitBreakerFuture<F, C>
where
    F: Future<Output = Result<T, E>>,
    C: Classify<T, E>,
{
    type Output = Result<T, CircuitBreakerError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Refused { open } => Poll::Ready(Err((*open).into())),
            StateProjection::Admitted { future, permit: slot, classify } => {
                // Here and not in the slot while foreign code runs: a panic drops it unwinding.
                let permit = slot.take();
                let Poll::Ready(result) = future.poll(cx) else {
                    *slot = permit;
                    return Poll::Pending;
                };
                if let Some(permit) = permit {
                    permit.outcome(classify.classify(&result));
                }
                Poll::Ready(result.map_err(CircuitBreakerError::Failed))
            }
        }
    }
}

impl<F, C> fmt::Debug for CircuitBreakerFuture<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let admitted = matches!(self.state, State::Admitted { .. });
        f.debug_struct("CircuitBreakerFuture").field("admitted", &admitted).finish_non_exhaustive()
    }
}
