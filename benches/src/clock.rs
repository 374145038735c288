//! The one place that reads the clock.

use std::time::Instant;

/// This moment.
#[inline]
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
