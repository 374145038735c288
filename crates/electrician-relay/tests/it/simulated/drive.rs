//! Both sides as a transport drives them: frames with their length before them.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use electrician_relay::proto::WrappedPayload;
use electrician_relay::session::{
    Acks, DedupeKeys, Outcome, Received, ReceiverSession, SenderEvent, SenderSession, Settle,
};
use electrician_relay::{Ack, Frame, RawPayload};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;
use tokio::time::{sleep, sleep_until, timeout};
use turmoil::net::tcp::OwnedReadHalf;
use turmoil::net::{TcpListener, TcpStream};

use super::{RECEIVER, Told};

const PORT: u16 = 50051;

/// How long a sender waits for a connection, and for acknowledgements.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a receiver still has after it was killed.
#[derive(Clone)]
pub(super) struct Memory {
    keys: Option<Arc<DedupeKeys>>,
}

/// A receiver's session, shared by its connections.
#[derive(Clone)]
pub(super) struct Shared {
    session: Rc<RefCell<ReceiverSession>>,
    changed: Rc<Notify>,
}

/// Reads whole messages. Cancel-safe: what has come of one is kept.
struct Reader {
    half: OwnedReadHalf,
    buffer: BytesMut,
}

// === impl Memory ===

impl Memory {
    pub(super) fn none() -> Self {
        Self { keys: None }
    }

    /// The keys of payloads.
    pub(super) fn keys() -> Self {
        Self { keys: Some(Arc::new(DedupeKeys::new(10_000))) }
    }

    pub(super) fn begin(&self) -> Shared {
        let mut builder = ReceiverSession::builder().with_max_in_flight(64);
        if let Some(keys) = &self.keys {
            builder = builder.with_dedupe_keys(Arc::clone(keys));
        }
        let session = builder.build().expect("valid");
        Shared { session: Rc::new(RefCell::new(session)), changed: Rc::default() }
    }
}

// === impl Reader ===

impl Reader {
    fn new(half: OwnedReadHalf) -> Self {
        Self { half, buffer: BytesMut::new() }
    }

