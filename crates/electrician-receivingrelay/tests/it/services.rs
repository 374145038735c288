//! The services that tell of the others: health, and what there is.

use electrician_auth::{Authenticator, StaticHeaders};
use electrician_receivingrelay::{ReceivingRelay, ReceivingRelayBuilder};
use electrician_relay::EnvelopeReader;
use electrician_testkit::drive::soon;
use electrician_types::OpenSource;
use futures_util::{StreamExt, stream};
use prost::Message as _;
use prost_types::FileDescriptorProto;
use tokio::task::JoinSet;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};
use tonic_reflection::pb::v1alpha;

use crate::raw::{Requests, connect};
use crate::support::{Far, Store, open_relay, start};

const SERVICE: &str = "electrician.RelayService";

fn health(requests: Requests) -> HealthClient<Requests> {
    HealthClient::with_origin(requests, "http://relay".parse().unwrap())
}

fn about(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

#[tokio::test]
async fn health_is_told_and_its_changes() {
    let store = Store::new();
    let far = start(open_relay().build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let mut client = health(connect(far.address, &mut tasks).await);
    let mut watched = Vec::new();
    for name in ["", SERVICE, "electrician.Other"] {
        watched.push(soon(client.watch(about(name))).await.unwrap().into_inner());
    }
    // A pipeline that just begins may not have read yet.
    for changes in &mut watched[..2] {
        while soon(changes.message()).await.unwrap().unwrap().status() != ServingStatus::Serving {}
    }
    let unknown = soon(watched[2].message()).await.unwrap().unwrap();
    assert_eq!(unknown.status(), ServingStatus::ServiceUnknown);
    for name in ["", SERVICE] {
        let answer = soon(client.check(about(name))).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving);
    }
    let status = soon(client.check(about("electrician.Other"))).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);

    far.stop().await;
    for (n, changes) in watched.into_iter().enumerate() {
        let rest: Vec<_> = soon(changes.collect()).await;
        let (last, before) = rest.split_last().unwrap();
        assert_eq!(last.as_ref().unwrap_err().code(), Code::Unavailable);
        let told: Vec<_> = before.iter().map(|one| one.as_ref().unwrap().status()).collect();
        let expected: &[ServingStatus] = if n < 2 { &[ServingStatus::NotServing] } else { &[] };
        assert_eq!(told, expected);
    }
}

