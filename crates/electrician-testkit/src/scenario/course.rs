//! The course of a scenario: start, feed, read, stop, look.

use std::panic::resume_unwind;
use std::time::Duration;

use electrician_conduit::Conduit;
use electrician_types::Result;
use electrician_wire::{Component, Running, StartError, Stopped, Wire, dead_letters};
use tokio::task::{JoinSet, yield_now};

use crate::clock::VirtualClock;
use crate::polls::{either, give_up_after};
use crate::scenario::assemble::{Built, build};
use crate::scenario::entry::produce;
use crate::scenario::exit::Exit;
use crate::scenario::parcel::Parcel;
use crate::scenario::spec::{End, How, Reader, Spec, When};
use crate::scenario::world::World;

/// How often everybody else runs while a millisecond passes.
const TURNS: usize = 8;

/// How long a run goes on at most whose producers do not come to an end.
const PATIENCE: Duration = Duration::from_millis(300);

/// How the runs ended.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Course {
    pub(super) stuck: usize,
    /// Items that came back though everything had the time it needed.
    pub(super) unfinished: usize,
    pub(super) source_errors: usize,
    /// Whether there is no account.
    pub(super) is_dropped: bool,
}

/// Those who take part besides the run itself.
struct Cast {
    spec: Spec,
    world: World,
    others: JoinSet<()>,
}

/// Runs the scenario to its end.
pub(super) async fn run(spec: Spec, world: World) -> Course {
    let (port, letters) = dead_letters(spec.letters.capacity);
    let built = build(&spec, &world, &port);
    drop(port);
    let time = tokio::spawn(keep_time(world.clock.clone()));
    let mut cast = Cast { spec, world, others: JoinSet::new() };
    let reading = cast.world.clone().read_letters(letters, cast.spec.letters);
    cast.others.spawn(reading);
    let course = match built {
        Built::Wire(wire) => cast.play(wire, Wire::start).await,
        Built::Open(conduit) => cast.play(conduit, Conduit::start).await,
        Built::Ended(conduit) => cast.play(conduit, Conduit::start).await,
    };
    // What hung goes on now, so that everything comes to an end.
    cast.world.gate.open();
    join(cast.others).await;
    time.abort();
    course
}

impl Cast {
    /// Runs it once or twice: what was stopped can start again.
    async fn play<C>(
        &mut self,
        component: C,
        start: impl Fn(C) -> Result<Running<C>, StartError<C>>,
    ) -> Course
    where
        C: Component<In = Parcel>,
        C::Out: Exit,
    {
        if let Some(after) = self.spec.release {
            let world = self.world.clone();
            self.others.spawn(async move {
                world.pass(after).await;
                world.gate.open();
            });
        }
        let mut course = Course::default();
        let mut component = component;
        for round in 0..self.spec.rounds {
            let running = start(component).expect("the scenario starts");
            let Some(stopped) = self.round(round, running).await else {
                course.is_dropped = true;
                break;
            };
            course.stuck += stopped.stuck;
            course.unfinished += stopped.inputs.len() + stopped.between.len();
            course.source_errors += stopped.source_errors.len();
            component = self.world.collect(stopped);
            if course.stuck > 0 {
                break;
            }
        }
        course
    }

    async fn round<C>(&mut self, round: usize, running: Running<C>) -> Option<Stopped<C>>
    where
        C: Component<In = Parcel>,
        C::Out: Exit,
    {
        let readers: &[Reader] = match &self.spec.end {
            End::Output(readers) => readers,
            _ => &[],
        };
        for (index, reader) in readers.iter().enumerate() {
            let place = format!("reader-{index} of run {round}");
            let reading = C::Out::read(running.output(), place, *reader, self.world.clone());
            self.others.spawn(reading);
        }
        let mut producers = JoinSet::new();
        let mine = (0..).zip(&self.spec.producers).skip(round).step_by(self.spec.rounds);
        for (origin, producer) in mine {
            let work = produce(self.world.clone(), running.inlet(), origin, *producer);
            producers.spawn(work);
        }
        wait(self.spec.when, &mut producers, &self.world).await;
        let stopped = stop(running, self.spec.how, &self.world).await;
        join(producers).await;
        stopped
    }
}

async fn join(mut tasks: JoinSet<()>) {
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            resume_unwind(error.into_panic());
        }
    }
}

async fn wait(when: When, producers: &mut JoinSet<()>, world: &World) {
    let limit = match when {
        When::Now => return,
        When::After(time) => return world.pass(time).await,
        When::Done => PATIENCE,
    };
    let done = async {
        while let Some(ended) = producers.join_next().await {
            if let Err(error) = ended {
                resume_unwind(error.into_panic());
            }
        }
    };
    either(done, world.pass(limit)).await;
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
