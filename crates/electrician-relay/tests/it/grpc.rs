//! The services, client and server in one process, without a transport.

use std::pin::Pin;

use bytes::Bytes;
use electrician_relay::grpc::relay_service_client::RelayServiceClient;
use electrician_relay::grpc::relay_service_server::{RelayService, RelayServiceServer};
use electrician_relay::proto::{StreamClose, StreamOpen};
use electrician_relay::{Ack, Frame, RawPayload, Text};
use futures_util::{Stream, StreamExt, stream};
use tonic::{Code, Request, Response, Status, Streaming};

/// Answers with what it got, in words.
struct Echo;

#[tonic::async_trait]
impl RelayService for Echo {
    async fn receive(&self, request: Request<RawPayload>) -> Result<Response<Ack>, Status> {
        let payload = request.into_inner();
        let length = payload.to_bytes().len().to_string();
        Ok(Response::new(Ack::of_stream(Text::from(payload.id()), length)))
    }

    type StreamReceiveStream = Pin<Box<dyn Stream<Item = Result<Ack, Status>> + Send>>;

    async fn stream_receive(
        &self,
        request: Request<Streaming<Frame>>,
    ) -> Result<Response<Self::StreamReceiveStream>, Status> {
        let acks = request.into_inner().map(|frame| {
            frame.map(|frame| {
                let what = match frame {
                    Frame::Open(open) => format!("open {}", open.stream_id),
                    Frame::Payload(payload) => format!("{} {}", payload.id(), payload.seq()),
                    Frame::Close(close) => format!("close {}", close.reason),
                    _ => "other".to_owned(),
                };
                Ack::of_stream(Text::EMPTY, what)
            })
        });
        Ok(Response::new(Box::pin(acks)))
    }
}

/// A payload with a field that nobody knows here.
fn payload() -> RawPayload {
    RawPayload::parse(Bytes::from_static(b"\x0a\x01a\xaa\x1f\x02hi")).unwrap()
}

#[tokio::test]
async fn a_payload_arrives_as_it_was_sent() {
    let mut client = RelayServiceClient::new(RelayServiceServer::new(Echo));
    let ack = client.receive(payload()).await.unwrap().into_inner();
    assert_eq!((ack.stream_id.as_str(), ack.message.as_str()), ("a", "8"), "nothing is lost");
}

#[tokio::test]
async fn a_stream_of_frames_is_answered() {
    let mut client = RelayServiceClient::new(RelayServiceServer::new(Echo));
    let open = StreamOpen { stream_id: "s".to_owned(), ..StreamOpen::default() };
    let frames = [
        Frame::Open(Box::new(open)),
        Frame::Payload(payload().with_seq(7)),
        Frame::Close(StreamClose { reason: "end".to_owned() }),
    ];
    let acks = client.stream_receive(stream::iter(frames)).await.unwrap().into_inner();
    let said: Vec<String> = acks.map(|ack| ack.unwrap().message.to_string()).collect().await;
    assert_eq!(said, ["open s", "a 7", "close end"]);
}

#[tokio::test]
async fn a_malformed_frame_is_an_invalid_argument() {
    let server = RelayServiceServer::new(Echo);
    let mut client = tonic::client::Grpc::new(server);
    client.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static("/electrician.RelayService/Receive");
    // The codec of an acknowledgement, whose second field is text, and the third no metadata.
    let wrong = Ack { seq: 7, ..Ack::of_stream(Text::EMPTY, "") };
    let codec = electrician_relay::grpc::RelayCodec::<Ack, Ack>::default();
    let wrong = Ack { last_seq: 1, success: true, ..wrong };
    let status = client.unary(Request::new(wrong), path, codec).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status}");
    assert!(status.message().contains("a field of another type"), "{status}");
}
