//! The task of a peer: connects, talks, waits, and begins anew.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use electrician_relay::RawPayload;
use electrician_relay::grpc::mesh_service_client::MeshServiceClient;
use electrician_relay::mesh::MeshFrame;
use tokio::sync::mpsc;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use super::shared::{News, Shared};
use crate::backoff::Backoff;
use crate::connect::{Connection, Dialing};
use crate::error::LinkError;
use crate::targets::Target;
use electrician_relay::transport::Owner;
use electrician_relay::transport::{Alarm, now};

/// How long the mesh has to end a stream that was closed and settled.
const FAREWELL: Duration = Duration::from_secs(2);

/// Runs a peer until its session is done.
pub(super) struct Runner {
    pub(super) shared: Arc<Shared>,
    pub(super) dialing: Arc<Dialing>,
    /// In the order in which they are tried.
    pub(super) targets: Vec<Target>,
    pub(super) backoff: Backoff,
    pub(super) max_message_bytes: usize,
    pub(super) inbox: mpsc::Sender<RawPayload>,
}

/// Tells the peer when the task is gone, whatever ended it.
struct Mourner(Arc<Shared>);

/// How a stream went on.
enum Course {
    /// All is settled and said.
    Done,
    /// It ended; whether the mesh had taken it.
    Broken(LinkError, bool),
}

/// A call on its way.
type Answer = Pin<Box<dyn Future<Output = Result<Response<Streaming<MeshFrame>>, Status>> + Send>>;

// === impl Runner ===

impl Runner {
    pub(super) async fn run(mut self) {
        let _mourner = Mourner(Arc::clone(&self.shared));
        let mut next = 0;
        while !self.shared.reap().is_done {
            let target = self.targets[next].clone();
            self.shared.lock().stats.attempts += 1;
            let (error, was_taken) = match self.stream(&target).await {
                Course::Done => return,
                Course::Broken(error, was_taken) => (error, was_taken),
            };
            tracing::debug!(%error, "a stream to a mesh ended");
            self.shared.lock().stats.last_error = Some(Arc::new(error));
            if was_taken {
                self.backoff.reset();
                next = 0;
            } else {
                next = (next + 1) % self.targets.len();
            }
            if next == 0 && !self.rest().await {
                return;
            }
        }
    }

    /// Waits before the next attempt. `false` if there is nothing more to do.
    async fn rest(&mut self) -> bool {
        let until: Instant = now() + self.backoff.wait();
        let mut over = pin!(tokio::time::sleep_until(until.into()));
        loop {
            if self.shared.reap().is_done {
                return false;
            }
            tokio::select! {
                () = over.as_mut() => return true,
                () = self.shared.work.notified() => {}
            }
        }
    }

    /// One stream, from connecting to its end.
    async fn stream(&self, target: &Target) -> Course {
        let owner = Owner::new();
        let opening = async {
            let (headers, token) = self.dialing.request_headers().await?;
            let opened = self.dialing.connect(target, owner.tasks()).await?;
            Ok::<_, LinkError>((headers, token, opened))
        };
        let (headers, token, (requests, connection)) = match opening.await {
            Ok(opened) => opened,
            Err(error) => return Course::Broken(error, false),
        };
        let origin = target.origin(self.dialing.is_encrypted());
        // The connection ends when nobody can send requests on it, so one stays who can.
        let keeper = requests.clone();
        let mut client = MeshServiceClient::with_origin(requests, origin)
            .max_decoding_message_size(self.max_message_bytes);
        let number = self.shared.connected();
        let mut request = Request::new(self.shared.frames(number));
        *request.metadata_mut() = MetadataMap::from_headers(headers);
        let answer: Answer = Box::pin(async move { client.connect(request).await });
        let course = self.talk(target, answer, connection).await;
        drop(keeper);
        self.shared.disconnected();
        self.shared.reap();
        if let (Course::Broken(error, _), Some(token), Some(tokens)) =
            (&course, token, &self.dialing.tokens)
            && error.is_denied()
        {
            tokens.refuse(&token);
        }
        course
    }

    async fn talk(&self, target: &Target, mut answer: Answer, connection: Connection) -> Course {
        let shared = &self.shared;
        let mut connection = pin!(connection);
        let mut frames: Option<Streaming<MeshFrame>> = None;
        let mut alarm = Alarm::new();
        let mut farewell = pin!(tokio::time::sleep(FAREWELL));
        // What waits for room in the inbox; meanwhile nothing more is read.
        let mut held: Option<RawPayload> = None;
        let mut is_done = false;
        loop {
            if held.is_none() {
                let News { payload, reconnect, refused, is_done: done } = shared.reap();
                held = payload;
                if done && !std::mem::replace(&mut is_done, done) {
                    farewell.as_mut().reset((now() + FAREWELL).into());
                }
                let was_taken = frames.is_some();
                let why = refused
                    .map(|(code, message)| LinkError::Refused {
                        target: target.to_string(),
                        code,
                        message,
                    })
                    .or_else(|| {
                        reconnect.map(|why| LinkError::GivenUp { target: target.to_string(), why })
                    });
                if let Some(error) = why {
                    return end(is_done, error, was_taken);
                }
            }
            alarm.set(shared.lock().session.poll_timeout(now()));
            let said = tokio::select! {
                biased;
                permit = self.inbox.reserve(), if held.is_some() => {
                    // Without a reader they are wanted by nobody.
                    if let (Ok(permit), Some(payload)) = (permit, held.take()) {
                        permit.send(payload);
                    }
                    continue;
                }
                said = next(&mut answer, &mut frames), if held.is_none() => said,
                broken = connection.as_mut() => {
                    let target = target.to_string();
                    let error = match broken {
                        Err(source) => LinkError::Http { target, source },
                        Ok(()) => LinkError::Ended { target },
                    };
                    return end(is_done, error, frames.is_some());
                }
                () = alarm.rung() => {
                    shared.lock().session.on_timeout(now());
                    shared.send.notify_one();
                    continue;
                }
                () = shared.work.notified() => continue,
                () = farewell.as_mut(), if is_done => return Course::Done,
            };
            match said {
                Ok(Some(Said::Taken(stream))) => {
                    frames = Some(stream);
                    shared.lock().stats.connections += 1;
                }
                Ok(Some(Said::Frame(frame))) => shared.on_frame(frame),
                Ok(None) => {
                    let error = LinkError::Ended { target: target.to_string() };
                    return end(is_done, error, true);
                }
                Err(status) => {
                    let message = status.message().chars().take(256).collect();
                    let (target, code) = (target.to_string(), status.code());
                    let error = LinkError::Status { target, code, message };
                    return end(is_done, error, frames.is_some());
                }
            }
        }
    }
}

fn end(is_done: bool, error: LinkError, was_taken: bool) -> Course {
    if is_done { Course::Done } else { Course::Broken(error, was_taken) }
}

enum Said {
    Taken(Streaming<MeshFrame>),
    Frame(MeshFrame),
}

/// What the mesh says next. Cancel-safe.
async fn next(
    answer: &mut Answer,
    frames: &mut Option<Streaming<MeshFrame>>,
) -> Result<Option<Said>, Status> {
    match frames {
        Some(frames) => Ok(frames.message().await?.map(Said::Frame)),
        None => Ok(Some(Said::Taken(answer.as_mut().await?.into_inner()))),
    }
}

// === impl Mourner ===

impl Drop for Mourner {
    fn drop(&mut self) {
        self.0.over();
    }
}
