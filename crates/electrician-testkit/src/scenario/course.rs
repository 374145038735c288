//! The course of a scenario: start, feed, read, stop, look.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use electrician_conduit::Conduit;
use electrician_types::Result;
use electrician_wire::{Component, Running, Stopped, Wire, dead_letters};
use tokio::task::{JoinSet, yield_now};

use crate::clock::VirtualClock;
use crate::scenario::assemble::{Built, build};
use crate::scenario::entry::{give_up_after, produce};
use crate::scenario::exit::Exit;
use crate::scenario::parcel::Parcel;
use crate::scenario::spec::{End, How, Reader, Spec, When};
use crate::scenario::world::World;

/// How often everybody else runs while a millisecond passes.
const TURNS: usize = 8;

/// How long a run goes on at most whose producers do not come to an end.
const PATIENCE: Duration = Duration::from_millis(300);

/// How a run ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Course {
    pub(super) stuck: usize,
    /// Items that came back though everything had the time it needed.
    pub(super) unfinished: usize,
    pub(super) source_errors: usize,
    /// Whether there is no account.
    pub(super) is_dropped: bool,
}

/// Runs the scenario to its end.
pub(super) async fn run(spec: Spec, world: World) -> Course {
    let (port, letters) = dead_letters(spec.letters.capacity);
    let built = build(&spec, &world, &port);
    drop(port);
    let mut others = JoinSet::new();
    others.spawn(world.clone().read_letters(letters, spec.letters));
    let time = tokio::spawn(keep_time(world.clock.clone()));
    let course = match built {
        Built::Wire(wire) => go(wire, Wire::start, spec, world, others).await,
        Built::Open(conduit) => go(conduit, Conduit::start, spec, world, others).await,
        Built::Ended(conduit) => go(conduit, Conduit::start, spec, world, others).await,
    };
    time.abort();
    course
}

async fn go<C>(
    component: C,
    start: impl FnOnce(C) -> Result<Running<C>>,
    mut spec: Spec,
    world: World,
    mut others: JoinSet<()>,
) -> Course
where
    C: Component<In = Parcel>,
    C::Out: Exit,
{
    let running = start(component).expect("the scenario starts");
    let readers: Vec<Reader> = match &spec.end {
        End::Output(readers) => readers.clone(),
        _ => Vec::new(),
    };
    for (index, reader) in readers.into_iter().enumerate() {
        let place = format!("reader-{index}");
        others.spawn(C::Out::read(running.output(), place, reader, world.clone()));
    }
    if let Some(after) = spec.release {
        let world = world.clone();
        others.spawn(async move {
            world.pass(after).await;
            world.gate.open();
        });
    }
    let mut producers = JoinSet::new();
    for (origin, producer) in (0..).zip(std::mem::take(&mut spec.producers)) {
        producers.spawn(produce(world.clone(), running.inlet(), origin, producer));
    }
    wait(spec.when, &mut producers, &world).await;
    let stopped = stop(running, spec.how, &world).await;
    let course = match stopped {
        Some(stopped) => {
            let course = Course {
                stuck: stopped.stuck,
                unfinished: stopped.inputs.len() + stopped.between.len(),
                source_errors: stopped.source_errors.len(),
                is_dropped: false,
            };
            world.collect(stopped);
            course
        }
        None => Course { is_dropped: true, ..Course::default() },
    };
    // What hung goes on now, so that everything comes to an end.
    world.gate.open();
    for mut tasks in [producers, others] {
        while let Some(ended) = tasks.join_next().await {
            ended.expect("nobody who takes part panics");
        }
    }
    course
}

async fn wait(when: When, producers: &mut JoinSet<()>, world: &World) {
    let limit = match when {
        When::Now => return,
        When::After(time) => return world.pass(time).await,
        When::Done => PATIENCE,
    };
    let done = async {
        while let Some(ended) = producers.join_next().await {
            ended.expect("no producer panics");
        }
    };
    first(done, world.pass(limit)).await;
}

async fn stop<C>(running: Running<C>, how: How, world: &World) -> Option<Stopped<C>>
where
    C: Component<In = Parcel>,
{
    match how {
        How::Drain => Some(running.stop(Duration::MAX).await),
        How::Deadline(deadline) => Some(running.stop(deadline).await),
        How::Zero => Some(running.stop(Duration::ZERO).await),
        How::Finish => Some(running.finish().await),
        How::FinishOrStop(after, deadline) => {
            Some(running.finish_or_stop(world.pass(after), deadline).await)
        }
        How::Drop => {
            drop(running);
            None
        }
        How::CancelStop(polls) => {
            // It may be done sooner.
            give_up_after(polls, running.stop(Duration::MAX)).await
        }
    }
}

/// Waits for the first of the two.
async fn first(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let mut one = pin!(one);
    let mut other = pin!(other);
    std::future::poll_fn(|cx| {
        let is_ready = one.as_mut().poll(cx).is_ready() || other.as_mut().poll(cx).is_ready();
        if is_ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

/// Lets time pass while everybody works.
async fn keep_time(clock: VirtualClock) {
    loop {
        clock.wait_for_timers(1).await;
        for _ in 0..TURNS {
            yield_now().await;
        }
        clock.advance(Duration::from_millis(1));
    }
}
