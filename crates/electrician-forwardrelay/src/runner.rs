//! The task of a link: connects, talks, waits, and begins anew.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use electrician_relay::Ack;
use electrician_relay::grpc::relay_service_client::RelayServiceClient;
use electrician_relay::transport::{Alarm, Owner, now};
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use crate::backoff::Backoff;
use crate::connect::{Connection, Dialing};
use crate::error::LinkError;
use crate::link::{Link, News};
use crate::targets::Target;
use crate::totals::Totals;

/// How long a receiver has to end a stream that was closed and settled.
const FAREWELL: Duration = Duration::from_secs(2);

/// Runs a link until its session is done.
pub(crate) struct Runner {
    pub(crate) link: Arc<Link>,
    pub(crate) dialing: Arc<Dialing>,
    /// In the order in which they are tried.
    pub(crate) targets: Vec<Target>,
    pub(crate) backoff: Backoff,
    pub(crate) is_eager: bool,
    pub(crate) max_message_bytes: usize,
}

/// Tells the sink when the task is gone, whatever ended it.
struct Mourner(Arc<Link>);

/// How a stream went on.
enum Course {
    /// All is settled and said.
    Done,
    /// It ended; whether the receiver had taken it.
    Broken(LinkError, bool),
}

/// A call on its way.
type Answer = Pin<Box<dyn Future<Output = Result<Response<Streaming<Ack>>, Status>> + Send>>;

// === impl Runner ===

impl Runner {
    pub(crate) async fn run(mut self) {
        let mourner = Mourner(Arc::clone(&self.link));
        let mut next = 0;
        while self.wanted().await {
            let target = self.targets[next].clone();
            Totals::add(&self.link.totals.attempts, 1);
            let (error, was_taken) = match self.stream(&target).await {
                Course::Done => break,
                Course::Broken(error, was_taken) => (error, was_taken),
            };
            tracing::debug!(%error, "a stream ended");
            let error = Arc::new(error);
            self.link.totals.note(error);
            self.link.is_up.send_replace(false);
            if was_taken {
                // The first target is the one that is wanted.
                self.backoff.reset();
                next = 0;
            } else {
                next = (next + 1) % self.targets.len();
            }
            if next == 0 && !self.rest().await {
                break;
            }
        }
        drop(mourner);
    }

    /// Waits until there is something to send. `false` if there never will be.
    async fn wanted(&mut self) -> bool {
        let mut alarm = Alarm::new();
        loop {
            if self.link.reap().is_done {
                return false;
            }
            if self.is_eager || self.link.is_wanted() {
                return true;
            }
            alarm.set(self.link.wake_at());
            tokio::select! {
                () = self.link.work.notified() => {}
                () = alarm.rung() => self.link.on_timeout(),
            }
        }
    }

    /// Waits before the next attempt; meanwhile deadlines pass. `false` if there is nothing more
    /// to do.
    async fn rest(&mut self) -> bool {
        let until: Instant = now() + self.backoff.wait();
        let mut over = pin!(tokio::time::sleep_until(until.into()));
        let mut alarm = Alarm::new();
        loop {
            if self.link.reap().is_done {
                return false;
            }
            alarm.set(self.link.wake_at());
            tokio::select! {
                () = over.as_mut() => return true,
                () = self.link.work.notified() => {}
                () = alarm.rung() => self.link.on_timeout(),
            }
        }
    }

    /// One stream, from connecting to its end.
    async fn stream(&self, target: &Target) -> Course {
        let owner = Owner::new();
        let opened = {
            let mut opening = pin!(async {
                let (headers, token) = self.dialing.request_headers().await?;
                let opened = self.dialing.connect(target, owner.tasks()).await?;
                Ok::<_, LinkError>((headers, token, opened))
            });
            let mut alarm = Alarm::new();
            loop {
                alarm.set(self.link.wake_at());
                tokio::select! {
                    opened = opening.as_mut() => break opened,
                    () = alarm.rung() => {
                        self.link.on_timeout();
                        self.link.reap();
                    }
                }
            }
        };
        let (headers, token, (requests, connection)) = match opened {
            Ok(opened) => opened,
            Err(error) => return Course::Broken(error, false),
        };
        let origin = target.origin(self.dialing.is_encrypted());
        // The connection ends when nobody can send requests on it, so one stays who can.
        let keeper = requests.clone();
        let mut client = RelayServiceClient::with_origin(requests, origin)
            .max_decoding_message_size(self.max_message_bytes);
        let number = self.link.connected();
        let mut request = Request::new(self.link.frames(number));
        *request.metadata_mut() = MetadataMap::from_headers(headers);
        let answer: Answer = Box::pin(async move { client.stream_receive(request).await });
        let course = Talk::new(self, target).run(answer, connection).await;
        drop(keeper);
        self.link.disconnected();
        self.link.reap();
        if let (Course::Broken(error, _), Some(token), Some(tokens)) =
            (&course, token, &self.dialing.tokens)
            && error.is_denied()
        {
            tokens.refuse(&token);
        }
        course
    }
}

