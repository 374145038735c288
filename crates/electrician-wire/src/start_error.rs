//! A start that failed gives the component back.

use std::fmt;
use std::ops::Deref;

use electrician_types::Error;

/// Why a component did not start, with the component itself: nothing was started, and it can be
/// started again when the reason is gone.
pub struct StartError<C> {
    /// The component, as it was.
    pub component: C,
    /// Why it did not start.
    pub error: Error,
}

// === impl StartError ===

impl<C> StartError<C> {
    /// The error and the component.
    pub fn into_parts(self) -> (Error, C) {
        (self.error, self.component)
    }
}

impl<C> Deref for StartError<C> {
    type Target = Error;

    fn deref(&self) -> &Error {
        &self.error
    }
}

impl<C> fmt::Display for StartError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<C> fmt::Debug for StartError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.error, f)
    }
}

impl<C> std::error::Error for StartError<C> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}

impl<C> From<StartError<C>> for Error {
    fn from(error: StartError<C>) -> Self {
        error.error
    }
}
