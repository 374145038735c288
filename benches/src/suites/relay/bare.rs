//! A service of tonic's transport, by hand, that moves the same messages.

use std::hint::black_box;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use electrician_relay::proto::relay_envelope::Msg;
use electrician_relay::proto::{RelayEnvelope, StreamAcknowledgment, WrappedPayload};
use futures_util::{Stream, stream};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tonic::body::Body;
use tonic::client;
use tonic::server::{Grpc, NamedService, StreamingService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status, Streaming};
use tonic_prost::ProstCodec;

use super::{Acked, CALLERS, WINDOW, letter};
use crate::clock::now;

/// The window of a connection, bytes: as the relay has it, for the same reason.
const CONNECTION: u32 = 256 << 20;

const STREAM: &str = "/electrician.RelayService/StreamReceive";
const UNARY: &str = "/electrician.RelayService/Receive";

/// The service. What comes is looked at where it comes.
#[derive(Clone, Copy)]
struct Service {
    every: u32,
}

/// A server and a connection to it.
pub(super) struct Bare {
    channel: Channel,
    _server: JoinSet<()>,
}

/// The sending side of a stream.
pub(super) struct Sending {
    pub(super) payloads: mpsc::Sender<RelayEnvelope>,
    acks: Streaming<StreamAcknowledgment>,
}

type Answers = Pin<Box<dyn Stream<Item = Result<StreamAcknowledgment, Status>> + Send>>;
type Answering<T> = Pin<Box<dyn Future<Output = Result<Response<T>, Status>> + Send>>;

// === impl Service ===

impl NamedService for Service {
    const NAME: &'static str = "electrician.RelayService";
}

impl tower_service::Service<http::Request<Body>> for Service {
    type Response = http::Response<Body>;
    type Error = std::convert::Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = *self;
        if request.uri().path() == STREAM {
            let mut grpc = Grpc::new(ProstCodec::default());
            Box::pin(async move { Ok(grpc.streaming(service, request).await) })
        } else {
            let mut grpc = Grpc::new(ProstCodec::default());
            Box::pin(async move { Ok(grpc.unary(service, request).await) })
        }
    }
}

impl UnaryService<WrappedPayload> for Service {
    type Response = StreamAcknowledgment;
    type Future = Answering<StreamAcknowledgment>;

    fn call(&mut self, request: Request<WrappedPayload>) -> Self::Future {
        Box::pin(async move {
            let payload = black_box(request.into_inner());
            let ack = StreamAcknowledgment {
                success: true,
                message: "OK".into(),
                id: payload.id,
                seq: payload.seq,
                ..StreamAcknowledgment::default()
            };
            Ok(Response::new(ack))
        })
    }
}

impl StreamingService<RelayEnvelope> for Service {
    type Response = StreamAcknowledgment;
    type ResponseStream = Answers;
    type Future = Answering<Answers>;

    fn call(&mut self, request: Request<Streaming<RelayEnvelope>>) -> Self::Future {
        let every = self.every;
        let answers = stream::unfold(request.into_inner(), move |mut envelopes| async move {
            let mut count = 0;
            loop {
                let envelope = match envelopes.message().await {
                    Ok(Some(envelope)) => envelope,
                    Ok(None) => return None,
                    Err(status) => return Some((Err(status), envelopes)),
                };
                let Some(Msg::Payload(payload)) = envelope.msg else { continue };
                let payload = black_box(payload);
                count += 1;
                if count < every {
                    continue;
                }
                let ack = if every == 1 {
                    StreamAcknowledgment {
                        message: "OK".into(),
                        id: payload.id,
                        seq: payload.seq,
                        ..StreamAcknowledgment::default()
                    }
                } else {
                    StreamAcknowledgment {
                        message: "Batch ack".into(),
                        last_seq: payload.seq,
                        ok_count: count,
                        ..StreamAcknowledgment::default()
                    }
                };
                let ack = StreamAcknowledgment { success: true, stream_id: "s".into(), ..ack };
                return Some((Ok(ack), envelopes));
            }
        });
        Box::pin(async move { Ok(Response::new(Box::pin(answers) as Answers)) })
    }
}

// === impl Bare ===

