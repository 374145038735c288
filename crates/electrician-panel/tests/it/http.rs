use electrician_meter::Meter;
use electrician_panel::Panel;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{ask, send, serve};

#[tokio::test]
async fn everything_the_page_needs_is_there_and_nothing_comes_from_elsewhere() {
    let served = serve(&Panel::new(Meter::new("m"))).await;
    let page = ask(served.address(), "/", "").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    for (path, kind) in [
        ("/style.css", "text/css; charset=utf-8"),
        ("/panel.js", "text/javascript; charset=utf-8"),
        ("/graph.js", "text/javascript; charset=utf-8"),
        ("/format.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let asset = ask(served.address(), path, "").await;
        assert_eq!((asset.status, asset.header("content-type")), (200, Some(kind)), "{path}");
        for elsewhere in ["https://", "http://", "//cdn"] {
            let outside = asset.body.replace("http://www.w3.org/2000/svg", "");
            assert!(!outside.contains(elsewhere), "{path} names {elsewhere}");
        }
    }
    assert_eq!(ask(served.address(), "/nowhere", "").await.status, 404);
}

#[tokio::test]
async fn it_only_reads() {
    let served = serve(&Panel::new(Meter::new("m"))).await;
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        for path in ["/", "/snapshot.json", "/dead-letters.json"] {
            let mut stream = TcpStream::connect(served.address()).await.expect("to connect");
            let host = served.address();
            let request = format!(
                "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
                 Content-Length: 0\r\n\r\n"
            );
            stream.write_all(request.as_bytes()).await.expect("to ask");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.expect("an answer");
            assert!(answer.starts_with("HTTP/1.1 405"), "{method} {path}: {answer}");
        }
    }
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let served = serve(&Panel::new(Meter::new("m"))).await;
    let long = format!("X-Long: {}\r\n", "a".repeat(64 * 1024));
    let mut stream = send(served.address(), "/", &long).await;
    let mut answer = Vec::new();
    // It may close before it has read everything, which resets the connection.
    let _: Result<usize, _> = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn more_connections_than_it_takes_wait_and_are_served_in_the_end() {
    let panel = Panel::builder(Meter::new("m")).with_connections(1).build();
    let served = serve(&panel).await;
    let first = send(served.address(), "/events", "").await;
    let second = tokio::spawn(async move { ask(served.address(), "/", "").await.status });
    assert!(!second.is_finished());
    drop(first);
    assert_eq!(second.await.expect("no panic"), 200);
}

#[tokio::test]
async fn stopping_ends_streams_and_frees_the_port() {
    let served = serve(&Panel::new(Meter::new("m"))).await;
    let address = served.address();
    let mut stream = send(address, "/events", "").await;
    let mut begin = [0; 12];
    stream.read_exact(&mut begin).await.expect("an answer");
    assert_eq!(&begin, b"HTTP/1.1 200");
    served.stop().await;
    let mut rest = Vec::new();
    // The end of the stream, by whatever way.
    let _: Result<usize, _> = stream.read_to_end(&mut rest).await;
    tokio::net::TcpListener::bind(address).await.expect("the port is free again");
}
