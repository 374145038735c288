//! What a result means.

use crate::outcome::Outcome;

/// Says what a result means for the breaker. Any `Fn(&Result<T, E>) -> Outcome` does.
pub trait Classify<T, E> {
    /// What `result` says about the health of what was called. One that panics has said
    /// [`Outcome::Failure`].
    fn classify(&self, result: &Result<T, E>) -> Outcome;
}

/// The default classifier: `Ok` is a success, every `Err` a failure.
#[derive(Clone, Copy, Debug, Default)]
pub struct ErrorsFail;

// === impl Classify ===

impl<T, E> Classify<T, E> for ErrorsFail {
    fn classify(&self, result: &Result<T, E>) -> Outcome {
        if result.is_ok() { Outcome::Success } else { Outcome::Failure }
    }
}

impl<T, E, F: Fn(&Result<T, E>) -> Outcome> Classify<T, E> for F {
    fn classify(&self, result: &Result<T, E>) -> Outcome {
        self(result)
    }
}
