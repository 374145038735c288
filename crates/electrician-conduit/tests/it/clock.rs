//! The clock of a conduit is the clock of its stages, unless they have their own.

use std::any::Any;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use electrician_conduit::Conduit;
use electrician_types::{Clock, Timer};
use electrician_wire::{Batching, Retry, Wire};

use crate::record::Log;
use crate::script::{Act, Do, scripted, written};
use crate::support::{ms, same, settle, soon, stop, values};

/// A clock that moves when it is told to, and is an hour ahead of the runtime's.
#[derive(Clone, Debug)]
pub(crate) struct Manual(Arc<Mutex<(Instant, Vec<Waker>)>>);

impl Manual {
    #[expect(clippy::disallowed_methods, reason = "a clock has to begin somewhere")]
    pub(crate) fn new() -> Self {
        let start = Instant::now() + Duration::from_hours(1);
        Self(Arc::new(Mutex::new((start, Vec::new()))))
    }

    pub(crate) fn advance(&self, by: Duration) {
        let mut state = self.0.lock().unwrap();
        state.0 += by;
        state.1.drain(..).for_each(Waker::wake);
    }
}

impl Clock for Manual {
    fn now(&self) -> Instant {
        self.0.lock().unwrap().0
    }

    fn timer(&self) -> Box<dyn Timer> {
        Box::new(ManualTimer(self.clone(), None))
    }

    fn is_same_as(&self, other: &dyn Clock) -> bool {
        let other = (other as &dyn Any).downcast_ref::<Self>();
        other.is_some_and(|other| Arc::ptr_eq(&self.0, &other.0))
    }
}

struct ManualTimer(Manual, Option<Instant>);

impl Timer for ManualTimer {
    fn reset(&mut self, deadline: Instant) {
        self.1 = Some(deadline);
    }

    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.0.0.lock().unwrap();
        match self.1 {
            Some(deadline) if deadline <= state.0 => Poll::Ready(()),
            _ => {
                state.1.push(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_age_of_a_batch_goes_by_the_conduits_clock() {
    let clock = Manual::new();
    let batching = Batching::items(100).age(ms(50));
    let conduit = Conduit::from(Wire::batch("batch", batching)).with_clock(Arc::new(clock.clone()));
    let running = conduit.build().unwrap().start().unwrap();
    let mut output = running.output();
    running.submit(1_u64).await.unwrap();
    settle().await;
    clock.advance(ms(49));
    settle().await;
    running.submit(2).await.unwrap();
    settle().await;
    assert_eq!(output.try_recv(), None, "too young to be closed");
    clock.advance(ms(1));
    assert_eq!(soon(output.recv()).await, Some(vec![1, 2]));
    drop(output);
    assert!(stop(running).await.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_retry_waits_by_the_conduits_clock() {
    let (clock, log) = (Manual::new(), Log::default());
    let mut fails = true;
    let stage = scripted(&log, move |act| {
        if act == Act::Write(1) && std::mem::take(&mut fails) { Do::Fail } else { Do::Well }
    });
    let stage = stage.with_retry(Retry::fixed(1, ms(50)));
    let conduit =
        Conduit::from(same("head", 4)).sink_stage(stage).with_clock(Arc::new(clock.clone()));
    let running = conduit.build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    settle().await;
    tokio::time::advance(Duration::from_mins(1)).await;
    clock.advance(ms(49));
    settle().await;
    assert!(written(&log).is_empty(), "the runtime's clock has no say");
    clock.advance(ms(1));
    settle().await;
    assert_eq!(written(&log), [1]);
    assert!(stop(running).await.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_stages_own_clock_wins() {
    let (conduits, stages) = (Manual::new(), Manual::new());
    let batching = Batching::items(100).age(ms(50));
    let stage = Wire::batch("batch", batching).with_clock(Arc::new(stages.clone()));
    let conduit = Conduit::from(stage).with_clock(Arc::new(conduits.clone())).build().unwrap();
    let running = conduit.start().unwrap();
    running.submit(1_u64).await.unwrap();
    settle().await;
    conduits.advance(Duration::from_mins(1));
    settle().await;
    assert_eq!(running.output().try_recv(), None);
    stages.advance(ms(50));
    settle().await;
    assert_eq!(running.output().try_recv(), Some(vec![1]));
    assert!(stop(running).await.is_clean());
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_stop_goes_by_the_conduits_clock() {
    let clock = Manual::new();
    let stalled = crate::support::stalled("stalled", 4);
    let conduit = Conduit::from(stalled).with_clock(Arc::new(clock.clone())).build().unwrap();
    let running = conduit.start().unwrap();
    running.submit(1).await.unwrap();
    let stopping = tokio::spawn(stop(running));
    settle().await;
    tokio::time::advance(Duration::from_secs(30)).await;
    settle().await;
    assert!(!stopping.is_finished(), "ten seconds of the conduit's clock have not passed");
    clock.advance(Duration::from_secs(10));
    let stopped = soon(stopping).await.unwrap();
    assert_eq!(values(stopped.inputs), [1]);
}
