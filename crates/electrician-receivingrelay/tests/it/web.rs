//! gRPC-Web, as browsers speak it.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use electrician_auth::{Authenticator, StaticHeaders};
use electrician_receivingrelay::{GrpcWeb, ReceivingRelay, ReceivingRelayBuilder};
use electrician_relay::EnvelopeReader;
use electrician_relay::proto::AckMode;
use electrician_testkit::drive::soon;
use electrician_testkit::{Authority, Verdicts};
use electrician_types::Sink;
use http::{Method, Request};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::body::Body;
use tower_service::Service as _;

use crate::http1::{Post, RECEIVE, Reply, STREAM, ask, rest, single, stream, until};
use crate::raw::connect;
use crate::support::{
    Store, assert_acked, client_tls, open_relay, plain_sender, server_tls, start, write,
};

const PAGE: &str = "https://app.example.org";

pub(crate) fn web_relay() -> ReceivingRelayBuilder<u64> {
    open_relay().with_grpc_web(GrpcWeb::from_origins([PAGE]))
}

fn preflight(origin: &str) -> Vec<u8> {
    format!(
        "OPTIONS {RECEIVE} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nOrigin: {origin}\r\n\
         Access-Control-Request-Method: POST\r\n\
         Access-Control-Request-Headers: authorization,content-type,x-grpc-web\r\n\r\n"
    )
    .into_bytes()
}

fn has(reply: &Reply, header: &str, part: &str) -> bool {
    let values = reply.header(header).unwrap_or_default().to_ascii_lowercase();
    values.split(',').any(|value| value.trim() == part)
}

#[tokio::test]
async fn a_page_sends_a_payload_and_is_told_that_it_was_processed() {
    let store = Store::new();
    let far = start(web_relay().build().unwrap(), &store).await;
    let reply = Post::web(RECEIVE, &[single(7)])
        .with("Origin", PAGE)
        .with("X-Grpc-Web", "1")
        .send(far.address)
        .await;
    let acks = reply.acks();
    assert!(acks.len() == 1 && acks[0].success, "{acks:?}");
    assert_eq!(store.items(), [7]);
    assert_eq!(reply.header("content-type"), Some("application/grpc-web+proto"));
    assert_eq!(reply.header("access-control-allow-origin"), Some(PAGE));
    assert!(has(&reply, "access-control-expose-headers", "grpc-status"), "{reply:?}");
    assert!(has(&reply, "vary", "origin"), "{reply:?}");
    far.stop().await;
}

#[tokio::test]
async fn a_page_sends_a_stream_in_one_request() {
    let store = Store::new();
    let far = start(web_relay().build().unwrap(), &store).await;
    let items: Vec<u64> = (0..100).collect();
    let request = Post::web(STREAM, &stream(&items, AckMode::AckPerMessage));
    let acks = request.send(far.address).await.acks();
    let mut seqs: Vec<u64> = acks.iter().filter(|ack| ack.seq > 0).map(|ack| ack.seq).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=100).collect::<Vec<u64>>());
    assert!(acks.iter().all(|ack| ack.success), "{acks:?}");
    assert_eq!(store.items(), items);
    far.stop().await;
}

#[tokio::test]
async fn it_can_be_text() {
    let store = Store::new();
    let far = start(web_relay().build().unwrap(), &store).await;
    let plain = Post::web(RECEIVE, &[single(3)]).bytes();
    let at = plain.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let reply = Post::to(RECEIVE)
        .with("Content-Type", "application/grpc-web-text")
        .with("Accept", "application/grpc-web-text")
        .with_body(STANDARD.encode(&plain[at..]))
        .send(far.address)
        .await;
    assert_eq!(reply.header("content-type"), Some("application/grpc-web-text+proto"));
    // Pieces are encoded one by one, so there is padding within.
    let whole = reply.body.chunks(4).flat_map(|four| STANDARD.decode(four).unwrap()).collect();
    let reply = Reply { body: whole, ..reply };
    assert!(reply.acks()[0].success);
    assert_eq!(store.items(), [3]);
    far.stop().await;
}

