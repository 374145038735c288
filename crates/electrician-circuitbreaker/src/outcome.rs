//! What a call came to, as far as the breaker cares.

/// What a call says about the health of what was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It is well.
    Success,
    /// It is not.
    Failure,
    /// Nothing: a request that was wrong in itself, or a call that was given up.
    Ignored,
}