impl Bare {
    /// Which acknowledges every so many payloads of a stream.
    pub(super) async fn start(every: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let mut running = JoinSet::new();
        running.spawn(async move {
            let mut server = Server::builder().initial_connection_window_size(CONNECTION);
            let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
            let service = Service { every };
            server.add_service(service).serve_with_incoming(incoming).await.expect("it serves");
        });
        let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
        let endpoint = endpoint.initial_connection_window_size(CONNECTION);
        Self { channel: endpoint.connect().await.expect("it listens"), _server: running }
    }

    /// A stream of which at most so many payloads wait to be sent.
    pub(super) async fn stream(&self) -> Sending {
        let (payloads, queue) = mpsc::channel(WINDOW);
        let queue = stream::unfold(queue, |mut queue| async move {
            queue.recv().await.map(|payload| (payload, queue))
        });
        Sending { payloads, acks: self.open(queue).await }
    }

    async fn open(
        &self,
        envelopes: impl Stream<Item = RelayEnvelope> + Send + 'static,
    ) -> Streaming<StreamAcknowledgment> {
        let mut grpc = client::Grpc::new(self.channel.clone());
        grpc.ready().await.expect("it is connected");
        let codec = ProstCodec::<RelayEnvelope, StreamAcknowledgment>::default();
        let path = http::uri::PathAndQuery::from_static(STREAM);
        let answer = grpc.streaming(Request::new(envelopes), path, codec).await;
        answer.expect("it is served").into_inner()
    }

    /// Sends from a task, as a pipeline does.
    pub(super) async fn send(&self, payloads: u64) -> Duration {
        let Sending { payloads: queue, mut acks } = self.stream().await;
        let start = now();
        tokio::spawn(async move {
            for seq in 1..=payloads {
                queue.send(envelope(seq)).await.expect("the stream is open");
            }
        });
        acknowledged(&mut acks, payloads).await;
        start.elapsed()
    }

    /// Sends what is made where it is sent, without a queue.
    pub(super) async fn pour(&self, payloads: u64) -> Duration {
        let start = now();
        let mut acks = self.open(stream::iter((1..=payloads).map(envelope))).await;
        acknowledged(&mut acks, payloads).await;
        start.elapsed()
    }

    /// Calls from several tasks, one after the other each.
    pub(super) async fn call(&self, payloads: u64) -> Duration {
        let mut callers = JoinSet::new();
        let start = now();
        for caller in 0..u64::from(CALLERS) {
            let mut grpc = client::Grpc::new(self.channel.clone());
            callers.spawn(async move {
                for seq in (caller..payloads).step_by(usize::from(CALLERS)) {
                    grpc.ready().await.expect("it is connected");
                    let codec = ProstCodec::<WrappedPayload, StreamAcknowledgment>::default();
                    let path = http::uri::PathAndQuery::from_static(UNARY);
                    let answer = grpc.unary(Request::new(payload(seq + 1)), path, codec).await;
                    assert!(answer.expect("it is served").into_inner().success);
                }
            });
        }
        while let Some(called) = callers.join_next().await {
            called.expect("no call fails");
        }
        start.elapsed()
    }
}

// === impl Sending ===

impl Sending {
    /// Tells of each acknowledgement until all are there.
    pub(super) async fn acknowledge(mut self, acked: Arc<Acked>) -> mpsc::Sender<RelayEnvelope> {
        while !acked.is_done() {
            let ack = self.acks.message().await.expect("it is served").expect("it goes on");
            acked.note(ack.seq - 1);
        }
        self.payloads
    }
}

async fn acknowledged(acks: &mut Streaming<StreamAcknowledgment>, payloads: u64) {
    let mut count = 0;
    while count < payloads {
        let ack = acks.message().await.expect("it is served").expect("it goes on");
        count += u64::from(ack.ok_count.max(1));
    }
}

pub(super) fn envelope(seq: u64) -> RelayEnvelope {
    RelayEnvelope { msg: Some(Msg::Payload(payload(seq))) }
}

/// A payload with all that the relay puts into one.
fn payload(seq: u64) -> WrappedPayload {
    WrappedPayload {
        id: format!("0123456789abcdef-{seq}"),
        timestamp: Some(std::time::SystemTime::now().into()),
        payload: letter(seq).into(),
        seq,
        ..WrappedPayload::default()
    }
}
