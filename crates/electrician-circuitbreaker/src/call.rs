//! Calls under a permit.

use crate::breaker::CircuitBreaker;
use crate::error::CircuitBreakerError;
use crate::outcome::Outcome;

// === impl CircuitBreaker ===

impl CircuitBreaker {
    /// Calls `f`, if the breaker admits it. `Err` and panics are failures.
    pub fn call<T, E>(
        &self,
        f: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, CircuitBreakerError<E>> {
        self.call_with(errors_fail, f)
    }

    /// As [`call`](Self::call), with a classifier that says what a result means. One that panics
    /// has said a failure. The result goes to the caller as it is.
    pub fn call_with<T, E>(
        &self,
        classify: impl FnOnce(&Result<T, E>) -> Outcome,
        f: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, CircuitBreakerError<E>> {
        let permit = self.try_acquire()?;
        let result = f();
        permit.outcome(classify(&result));
        result.map_err(CircuitBreakerError::Failed)
    }

    /// Awaits `future`, if the breaker admits it; otherwise it is dropped without being polled.
    /// `Err` and panics are failures.
    ///
    /// Cancelling drops `future` and gives the permit back, with the outcome that
    /// [`with_cancel_outcome`](crate::CircuitBreakerBuilder::with_cancel_outcome) says.
    pub async fn call_async<T, E>(
        &self,
        future: impl Future<Output = Result<T, E>>,
    ) -> Result<T, CircuitBreakerError<E>> {
        self.call_async_with(errors_fail, future).await
    }

    /// As [`call_async`](Self::call_async), with a classifier that says what a result means.
    pub async fn call_async_with<T, E>(
        &self,
        classify: impl FnOnce(&Result<T, E>) -> Outcome,
        future: impl Future<Output = Result<T, E>>,
    ) -> Result<T, CircuitBreakerError<E>> {
        let permit = self.try_acquire()?;
        let result = future.await;
        permit.outcome(classify(&result));
        result.map_err(CircuitBreakerError::Failed)
    }
}

fn errors_fail<T, E>(result: &Result<T, E>) -> Outcome {
    if result.is_ok() { Outcome::Success } else { Outcome::Failure }
}