#[tokio::test]
async fn grpc_goes_on_beside_it() {
    let store = Store::new();
    let far = start(web_relay().build().unwrap(), &store).await;
    let mut near = plain_sender(far.address);
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    write(&mut near, &verdicts, 0..50).await;
    soon(near.flush()).await.unwrap();
    assert_acked(&verdicts, 0..50);
    soon(near.close()).await.unwrap();
    // And gRPC-Web over HTTP/2, as browsers do where connections are encrypted.
    let mut tasks = JoinSet::new();
    let mut requests = connect(far.address, &mut tasks).await;
    let body = crate::http1::frame(0, &single(99));
    let request = Request::post(format!("http://relay{RECEIVE}"))
        .header("content-type", "application/grpc-web+proto")
        .header("origin", PAGE)
        .body(Body::new(http_body_util::Full::from(body)))
        .unwrap();
    let response = soon(requests.call(request)).await.unwrap();
    assert_eq!(response.headers()["access-control-allow-origin"], PAGE);
    assert_eq!(response.headers()["content-type"], "application/grpc-web+proto");
    soon(store.count.reached(51)).await;
    far.stop().await;
}

#[tokio::test]
async fn connections_on_http_1_are_used_again() {
    let store = Store::new();
    let far = start(web_relay().build().unwrap(), &store).await;
    let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
    for n in 0..3 {
        tcp.write_all(&Post::web(RECEIVE, &[single(n)]).kept().bytes()).await.unwrap();
        until(&mut tcp, "\r\n0\r\n\r\n").await;
    }
    assert_eq!(store.items(), [0, 1, 2]);
    assert_eq!(far.handle.stats().connections, 1);
    far.stop().await;
    assert_eq!(rest(&mut tcp).await, b"", "a stop ends a connection that is idle");
}

