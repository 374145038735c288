//! A pipeline to look at, and a client that speaks HTTP by hand.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use electrician_conduit::{Conduit, ConduitBuilder};
use electrician_meter::Meter;
use electrician_panel::{Panel, Served};
use electrician_types::Item;
use electrician_wire::{DeadLetters, Wire, dead_letters};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Lets the stage `price` work on as many items as it is told.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Semaphore>);

impl Gate {
    pub(crate) fn shut() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    pub(crate) fn open(&self, items: usize) {
        self.0.add_permits(items);
    }

    async fn pass(&self) {
        self.0.acquire().await.expect("never closed").forget();
    }
}

/// parse -> price -> output, where texts that are no numbers end as dead letters.
pub(crate) fn pipeline(
    meter: &Meter,
    gate: &Gate,
) -> (ConduitBuilder<String, u32>, DeadLetters<String>) {
    let (port, letters) = dead_letters(64);
    let parse = Wire::by_ref("parse", |row: &String| row.parse::<u32>()).with_dead_letters(port);
    let gate = gate.clone();
    let price = Wire::new_async("price", move |number: u32| {
        let gate = gate.clone();
        async move {
            gate.pass().await;
            Ok::<_, io::Error>(number * 2)
        }
    });
    let conduit = Conduit::from(parse).then(price.with_capacity(8).with_concurrency(2));
    (conduit.with_observer(meter.clone()), letters)
}

pub(crate) async fn serve(panel: &Panel) -> Served {
    panel.serve("127.0.0.1:0").await.expect("a free port")
}

/// An answer in full.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Asks for `path` with more header lines, each ended by `\r\n`.
pub(crate) async fn ask(address: SocketAddr, path: &str, headers: &str) -> Answer {
    let mut stream = send(address, path, headers).await;
    let mut text = String::new();
    stream.read_to_string(&mut text).await.expect("an answer in UTF-8");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Answer { status, head: head.into(), body: body.into() }
}

pub(crate) async fn send(address: SocketAddr, path: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("to connect");
    let host =
        if headers.contains("Host:") { String::new() } else { format!("Host: {address}\r\n") };
    let request = format!("GET {path} HTTP/1.1\r\n{host}Connection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.expect("to ask");
    stream
}

/// Server-sent events as they come.
pub(crate) struct Events(BufReader<TcpStream>);

impl Events {
    pub(crate) async fn of(address: SocketAddr) -> Self {
        Self(BufReader::new(send(address, "/events", "").await))
    }

    /// The next event and its data.
    pub(crate) async fn next(&mut self) -> Option<(String, Value)> {
        let (mut event, mut line) = (None, String::new());
        loop {
            line.clear();
            if self.0.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            if let Some(name) = line.strip_prefix("event: ") {
                event = Some(name.trim().to_owned());
            } else if let Some(data) = line.strip_prefix("data: ") {
                let data = serde_json::from_str(data.trim()).expect("JSON");
                return Some((event.take().unwrap_or_default(), data));
            }
        }
    }

    /// The first look that `shows` what is waited for.
    pub(crate) async fn look(&mut self, shows: impl Fn(&Value) -> bool) -> Value {
        loop {
            let (name, data) = self.next().await.expect("more events");
            if name == "look" && shows(&data) {
                return data;
            }
        }
    }
}

/// The stage of this name in a look.
pub(crate) fn stage<'a>(look: &'a Value, name: &str) -> Option<&'a Value> {
    look["snapshot"]["stages"].as_array()?.iter().find(|stage| stage["name"] == name)
}

/// Handles letters: notes each on the panel, then takes care of it.
pub(crate) async fn note_all(panel: &Panel, mut letters: DeadLetters<String>) {
    while let Some(letter) = letters.recv().await {
        panel.letters().note(&letter);
        drop::<String>(Item::accept(letter.item));
    }
}
