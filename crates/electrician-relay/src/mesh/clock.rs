//! What time it is elsewhere.

use std::time::Duration;

use crate::proto::ClockSyncResponse;

/// How a peer's clock differs from this one, by one question and its answer.
///
/// The formulas are those of NTP (RFC 5905, section 8): with `t1` when it was asked, `t2` when the
/// question came, `t3` when the answer left and `t4` when it came, the offset is
/// `((t2 - t1) + (t3 - t4)) / 2` and the delay `(t4 - t1) - (t3 - t2)`. The offset is right to half of
/// the delay, so of several samples that with the smallest delay is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSample {
    /// What to add to this clock to have the peer's, nanoseconds.
    pub offset_ns: i64,
    /// The time on the way, there and back.
    pub delay: Duration,
}

// === impl ClockSample ===

impl ClockSample {
    /// What `response` says, which came at `t4`, nanoseconds since 1970. `None` if no clocks could
    /// have shown this, as when one was set meanwhile.
    pub fn of(response: &ClockSyncResponse, t4_unix_ns: u64) -> Option<Self> {
        let moments = [response.t1_unix_ns, response.t2_unix_ns, response.t3_unix_ns, t4_unix_ns];
        let [t1, t2, t3, t4] = moments.map(i128::from);
        let delay = (t4 - t1) - (t3 - t2);
        if t4 < t1 || t3 < t2 {
            return None;
        }
        Some(Self {
            offset_ns: i64::try_from(i128::midpoint(t2 - t1, t3 - t4)).ok()?,
            delay: Duration::from_nanos(u64::try_from(delay).ok()?),
        })
    }
}
