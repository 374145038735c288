//! HTTP/1.1 by hand, and gRPC-Web in it: what is sent is what the test says, byte by byte.

use std::net::SocketAddr;

use bytes::Bytes;
use electrician_relay::proto::{AckMode, StreamClose};
use electrician_relay::{Ack, EnvelopeWriter, Frame};
use electrician_testkit::drive::soon;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::raw::{opening, payload};

pub(crate) const RECEIVE: &str = "/electrician.RelayService/Receive";
pub(crate) const STREAM: &str = "/electrician.RelayService/StreamReceive";

/// A request in the making. Its connection is closed after it, unless it says otherwise.
pub(crate) struct Post {
    head: String,
    body: Vec<u8>,
    is_kept: bool,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

// === impl Post ===

impl Post {
    pub(crate) fn to(path: &str) -> Self {
        let head = format!("POST {path} HTTP/1.1\r\nHost: relay\r\n");
        Self { head, body: Vec::new(), is_kept: false }
    }

    /// One in gRPC-Web with these messages.
    pub(crate) fn web(path: &str, messages: &[Bytes]) -> Self {
        let body = messages.iter().flat_map(|message| frame(0, message)).collect();
        Self { body, ..Self::to(path).with("Content-Type", "application/grpc-web+proto") }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.head += &format!("{name}: {value}\r\n");
        self
    }

    pub(crate) fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The connection stays open.
    pub(crate) fn kept(mut self) -> Self {
        self.is_kept = true;
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let end = if self.is_kept { "" } else { "Connection: close\r\n" };
        let head = format!("{}{end}Content-Length: {}\r\n\r\n", self.head, self.body.len());
        [head.as_bytes(), &self.body].concat()
    }

    pub(crate) async fn send(&self, address: SocketAddr) -> Reply {
        ask(address, &self.bytes()).await
    }
}

/// One payload for `Receive`.
pub(crate) fn single(n: u64) -> Bytes {
    let mut writer = EnvelopeWriter::<u64>::json().with_metadata_in_each();
    payload(&mut writer, n, 0).to_bytes()
}

/// A whole stream for `StreamReceive`.
pub(crate) fn stream(items: &[u64], mode: AckMode) -> Vec<Bytes> {
    let mut writer = EnvelopeWriter::json();
    let mut frames = vec![opening("page", mode, 0)];
    frames.extend((1..).zip(items).map(|(seq, n)| Frame::Payload(payload(&mut writer, *n, seq))));
    frames.push(Frame::Close(StreamClose { reason: "end".into() }));
    frames.iter().map(Frame::to_bytes).collect()
}

pub(crate) fn frame(flags: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flags][..], &length, message].concat()
}

/// Sends bytes, and reads until the connection ends.
pub(crate) async fn ask(address: SocketAddr, bytes: &[u8]) -> Reply {
    let mut tcp = soon(TcpStream::connect(address)).await.unwrap();
    tcp.write_all(bytes).await.unwrap();
    Reply::parse(&rest(&mut tcp).await)
}

/// What comes until the connection ends, in whichever way.
pub(crate) async fn rest(from: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut all = Vec::new();
    let _ = soon(from.read_to_end(&mut all)).await;
    all
}

/// What comes, until it has `end` in it.
pub(crate) async fn until(from: &mut (impl AsyncRead + Unpin), end: &str) -> String {
    let mut all = Vec::new();
    while !String::from_utf8_lossy(&all).contains(end) {
        let mut piece = [0; 4096];
        let length = soon(from.read(&mut piece)).await.unwrap();
        assert!(length > 0, "it ended with {:?}", String::from_utf8_lossy(&all));
        all.extend(&piece[..length]);
    }
    String::from_utf8_lossy(&all).into_owned()
}

// === impl Reply ===

impl Reply {
    /// One reply, and no more.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let at = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        let at = at.unwrap_or_else(|| panic!("no reply: {:?}", String::from_utf8_lossy(bytes)));
        let head = String::from_utf8(bytes[..at].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), value.trim().to_owned())
        };
        let mut reply = Self { status, headers: lines.map(header).collect(), body: Vec::new() };
        let body = &bytes[at + 4..];
        reply.body = if reply.header("transfer-encoding") == Some("chunked") {
            unchunked(body)
        } else {
            let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
            assert_eq!(body.len(), length, "there is more than one reply");
            body.to_vec()
        };
        reply
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| &**value)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The frames of gRPC-Web in the body: flags and messages.
    pub(crate) fn frames(&self) -> Vec<(u8, Bytes)> {
        let mut rest = &self.body[..];
        let mut frames = Vec::new();
        while let [flags, a, b, c, d, after @ ..] = rest {
            let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
            frames.push((*flags, Bytes::copy_from_slice(&after[..length])));
            rest = &after[length..];
        }
        assert!(rest.is_empty(), "{rest:?}");
        frames
    }

    /// The acknowledgements of a call that went well.
    pub(crate) fn acks(&self) -> Vec<Ack> {
        assert_eq!(self.grpc().0, 0, "{self:?}");
        let frames = self.frames();
        let messages = frames.iter().filter(|(flags, _)| *flags == 0);
        messages.map(|(_, message)| Ack::parse(message, usize::MAX).unwrap()).collect()
    }

    /// How the call ended: status and message, from the trailers or the headers.
    pub(crate) fn grpc(&self) -> (i32, String) {
        assert_eq!(self.status, 200, "{self:?}");
        let trailers = self.frames().into_iter().find(|(flags, _)| *flags == 0x80);
        let trailers = trailers.map(|(_, text)| String::from_utf8(text.to_vec()).unwrap());
        let find = |name: &str| match &trailers {
            Some(text) => text.lines().find_map(|line| {
                let (own, value) = line.split_once(':')?;
                (own == name).then(|| value.trim().to_owned())
            }),
            None => self.header(name).map(str::to_owned),
        };
        let status = find("grpc-status").unwrap_or_else(|| panic!("no status: {self:?}"));
        (status.parse().unwrap(), find("grpc-message").unwrap_or_default())
    }
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").expect("a size");
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        let after = &rest[end + 2..];
        body.extend(&after[..size]);
        rest = &after[size + 2..];
        if size == 0 {
            assert!(rest.is_empty(), "there is more than one reply");
            return body;
        }
    }
}