/// While it drains, a relay answers what came, and tells others not to come.
#[tokio::test]
async fn a_relay_that_drains_is_not_serving() {
    let store = Store::closed();
    let far = start(open_relay().build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let mut changes = soon(health(requests.clone()).watch(about(SERVICE))).await.unwrap();
    let mut client = crate::raw::client(requests);
    let payload = electrician_relay::RawPayload::parse(crate::http1::single(3)).unwrap();
    let call = tokio::spawn(async move { client.receive(payload).await });
    soon(store.gate.wait_for_waiting(1)).await;
    let Far { running, .. } = far;
    let stopping = tokio::spawn(running.stop(electrician_testkit::drive::AMPLE));
    let changes = changes.get_mut();
    let told: Vec<_> = soon(changes.map(|one| one.map(|one| one.status()).ok()).collect()).await;
    assert_eq!(told[told.len() - 2..], [Some(ServingStatus::NotServing), None]);
    assert!(!call.is_finished() && !stopping.is_finished(), "it drains");
    store.gate.open();
    assert!(soon(call).await.unwrap().unwrap().into_inner().success);
    assert_eq!(soon(stopping).await.unwrap().ledger.delivered, 1);
}

#[tokio::test]
async fn those_who_watch_have_a_bound() {
    let store = Store::new();
    let relay = open_relay().with_max_streams(2).with_reflection().build().unwrap();
    let far = start(relay, &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let mut client = health(requests.clone());
    let first = soon(client.watch(about(""))).await.unwrap();
    let second = soon(client.watch(about(""))).await.unwrap();
    let status = soon(client.watch(about(""))).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let asked = stream::pending::<ServerReflectionRequest>();
    let status = soon(reflection(requests).server_reflection_info(asked)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    drop((first, second));
    while soon(client.watch(about(""))).await.is_err() {
        tokio::task::yield_now().await;
    }
    far.stop().await;
}

#[tokio::test]
async fn a_relay_that_nobody_reads_from_is_not_serving() {
    let relay = open_relay().build().unwrap();
    let handle = relay.handle();
    let source = relay.open().unwrap();
    let mut tasks = JoinSet::new();
    let requests = connect(soon(handle.bound()).await, &mut tasks).await;
    let answer = soon(health(requests).check(about(SERVICE))).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::NotServing);
    drop(source);
}

fn reflection(requests: Requests) -> ServerReflectionClient<Requests> {
    ServerReflectionClient::with_origin(requests, "http://relay".parse().unwrap())
}

fn asking(what: MessageRequest) -> ServerReflectionRequest {
    ServerReflectionRequest { host: "relay".into(), message_request: Some(what) }
}

async fn answers(requests: Requests, asked: Vec<MessageRequest>) -> Vec<ServerReflectionResponse> {
    let asked = stream::iter(asked.into_iter().map(asking));
    let said = soon(reflection(requests).server_reflection_info(asked)).await.unwrap();
    soon(said.into_inner().map(Result::unwrap).collect()).await
}

fn files(answer: &ServerReflectionResponse) -> Vec<FileDescriptorProto> {
    let Some(MessageResponse::FileDescriptorResponse(found)) = &answer.message_response else {
        panic!("no files: {answer:?}")
    };
    let encoded = found.file_descriptor_proto.iter();
    encoded.map(|file| FileDescriptorProto::decode(&file[..]).unwrap()).collect()
}

fn services(answer: &ServerReflectionResponse) -> Vec<&str> {
    let Some(MessageResponse::ListServicesResponse(list)) = &answer.message_response else {
        panic!("no list: {answer:?}")
    };
    list.service.iter().map(|service| &*service.name).collect()
}

#[tokio::test]
async fn a_relay_describes_itself_when_it_may() {
    let store = Store::new();
    let far = start(open_relay().with_reflection().build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let symbols = [
        SERVICE,
        "electrician.RelayService.StreamReceive",
        "electrician.WrappedPayload",
        "electrician.WrappedPayload.payload",
        "electrician.WrappedPayload.MissingPart",
        "electrician.ACK_PER_MESSAGE",
        "electrician.RelayEnvelope.msg",
        "grpc.health.v1.Health",
        "google.protobuf.Timestamp",
    ];
    let mut asked = vec![MessageRequest::ListServices(String::new())];
    asked.extend(symbols.map(|name| MessageRequest::FileContainingSymbol(name.into())));
    let said = answers(requests.clone(), asked).await;
    let listed = services(&said[0]);
    assert!(listed.contains(&SERVICE) && listed.contains(&"grpc.health.v1.Health"), "{listed:?}");
    assert!(said.iter().all(|answer| answer.original_request.is_some()));
    for (name, answer) in symbols.iter().zip(&said[1..]) {
        if name.ends_with("MissingPart") {
            let Some(MessageResponse::ErrorResponse(error)) = &answer.message_response else {
                panic!("{answer:?}")
            };
            assert_eq!(error.error_code, Code::NotFound as i32);
            continue;
        }
        let package = files(answer)[0].package().to_owned();
        assert!(name.starts_with(&package), "{name} in {package}");
    }
    // Whatever a file imports can be asked for, too.
    let contract = files(&said[1]).remove(0);
    let imports = contract.dependency.iter().cloned().map(MessageRequest::FileByFilename);
    for answer in answers(requests.clone(), imports.collect()).await {
        assert_eq!(files(&answer).len(), 1);
    }
    let odd = vec![
        MessageRequest::FileByFilename("/etc/passwd".into()),
        MessageRequest::AllExtensionNumbersOfType("electrician.WrappedPayload".into()),
        MessageRequest::AllExtensionNumbersOfType("electrician.Nothing".into()),
    ];
    let said = answers(requests, odd).await;
    let is_error = |answer: &ServerReflectionResponse| {
        matches!(answer.message_response, Some(MessageResponse::ErrorResponse(_)))
    };
    assert_eq!(said.iter().map(is_error).collect::<Vec<_>>(), [true, false, true]);
    far.stop().await;
}

#[tokio::test]
async fn the_older_name_of_reflection_is_known() {
    let store = Store::new();
    let far = start(open_relay().with_reflection().build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::with_origin(
        requests,
        "http://relay".parse().unwrap(),
    );
    let asked = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
    };
    let said = soon(client.server_reflection_info(stream::iter([asked]))).await.unwrap();
    let said: Vec<_> = soon(said.into_inner().map(Result::unwrap).collect()).await;
    let Some(v1alpha::server_reflection_response::MessageResponse::ListServicesResponse(list)) =
        &said[0].message_response
    else {
        panic!("{said:?}")
    };
    assert!(list.service.iter().any(|service| service.name == SERVICE), "{list:?}");
    far.stop().await;
}

#[tokio::test]
async fn it_says_nothing_of_itself_otherwise() {
    let store = Store::new();
    let far = start(open_relay().build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let asked = stream::iter([asking(MessageRequest::ListServices(String::new()))]);
    let status = soon(reflection(requests).server_reflection_info(asked)).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    far.stop().await;
}

fn guarded() -> ReceivingRelayBuilder<u64> {
    let asks = StaticHeaders::new([("x-tenant", "local")]).unwrap();
    ReceivingRelay::builder("127.0.0.1:0")
        .dangerously_in_plaintext()
        .with_authenticator(Authenticator::builder().with_static_headers(asks).build().unwrap())
        .with_reader(EnvelopeReader::json)
        .with_reflection()
}

#[tokio::test]
async fn only_who_may_send_may_ask_what_there_is() {
    let store = Store::new();
    let far = start(guarded().build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let mut client = reflection(connect(far.address, &mut tasks).await);
    let asked = || stream::iter([asking(MessageRequest::ListServices(String::new()))]);
    let status = soon(client.server_reflection_info(asked())).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    let mut request = Request::new(asked());
    request.metadata_mut().insert("x-tenant", "local".parse().unwrap());
    let said = soon(client.server_reflection_info(request)).await.unwrap();
    assert_eq!(soon(said.into_inner().collect::<Vec<_>>()).await.len(), 1);
    far.stop().await;
}

#[tokio::test]
async fn one_who_asks_nothing_does_not_hold_up_a_stop() {
    let store = Store::new();
    let far = start(open_relay().with_reflection().build().unwrap(), &store).await;
    let mut tasks = JoinSet::new();
    let requests = connect(far.address, &mut tasks).await;
    let asked = stream::pending::<ServerReflectionRequest>();
    let said = soon(reflection(requests).server_reflection_info(asked)).await.unwrap();
    let stopped = far.stopped().await;
    assert_eq!(stopped.stuck, 0);
    drop(stopped);
    let rest: Vec<_> = soon(said.into_inner().collect()).await;
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].as_ref().unwrap_err().code(), Code::Unavailable);
}