#[tokio::test]
async fn a_browser_may_ask_without_a_token_and_send_with_one() {
    let store = Store::new();
    let asks = StaticHeaders::new([("x-tenant", "local")]).unwrap();
    let web = GrpcWeb::from_origins([PAGE])
        .with_headers(["X-Tenant"])
        .with_exposed_headers(["x-more"])
        .with_max_age(Duration::from_secs(77))
        .with_credentials();
    let relay = ReceivingRelay::builder("127.0.0.1:0")
        .dangerously_in_plaintext()
        .with_authenticator(Authenticator::builder().with_static_headers(asks).build().unwrap())
        .with_reader(EnvelopeReader::json)
        .with_grpc_web(web);
    let far = start(relay.build().unwrap(), &store).await;

    let reply = ask(far.address, &preflight(PAGE)).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(reply.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(reply.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(reply.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(reply.header("access-control-max-age"), Some("77"));
    for name in ["authorization", "content-type", "x-grpc-web", "grpc-timeout", "x-tenant"] {
        assert!(has(&reply, "access-control-allow-headers", name), "{name}: {reply:?}");
    }
    assert_eq!(far.handle.stats().refused, 0, "a question is no call");

    let call = |tenant: &str| {
        Post::web(RECEIVE, &[single(5)]).with("Origin", PAGE).with("X-Tenant", tenant)
    };
    let reply = call("other").send(far.address).await;
    assert_eq!(reply.grpc().0, 16, "unauthenticated: {reply:?}");
    assert_eq!(reply.header("access-control-allow-origin"), Some(PAGE), "so that it can be read");
    assert!(has(&reply, "access-control-expose-headers", "x-more"), "{reply:?}");
    assert_eq!((far.handle.stats().refused, store.items().len()), (1, 0));
    assert!(call("local").send(far.address).await.acks()[0].success);
    assert_eq!(store.items(), [5]);
    far.stop().await;
}

#[tokio::test]
async fn pages_of_other_origins_are_refused_and_not_only_by_their_browsers() {
    let store = Store::new();
    let far = start(web_relay().build().unwrap(), &store).await;
    let origins = [
        "https://evil.example",
        "null",
        "https://app.example.org.evil.example",
        "http://app.example.org",
    ];
    for origin in origins {
        let reply = ask(far.address, &preflight(origin)).await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (403, None));
        let reply = Post::web(RECEIVE, &[single(1)]).with("Origin", origin).send(far.address).await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (403, None));
        let both = Post::web(RECEIVE, &[single(1)]).with("Origin", PAGE).with("Origin", origin);
        assert_eq!(both.send(far.address).await.status, 403);
    }
    assert_eq!(store.items().len(), 0);
    // What is no page says no origin.
    assert!(Post::web(RECEIVE, &[single(2)]).send(far.address).await.acks()[0].success);
    far.stop().await;
}

#[tokio::test]
async fn any_origin_is_any_origin() {
    let store = Store::new();
    let relay = open_relay().with_grpc_web(GrpcWeb::from_any_origin()).build().unwrap();
    let far = start(relay, &store).await;
    let reply = ask(far.address, &preflight("https://a.example")).await;
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    assert_eq!(reply.header("access-control-allow-credentials"), None);
    let reply = Post::web(RECEIVE, &[single(1)])
        .with("Origin", "https://b.example")
        .send(far.address)
        .await;
    assert!(reply.acks()[0].success);
    far.stop().await;
}

#[tokio::test]
async fn it_is_off_unless_it_is_asked_for() {
    let store = Store::new();
    let far = start(open_relay().build().unwrap(), &store).await;
    // Nothing but HTTP/2 is understood.
    let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
    tcp.write_all(&Post::web(RECEIVE, &[single(1)]).bytes()).await.unwrap();
    let answer = rest(&mut tcp).await;
    assert!(!answer.starts_with(b"HTTP/1"), "{answer:?}");
    assert_eq!(store.items().len(), 0);
    far.stop().await;
}

/// A page can send text to anybody, without a question, with the certificate of who looks at it.
#[tokio::test]
async fn what_a_page_can_send_unasked_is_not_grpc() {
    for relay in [open_relay(), web_relay()] {
        let store = Store::new();
        let far = start(relay.build().unwrap(), &store).await;
        let mut tasks = JoinSet::new();
        let mut requests = connect(far.address, &mut tasks).await;
        let kinds = ["text/plain", "application/x-www-form-urlencoded", "application/grpcx", ""];
        for (method, kind) in kinds
            .map(|kind| (Method::POST, kind))
            .into_iter()
            .chain([(Method::OPTIONS, "text/plain"), (Method::GET, "text/plain")])
        {
            let body = crate::http1::frame(0, &single(1));
            let request = Request::builder()
                .method(method)
                .uri(format!("http://relay{RECEIVE}"))
                .header("content-type", kind)
                .body(Body::new(http_body_util::Full::from(body)))
                .unwrap();
            let response = soon(requests.call(request)).await.unwrap();
            assert_eq!(response.status(), 415, "{kind:?}");
        }
        assert_eq!(store.items().len(), 0);
        far.stop().await;
    }
}

#[tokio::test]
async fn encrypted_connections_can_agree_on_http_1() {
    let authority = Authority::new("ca");
    let store = Store::new();
    for (is_web, expected) in [(true, Some(&b"http/1.1"[..])), (false, None)] {
        let relay = ReceivingRelay::builder("127.0.0.1:0")
            .with_tls(server_tls(&authority).build().unwrap())
            .with_authenticator(Authenticator::nobody_is_asked())
            .with_reader(EnvelopeReader::json);
        let relay = if is_web { relay.with_grpc_web(GrpcWeb::from_origins([PAGE])) } else { relay };
        let far = start(relay.build().unwrap(), &store).await;
        let mut config = (*client_tls(&authority).build().unwrap().config()).clone();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let tcp = soon(TcpStream::connect(far.address)).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let opened = soon(connector.connect("localhost".try_into().unwrap(), tcp)).await;
        assert_eq!(opened.as_ref().ok().and_then(|tls| tls.get_ref().1.alpn_protocol()), expected);
        if let Ok(mut tls) = opened {
            tls.write_all(&Post::web(RECEIVE, &[single(8)]).bytes()).await.unwrap();
            assert!(Reply::parse(&rest(&mut tls).await).acks()[0].success);
            assert_eq!(store.items(), [8]);
        }
        far.stop().await;
    }
}

#[test]
fn wrong_settings_are_all_told_at_build() {
    let problems = |web: GrpcWeb| {
        let error = open_relay().with_grpc_web(web).build().unwrap_err();
        error.problems().to_vec()
    };
    let none: [&str; 0] = [];
    for (web, parts) in [
        (GrpcWeb::from_any_origin().with_credentials(), &["credentials from any origin"][..]),
        (GrpcWeb::from_origins(none), &["no origin is allowed"]),
        (
            GrpcWeb::from_origins(["*", "app.example.org", "https://a.example/"])
                .with_headers(["x tenant", "*"])
                .with_exposed_headers([""])
                .with_max_age(Duration::from_hours(25))
                .with_body_timeout(Duration::ZERO),
            &[
                "`from_any_origin`",
                "no scheme",
                "\"https://a.example\"",
                "\"x tenant\"",
                "\"*\" is no name",
                "\"\" is no name",
                "maximum age",
                "body timeout",
            ],
        ),
    ] {
        let found = problems(web);
        assert_eq!(found.len(), parts.len(), "{found:?}");
        for (problem, part) in found.iter().zip(parts) {
            assert!(problem.contains(part), "{part}: {problem}");
            assert!(problem.starts_with("receiving relay: gRPC-Web: "), "{problem}");
        }
    }
    assert!(open_relay().with_grpc_web(GrpcWeb::from_any_origin()).build().is_ok());
}
