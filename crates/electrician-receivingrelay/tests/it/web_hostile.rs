//! What no decent browser does, over HTTP/1.1.

use std::time::Duration;

use bytes::Bytes;
use electrician_receivingrelay::GrpcWeb;
use electrician_relay::proto::{AckMode, WrappedPayload};
use electrician_relay::{Frame, RawPayload};
use electrician_testkit::drive::soon;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::http1::{Post, RECEIVE, Reply, STREAM, ask, frame, rest, single, until};
use crate::raw::opening;
use crate::support::{Far, Store, open_relay, start};
use crate::web::web_relay;

const SHORT: Duration = Duration::from_millis(30);

/// The relay is as good as before.
async fn assert_serves(far: &Far) {
    let reply = Post::web(RECEIVE, &[single(1)]).send(far.address).await;
    assert!(reply.acks()[0].success);
}

#[tokio::test]
async fn headers_that_never_end_end_their_connection() {
    let store = Store::new();
    let relay = web_relay().with_handshake_timeout(SHORT).with_max_connections(1);
    let far = start(relay.build().unwrap(), &store).await;
    for said in ["", "P", "PRI * HTTP/2.0\r\n", "POST /x HTTP/1.1\r\nHost: relay\r\nX-Slow: "] {
        let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
        tcp.write_all(said.as_bytes()).await.unwrap();
        let answer = rest(&mut tcp).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{said:?}");
    }
    // One that never stops, a little at a time.
    let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
    let (mut reader, mut writer) = tcp.split();
    let trickle = async {
        let _ = writer.write_all(b"POST /x HTTP/1.1\r\n").await;
        while writer.write_all(b"X: y\r\n").await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    let mut answer = Vec::new();
    tokio::select! {
        _ = soon(reader.read_to_end(&mut answer)) => {}
        () = trickle => {}
    }
    drop(tcp);
    assert_serves(&far).await;
    far.stop().await;
}

#[tokio::test]
async fn the_second_request_of_a_connection_is_no_slower_than_the_first() {
    let store = Store::new();
    let relay = web_relay().with_handshake_timeout(SHORT).with_max_connections(1);
    let far = start(relay.build().unwrap(), &store).await;
    for second in ["", "POST /x HTTP/1.1\r\nHost: "] {
        let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
        tcp.write_all(&Post::web(RECEIVE, &[single(4)]).kept().bytes()).await.unwrap();
        until(&mut tcp, "\r\n0\r\n\r\n").await;
        tcp.write_all(second.as_bytes()).await.unwrap();
        rest(&mut tcp).await;
    }
    assert_serves(&far).await;
    far.stop().await;
}

#[tokio::test]
async fn a_body_that_never_ends_ends_its_call() {
    let store = Store::new();
    let web = GrpcWeb::from_any_origin().with_body_timeout(SHORT);
    let relay = open_relay().with_grpc_web(web).with_max_connections(1);
    let far = start(relay.build().unwrap(), &store).await;
    for path in [RECEIVE, STREAM] {
        let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
        let whole = Post::web(path, &[single(1)]).bytes();
        tcp.write_all(&whole[..whole.len() - 3]).await.unwrap();
        let (status, message) = Reply::parse(&rest(&mut tcp).await).grpc();
        assert!(status != 0 && message.contains("too%20slow"), "{status} {message}");
    }
    assert_eq!(store.items().len(), 0);
    assert_serves(&far).await;
    far.stop().await;
}

#[tokio::test]
async fn a_page_that_does_not_read_loses_its_connection() {
    let store = Store::new();
    let relay = web_relay().with_keep_alive(SHORT, SHORT).with_max_connections(1);
    let far = start(relay.build().unwrap(), &store).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut tcp = soon(socket.connect(far.address)).await.unwrap();
    // Each of these gives a long answer.
    let broken = WrappedPayload {
        id: "x".repeat(4000),
        payload: Bytes::from_static(b"{"),
        ..WrappedPayload::default()
    };
    let payload = Frame::Payload(RawPayload::from_message(&broken)).to_bytes();
    let open = opening("page", AckMode::AckPerMessage, 0).to_bytes();
    let head = format!(
        "POST {STREAM} HTTP/1.1\r\nHost: relay\r\nContent-Type: application/grpc-web\r\n\
         Content-Length: {}\r\n\r\n",
        1_u64 << 40
    );
    tcp.write_all(&[head.as_bytes(), &frame(0, &open)].concat()).await.unwrap();
    let more = frame(0, &payload).repeat(16);
    let refused = async { while tcp.write_all(&more).await.is_ok() {} };
    soon(refused).await;
    assert_serves(&far).await;
    far.stop().await;
}

#[tokio::test]
async fn headers_that_are_too_many_or_too_long_are_refused() {
    let store = Store::new();
    let far = start(web_relay().build().unwrap(), &store).await;
    let long = Post::web(RECEIVE, &[single(1)]).with("X-Long", &"x".repeat(40 << 10));
    let many = (0..200)
        .fold(Post::web(RECEIVE, &[single(1)]), |post, n| post.with(&format!("X-{n}"), "y"));
    for request in [long, many] {
        let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
        // The connection may be gone before everything is written.
        let _ = tcp.write_all(&request.bytes()).await;
        let answer = rest(&mut tcp).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    let path = format!("/{}", "x".repeat(40 << 10));
    let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
    let _ = tcp.write_all(&Post::web(&path, &[single(1)]).bytes()).await;
    let answer = rest(&mut tcp).await;
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
    assert_eq!(store.items().len(), 0);
    assert_serves(&far).await;
    far.stop().await;
}

/// One request must not be two, whatever stands between a browser and the relay.
#[tokio::test]
async fn a_request_has_one_length() {
    let store = Store::new();
    let far = start(web_relay().build().unwrap(), &store).await;
    let inner = Post::web(RECEIVE, &[single(666)]).bytes();
    let head = format!("POST {RECEIVE} HTTP/1.1\r\nHost: relay\r\n");
    let kind = "Content-Type: application/grpc-web\r\n";
    let length = inner.len();
    for (lengths, expected) in [
        (format!("Content-Length: 0\r\nContent-Length: {length}\r\n"), 400),
        (format!("Content-Length: 0, {length}\r\n"), 400),
        (format!("Content-Length: +{length}\r\n"), 400),
        ("Content-Length: -1\r\n".to_owned(), 400),
        ("Content-Length: 99999999999999999999\r\n".to_owned(), 400),
        ("Transfer-Encoding: identity\r\n".to_owned(), 400),
        ("Transfer-Encoding: chunked, gzip\r\n".to_owned(), 400),
        (format!("Content-Length : {length}\r\n"), 400),
        (format!("Content-Length: 0\r\n Content-Length: {length}\r\n"), 400),
    ] {
        let request = [head.as_bytes(), kind.as_bytes(), lengths.as_bytes(), b"\r\n", &inner];
        let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
        tcp.write_all(&request.concat()).await.unwrap();
        let reply = Reply::parse(&rest(&mut tcp).await);
        assert_eq!(reply.status, expected, "{lengths:?}: {reply:?}");
    }
    // Both kinds of length: chunks count (RFC 9112, section 6.1), and the connection ends, so that
    // what follows is no request.
    for lengths in [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"),
    ] {
        let request =
            [head.as_bytes(), kind.as_bytes(), lengths.as_bytes(), b"\r\n0\r\n\r\n", &inner];
        let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
        tcp.write_all(&request.concat()).await.unwrap();
        let answer = rest(&mut tcp).await;
        let answer = String::from_utf8_lossy(&answer);
        assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{lengths:?}: {answer}");
    }
    assert_eq!(store.items().len(), 0, "nothing of it was taken");
    assert_serves(&far).await;
    far.stop().await;
}

#[tokio::test]
async fn what_is_not_grpc_web_is_told_what_would_be() {
    let store = Store::new();
    let far = start(web_relay().build().unwrap(), &store).await;
    let kinds = [
        "application/json",
        "application/grpc",
        "application/grpc+proto",
        "application/grpc-webx",
        "application/grpc-web+json",
        "text/plain",
        "",
    ];
    for kind in kinds {
        let body = frame(0, &single(1));
        let post = Post::to(RECEIVE).with("Content-Type", kind).with_body(body);
        let reply = post.send(far.address).await;
        assert_eq!(reply.status, 415, "{kind}");
        assert!(reply.text().contains("application/grpc-web"), "{reply:?}");
    }
    for method in ["GET", "PUT", "DELETE"] {
        let request = format!(
            "{method} {RECEIVE} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\
             Content-Type: application/grpc-web\r\n\r\n"
        );
        assert_eq!(ask(far.address, request.as_bytes()).await.status, 405, "{method}");
    }
    // An `OPTIONS` that is no question of a browser, and a tunnel.
    for (method, expected) in [("OPTIONS", 415), ("GET", 415)] {
        let request = format!("{method} / HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n");
        assert_eq!(ask(far.address, request.as_bytes()).await.status, expected, "{method}");
    }
    let reply = Post::web("/electrician.Other/Call", &[single(1)]).send(far.address).await;
    assert_eq!(reply.grpc().0, 12, "unimplemented");
    assert_eq!(store.items().len(), 0);
    far.stop().await;
}

#[tokio::test]
async fn frames_that_are_none_end_their_call_alone() {
    let store = Store::new();
    let far = start(web_relay().with_max_message_bytes(1000).build().unwrap(), &store).await;
    let web = |body: Vec<u8>| Post::web(RECEIVE, &[]).with_body(body);
    let text = |body: &str| {
        Post::to(RECEIVE).with("Content-Type", "application/grpc-web-text").with_body(body)
    };
    let huge = |flags: u8| [&[flags][..], &u32::MAX.to_be_bytes(), b"x"].concat();
    for (request, what, expected) in [
        (web(huge(0)), "a length that nobody has", 11),
        (web(frame(0, &[0; 1001])), "more than is allowed", 11),
        (web(huge(1)), "compressed, and not said how", 13),
        (web(frame(1, &single(1))), "compressed, and not said how", 13),
        (web(frame(0x80, b"grpc-status:0\r\n")), "trailers of a client", 13),
        (web(frame(0, &[0xff; 20])), "no message", 3),
        (web(frame(0, &single(1))[..9].to_vec()), "half a frame", 13),
        (web(vec![0, 0]), "half a head", 13),
        (web(Vec::new()), "nothing", 13),
        (text("AAAA!A=="), "no base64", 13),
        (text("AAAAA"), "base64 that was cut", 13),
        (text("\u{0}\u{0}\u{0}\u{0}"), "bytes where text should be", 13),
    ] {
        let reply = request.send(far.address).await;
        assert_eq!(reply.grpc().0, expected, "{what}: {reply:?}");
    }
    assert_eq!(store.items().len(), 0);
    assert_serves(&far).await;
    far.stop().await;
}

#[tokio::test]
async fn trailers_of_http_1_are_no_part_of_a_call() {
    let store = Store::new();
    let far = start(web_relay().build().unwrap(), &store).await;
    let body = frame(0, &single(6));
    let request = [
        format!(
            "POST {RECEIVE} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\nTrailer: X-More\r\n\
             Content-Type: application/grpc-web\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
            body.len()
        )
        .into_bytes(),
        body,
        b"\r\n0\r\nX-More: yes\r\nGrpc-Status: 13\r\n\r\n".to_vec(),
    ];
    assert!(ask(far.address, &request.concat()).await.acks()[0].success);
    assert_eq!(store.items(), [6]);
    far.stop().await;
}

#[tokio::test]
async fn a_page_that_gives_up_leaves_nothing_behind() {
    let store = Store::closed();
    let far = start(web_relay().with_max_connections(1).build().unwrap(), &store).await;
    let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
    tcp.write_all(&Post::web(RECEIVE, &[single(10)]).bytes()).await.unwrap();
    soon(store.gate.wait_for_waiting(1)).await;
    drop(tcp);
    // The only place is free again, while the item is still under way.
    let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
    tcp.write_all(b"GET / HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n\r\n").await.unwrap();
    assert_eq!(Reply::parse(&rest(&mut tcp).await).status, 415);
    store.gate.open();
    soon(store.count.reached(1)).await;
    let stopped = far.stopped().await;
    assert_eq!((store.items(), stopped.ledger.delivered), (vec![10], 1));
}

#[tokio::test]
async fn a_stop_does_not_wait_for_what_does_not_come() {
    let store = Store::new();
    let far = start(web_relay().build().unwrap(), &store).await;
    let mut tcp = soon(TcpStream::connect(far.address)).await.unwrap();
    let open = opening("page", AckMode::AckPerMessage, 0).to_bytes();
    let whole = Post::web(STREAM, &[open, single(1)]).bytes();
    tcp.write_all(&whole[..whole.len() - 3]).await.unwrap();
    while far.handle.stats().streams < 1 {
        tokio::task::yield_now().await;
    }
    let stopped = far.stopped().await;
    assert_eq!(stopped.stuck, 0);
    drop(stopped);
    let (status, _) = Reply::parse(&rest(&mut tcp).await).grpc();
    assert_eq!(status, 14, "unavailable: it is to be sent to another");
}