    /// `None` when the connection has ended.
    async fn next(&mut self) -> Option<bytes::Bytes> {
        loop {
            if let Some(length) = self.buffer.first_chunk::<4>() {
                let length = u32::from_be_bytes(*length) as usize;
                if self.buffer.len() >= 4 + length {
                    self.buffer.advance(4);
                    return Some(self.buffer.split_to(length).freeze());
                }
            }
            match self.half.read_buf(&mut self.buffer).await {
                Ok(1..) => {}
                _ => return None,
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock, a simulated one")]
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

async fn rung(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

async fn write(into: &mut (impl AsyncWriteExt + Unpin), message: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(message.len()).expect("a small message");
    into.write_all(&[&length.to_be_bytes(), message].concat()).await
}

/// Sends so many payloads, and ends when all are acknowledged.
pub(super) async fn send(acks: Acks, payloads: u32, told: Told) -> turmoil::Result {
    let mut session = SenderSession::<u32>::builder()
        .with_acks(acks)
        .with_window_items(64)
        .with_open_timeout(PATIENCE)
        .with_ack_timeout(PATIENCE)
        .build()?;
    let mut next = 0;
    loop {
        if let Ok(Ok(stream)) = timeout(PATIENCE, TcpStream::connect((RECEIVER, PORT))).await {
            told.borrow_mut().connections += 1;
            session.connected();
            // Whatever ended it: the next one goes on.
            let _ = talk(&mut session, stream, &mut next, payloads, &told).await;
            session.disconnected();
            tell(&mut session, &told);
        }
        if session.is_done() {
            return Ok(());
        }
        sleep(Duration::from_millis(20)).await;
    }
}

async fn talk(
    session: &mut SenderSession<u32>,
    stream: TcpStream,
    next: &mut u32,
    payloads: u32,
    told: &Told,
) -> std::io::Result<()> {
    let (half, mut into) = stream.into_split();
    let mut acks = Reader::new(half);
    loop {
        fill(session, next, payloads);
        while let Some(frame) = session.poll_transmit(now()) {
            let is_close = matches!(frame, Frame::Close(_));
            write(&mut into, &frame.to_bytes()).await?;
            if is_close {
                break;
            }
        }
        if tell(session, told) || session.is_done() {
            return Ok(());
        }
        tokio::select! {
            ack = acks.next() => {
                let Some(ack) = ack else { return Ok(()) };
                let ack = Ack::parse(&ack, usize::MAX).expect("the receiver writes none other");
                session.on_ack(&ack, now());
            }
            () = rung(session.poll_timeout(now())) => session.on_timeout(now()),
        }
    }
}

/// Submits while there is room.
fn fill(session: &mut SenderSession<u32>, next: &mut u32, payloads: u32) {
    while *next < payloads {
        let key = next.to_string();
        let payload = WrappedPayload { id: key.clone(), dedupe_key: key, ..Default::default() };
        if session.submit(RawPayload::from_message(&payload), *next, None).is_err() {
            return;
        }
        *next += 1;
    }
    session.close();
}

/// Takes down what happened. Whether the connection is to be given up.
fn tell(session: &mut SenderSession<u32>, told: &Told) -> bool {
    let mut is_over = false;
    while let Some(event) = session.poll_event() {
        match event {
            SenderEvent::Settled(settled) => {
                assert_eq!(settled.outcome, Outcome::Acked, "{}", settled.tag);
                *told.borrow_mut().acked.entry(settled.tag).or_default() += 1;
            }
            SenderEvent::Reconnect(_) => is_over = true,
            SenderEvent::Refused { code, message } => panic!("{code}: {message}"),
            _ => {}
        }
    }
    is_over
}

/// Takes connections for ever.
pub(super) async fn receive(shared: Shared, told: Told) -> turmoil::Result {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::task::spawn_local(serve(shared.clone(), stream, Rc::clone(&told)));
    }
}

async fn serve(shared: Shared, stream: TcpStream, told: Told) {
    let connection = shared.session.borrow_mut().attach();
    shared.changed.notify_waiters();
    let _ = listen(&shared, connection, stream, &told).await;
    let mut session = shared.session.borrow_mut();
    if session.is_current(connection) {
        session.detach();
    }
}

async fn listen(
    shared: &Shared,
    connection: u32,
    stream: TcpStream,
    told: &Told,
) -> std::io::Result<()> {
    let (half, mut into) = stream.into_split();
    let mut frames = Reader::new(half);
    loop {
        // Made before anything is looked at, so that no change is missed.
        let mut changed = pin!(shared.changed.notified());
        changed.as_mut().enable();
        loop {
            let ack = {
                let mut session = shared.session.borrow_mut();
                if !session.is_current(connection) {
                    return Ok(());
                }
                session.poll_ack(now())
            };
            match ack {
                Some(ack) => write(&mut into, &ack.to_bytes()).await?,
                None => break,
            }
        }
        let (wake_at, is_ready) = {
            let session = shared.session.borrow();
            if session.is_finished() {
                return Ok(());
            }
            (session.poll_timeout(), session.is_ready())
        };
        tokio::select! {
            () = changed => {}
            () = rung(wake_at) => {}
            frame = frames.next(), if is_ready => {
                let Some(frame) = frame else { return Ok(()) };
                let frame = Frame::parse(&frame, usize::MAX).expect("the sender writes none other");
                take(shared, connection, frame, told);
            }
        }
    }
}

fn take(shared: &Shared, connection: u32, frame: Frame, told: &Told) {
    let mut session = shared.session.borrow_mut();
    if !session.is_current(connection) {
        return;
    }
    match frame {
        Frame::Open(open) => session.open(&open),
        Frame::Payload(payload) => {
            if let Received::Deliver(delivery) = session.on_payload(payload, now()) {
                let (shared, told) = (shared.clone(), Rc::clone(told));
                tokio::task::spawn_local(async move {
                    // Some take longer than others.
                    let item: u32 = delivery.payload.id().parse().expect("a number");
                    sleep(Duration::from_millis(u64::from(item * 7 % 31))).await;
                    *told.borrow_mut().processed.entry(item).or_default() += 1;
                    shared.session.borrow_mut().settle(delivery.token, &Settle::Done, now());
                    shared.changed.notify_waiters();
                });
            }
        }
        Frame::Close(_) => session.on_close(),
        _ => {}
    }
}
