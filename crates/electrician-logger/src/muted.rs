//! Threads that are not logged.

use crate::scratch;

/// From now on, nothing that the calling thread logs is logged, by any [`Logger`](crate::Logger).
///
/// For the threads that a sink has beside its own, which is muted already: a sink that logs about
/// each batch would never come to an end.
pub fn mute_thread() {
    scratch::mark_writer();
}
