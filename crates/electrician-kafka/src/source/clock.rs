//! The clock of the thread that polls. The driver and the brokers go by the real one, so it does too;
//! what has rules about time is handed the moment.

use std::time::{Instant, SystemTime};

#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub(super) fn now() -> Instant {
    Instant::now()
}

pub(super) fn wall() -> SystemTime {
    SystemTime::now()
}
