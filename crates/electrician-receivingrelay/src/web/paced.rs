//! The body of a request that does not keep the relay waiting.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

/// What must come in the time that is given, bytes, unless the body ends.
const LEAST: usize = 4 << 10;

/// How late a timer may be seen to ring. When it is later, nobody was asking: the relay had no room,
/// and the sender is not to blame.
const SLACK: Duration = Duration::from_secs(1);

/// A body that fails if its sender trickles.
pub(crate) struct Paced<B> {
    body: B,
    time: Duration,
    timer: Pin<Box<Sleep>>,
    /// Whether more was asked for, and the timer runs.
    is_waiting: bool,
    /// What came since the timer was set.
    came: usize,
}

/// Why such a body failed.
#[derive(Debug)]
pub(crate) struct TooSlow(Duration);

type Error = Box<dyn std::error::Error + Send + Sync>;

// === impl Paced ===

impl<B> Paced<B> {
    pub(crate) fn new(body: B, time: Duration) -> Self {
        Self { body, time, timer: Box::pin(sleep(time)), is_waiting: false, came: 0 }
    }

    fn wait(&mut self) {
        let until = electrician_relay::transport::now() + self.time;
        self.timer.as_mut().reset(until.into());
        self.came = 0;
        self.is_waiting = true;
    }
}

impl<B: Body<Data = Bytes, Error: Into<Error>> + Unpin> Body for Paced<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            if let Some(Ok(frame)) = &frame {
                this.came += frame.data_ref().map_or(0, Bytes::len);
            }
            if this.came >= LEAST {
                this.is_waiting = false;
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        if !this.is_waiting {
            this.wait();
        }
        ready!(this.timer.as_mut().poll(cx));
        let late = Instant::from_std(electrician_relay::transport::now()) - this.timer.deadline();
        if late <= SLACK {
            return Poll::Ready(Some(Err(TooSlow(this.time).into())));
        }
        this.wait();
        // The timer was set to a time to come, and must wake this.
        let _ = this.timer.as_mut().poll(cx);
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

// === impl TooSlow ===

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0;
        write!(f, "the request is too slow: {LEAST} bytes of its body must come in {time:?}")
    }
}

impl std::error::Error for TooSlow {}

#[cfg(test)]
mod tests;