/// What is said on one connection.
struct Talk<'a> {
    link: &'a Arc<Link>,
    target: &'a Target,
    was_taken: bool,
    is_done: bool,
}

// === impl Talk ===

impl<'a> Talk<'a> {
    fn new(runner: &'a Runner, target: &'a Target) -> Self {
        Self { link: &runner.link, target, was_taken: false, is_done: false }
    }

    fn taken(&mut self) {
        if !std::mem::replace(&mut self.was_taken, true) {
            Totals::add(&self.link.totals.connections, 1);
            self.link.is_up.send_replace(true);
        }
    }

    async fn run(mut self, mut answer: Answer, connection: Connection) -> Course {
        let mut connection = pin!(connection);
        let mut acks: Option<Streaming<Ack>> = None;
        let mut alarm = Alarm::new();
        let mut farewell = pin!(tokio::time::sleep(FAREWELL));
        loop {
            let was_done = self.is_done;
            if let Some(error) = self.heed() {
                return self.end(error);
            }
            if self.is_done && !was_done {
                farewell.as_mut().reset((now() + FAREWELL).into());
            }
            alarm.set(self.link.wake_at());
            let said = tokio::select! {
                biased;
                said = next(&mut answer, &mut acks) => said,
                broken = connection.as_mut() => {
                    let target = self.target.to_string();
                    let error = match broken {
                        Err(source) => LinkError::Http { target, source },
                        Ok(()) => LinkError::Ended { target },
                    };
                    return self.end(error);
                }
                () = alarm.rung() => {
                    self.link.on_timeout();
                    continue;
                }
                () = self.link.work.notified() => continue,
                () = farewell.as_mut(), if self.is_done => return Course::Done,
            };
            match said {
                Ok(Some(Said::Taken(stream))) => {
                    acks = Some(stream);
                    self.taken();
                }
                Ok(Some(Said::Ack(ack))) => {
                    let ended = acks.as_mut().and_then(|acks| self.link.on_acks(&ack, acks));
                    if let Some(ended) = ended {
                        return self.over(ended);
                    }
                }
                Ok(None) => return self.over(Ok(())),
                Err(status) => return self.over(Err(status)),
            }
        }
    }

    /// The receiver has ended the stream. What it said before counts.
    fn over(&mut self, ended: Result<(), Status>) -> Course {
        if let Some(error) = self.heed() {
            return self.end(error);
        }
        match ended {
            Ok(()) => self.end(LinkError::Ended { target: self.target.to_string() }),
            Err(status) => self.end(self.status(&status)),
        }
    }

    /// What the session says. An error ends the stream.
    fn heed(&mut self) -> Option<LinkError> {
        let News { reconnect, refused, is_done } = self.link.reap();
        self.is_done |= is_done;
        let target = || self.target.to_string();
        if let Some((code, message)) = refused {
            return Some(LinkError::Refused { target: target(), code, message });
        }
        reconnect.map(|why| LinkError::GivenUp { target: target(), why })
    }

    fn end(&self, error: LinkError) -> Course {
        if self.is_done { Course::Done } else { Course::Broken(error, self.was_taken) }
    }

    fn status(&self, status: &Status) -> LinkError {
        let message = status.message().chars().take(256).collect();
        LinkError::Status { target: self.target.to_string(), code: status.code(), message }
    }
}

enum Said {
    Taken(Streaming<Ack>),
    Ack(Ack),
}

/// What the receiver says next. Cancel-safe.
async fn next(
    answer: &mut Answer,
    acks: &mut Option<Streaming<Ack>>,
) -> Result<Option<Said>, Status> {
    match acks {
        Some(acks) => Ok(acks.message().await?.map(Said::Ack)),
        None => Ok(Some(Said::Taken(answer.as_mut().await?.into_inner()))),
    }
}

// === impl Mourner ===

impl Drop for Mourner {
    fn drop(&mut self) {
        self.0.over();
    }
}
