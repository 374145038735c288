//! A proxy that cuts, and lets bytes vanish.

use std::net::SocketAddr;

use electrician_testkit::FaultProxy;
use electrician_testkit::drive::soon;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// A server that says everything twice, and tells how many bytes a connection had when it ended.
async fn echo(tasks: &mut JoinSet<()>) -> (SocketAddr, mpsc::Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, ends) = mpsc::channel(16);
    tasks.spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let tell = tell.clone();
            tokio::spawn(async move {
                let (mut bytes, mut had) = ([0; 64], 0);
                while let Ok(read @ 1..) = tcp.read(&mut bytes).await {
                    had += read;
                    if tcp.write_all(&bytes[..read]).await.is_err() {
                        break;
                    }
                }
                let _ = tell.send(had).await;
            });
        }
    });
    (address, ends)
}

async fn ask(tcp: &mut TcpStream) -> bool {
    let mut answer = [0; 4];
    tcp.write_all(b"ping").await.is_ok() && tcp.read_exact(&mut answer).await.is_ok()
}

#[tokio::test]
async fn it_passes_on_both_ways_and_cuts_after_the_bytes_it_was_told() {
    let mut tasks = JoinSet::new();
    let (server, mut ends) = echo(&mut tasks).await;
    let proxy = FaultProxy::start(server, 1).await.unwrap();
    let mut free = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(soon(ask(&mut free)).await);

    proxy.cut_after(10..11);
    let mut cut = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(soon(ask(&mut cut)).await, "eight bytes");
    assert!(!soon(ask(&mut cut)).await, "and two");
    soon(proxy.wait_for_cuts(1)).await;
    assert_eq!(soon(ends.recv()).await, Some(6));

    proxy.heal();
    assert!(soon(ask(&mut free)).await, "it was there before");
    let mut healed = TcpStream::connect(proxy.address()).await.unwrap();
    for _ in 0..100 {
        assert!(soon(ask(&mut healed)).await);
    }
    assert_eq!(proxy.cuts(), 1);
}

#[tokio::test]
async fn it_cuts_all_at_once() {
    let mut tasks = JoinSet::new();
    let (server, mut ends) = echo(&mut tasks).await;
    let proxy = FaultProxy::start(server, 1).await.unwrap();
    let mut one = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(soon(ask(&mut one)).await);
    proxy.cut();
    assert_eq!(soon(ends.recv()).await, Some(4));
    assert!(!soon(ask(&mut one)).await);
    let mut other = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(soon(ask(&mut other)).await);
}

#[tokio::test]
async fn what_it_swallows_is_gone_and_nobody_is_told() {
    let mut tasks = JoinSet::new();
    let (server, mut ends) = echo(&mut tasks).await;
    let proxy = FaultProxy::start(server, 1).await.unwrap();
    let mut lost = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(soon(ask(&mut lost)).await);
    proxy.swallow();
    lost.write_all(b"ping").await.unwrap();
    proxy.pass();
    let mut other = TcpStream::connect(proxy.address()).await.unwrap();
    assert!(soon(ask(&mut other)).await);
    // The first one stays silent, and its end is not told either.
    lost.write_all(b"ping").await.unwrap();
    drop(lost);
    drop(other);
    assert_eq!(soon(ends.recv()).await, Some(4), "that of the other");
    proxy.cut();
    assert_eq!(soon(ends.recv()).await, Some(4), "nothing came after it was swallowed");
}
