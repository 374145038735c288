use std::collections::VecDeque;
use std::future::poll_fn;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::advance;

use super::*;

/// A body whose pieces come when they are sent.
struct Piecewise(mpsc::Receiver<Bytes>);

impl Body for Piecewise {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(cx).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

const TIME: Duration = Duration::from_secs(10);
/// A little less.
const SHORTER: Duration = Duration::from_secs(9);

fn paced() -> (mpsc::Sender<Bytes>, Paced<Piecewise>) {
    let (sender, pieces) = mpsc::channel(16);
    (sender, Paced::new(Piecewise(pieces), TIME))
}

async fn next(body: &mut Paced<Piecewise>) -> Option<Result<usize, String>> {
    let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
    let length = frame.map(|frame| frame.data_ref().map_or(0, Bytes::len));
    Some(length.map_err(|error| error.to_string()))
}

/// Asks once.
fn ask(body: &mut Paced<Piecewise>) -> bool {
    let mut cx = Context::from_waker(std::task::Waker::noop());
    Pin::new(body).poll_frame(&mut cx).is_ready()
}

#[tokio::test(start_paused = true)]
async fn a_body_that_says_nothing_fails_in_time() {
    let (_sender, mut body) = paced();
    let before = electrician_relay::transport::now();
    let error = next(&mut body).await.unwrap().unwrap_err();
    assert!(error.contains("4096 bytes") && error.contains("10s"), "{error}");
    assert_eq!(electrician_relay::transport::now() - before, TIME);
}

#[tokio::test(start_paused = true)]
async fn a_trickle_is_no_progress() {
    let (sender, mut body) = paced();
    let before = electrician_relay::transport::now();
    let trickle = tokio::spawn(async move {
        for _ in 0..100 {
            sleep(Duration::from_secs(1)).await;
            if sender.send(Bytes::from_static(b"x")).await.is_err() {
                break;
            }
        }
    });
    let mut seen = VecDeque::new();
    let error = loop {
        match next(&mut body).await.unwrap() {
            Ok(length) => seen.push_back(length),
            Err(error) => break error,
        }
    };
    assert!(error.contains("too slow"), "{error}");
    assert_eq!(electrician_relay::transport::now() - before, TIME);
    assert!(seen.len() < 11, "{seen:?}");
    trickle.abort();
}

#[tokio::test(start_paused = true)]
async fn a_body_that_keeps_the_pace_may_last() {
    let (sender, mut body) = paced();
    for _ in 0..10 {
        assert!(!ask(&mut body));
        advance(SHORTER).await;
        sender.try_send(Bytes::from(vec![0; LEAST])).unwrap();
        assert_eq!(next(&mut body).await, Some(Ok(LEAST)));
    }
    drop(sender);
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test(start_paused = true)]
async fn time_in_which_nobody_asks_is_not_the_senders() {
    let (sender, mut body) = paced();
    assert!(!ask(&mut body));
    // The relay is busy with something else for an hour.
    advance(Duration::from_hours(1)).await;
    assert!(!ask(&mut body), "it has the whole time again");
    advance(SHORTER).await;
    sender.try_send(Bytes::from_static(b"the rest")).unwrap();
    drop(sender);
    assert_eq!(next(&mut body).await, Some(Ok(8)));
    assert_eq!(next(&mut body).await, None);
}
