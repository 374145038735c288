//! A conduit as the scenario describes it.

use std::time::Duration;

use electrician_conduit::{Conduit, ConduitBuilder, Ended, Routes, SinkStage};
use electrician_generator::{Generator, Restart};
use electrician_types::OpenSource;
use electrician_wire::engine::Feed;
use electrician_wire::{Retry, Wire};

use crate::oracle::Fate;
use crate::scenario::parcel::{Parcel, id};
use crate::scenario::spec::{End, Fan, FanKind, SinkSpec, SourceSpec, Spec, Step};
use crate::scenario::stage::{apart, gather, retry, when_denied, wire};
use crate::scenario::world::{Port, World};
use crate::sink::FaultySink;
use crate::source::FaultySource;

/// What is to be started.
pub(super) enum Built {
    Wire(Wire<Parcel, Parcel>),
    Open(Conduit<Parcel, Parcel>),
    Ended(Conduit<Parcel, Ended>),
}

struct Assembly<'a> {
    world: &'a World,
    port: &'a Port,
    /// Numbers producers, then sources.
    next_origin: u64,
}

type Open = ConduitBuilder<Parcel, Parcel>;

pub(super) fn build(spec: &Spec, world: &World, port: &Port) -> Built {
    if let (true, [Step::Stage(stage)]) = (spec.bare, &*spec.steps) {
        return Built::Wire(wire(stage, world, port));
    }
    let next_origin = spec.producers.len() as u64;
    let mut assembly = Assembly { world, port, next_origin };
    let mut builder = assembly.chain(&spec.steps).with_output_capacity(spec.output_capacity);
    for source in &spec.sources {
        builder = builder.with_source(assembly.source(source));
    }
    for (steps, source) in &spec.sides {
        let side = assembly.chain(steps).with_source(assembly.source(source));
        builder = builder.fed_by(side);
    }
    match &spec.end {
        End::Output(_) => Built::Open(finish(builder, world)),
        End::Sink(sink) => Built::Ended(finish(builder.sink_stage(assembly.sink(sink)), world)),
        End::Sinks(kind, branches) => {
            let ends = branches.iter().map(|(steps, sink)| {
                let stage = assembly.sink(sink);
                assembly.chain(steps).sink_stage(stage)
            });
            let ends = ends.collect();
            Built::Ended(finish(fan(builder, *kind, ends, world), world))
        }
    }
}

fn finish<Out: Send + 'static>(
    builder: ConduitBuilder<Parcel, Out>,
    world: &World,
) -> Conduit<Parcel, Out> {
    builder.with_clock(world.clock()).build().expect("the scenario is valid")
}

impl Assembly<'_> {
    fn chain(&mut self, steps: &[Step]) -> Open {
        let [Step::Stage(first), rest @ ..] = steps else {
            unreachable!("a chain begins with a stage");
        };
        let mut builder = Conduit::from(wire(first, self.world, self.port));
        for step in rest {
            builder = match step {
                Step::Stage(stage) => builder.then(wire(stage, self.world, self.port)),
                Step::Batch(batch) => {
                    let gathered = builder.then(gather(batch, self.world));
                    gathered.then(apart(&batch.apart, self.world))
                }
                Step::Fan(Fan { kind, branches }) => {
                    let branches = branches.iter().map(|steps| self.chain(steps)).collect();
                    fan(builder, *kind, branches, self.world)
                }
                Step::Joined(steps, source) => {
                    let joined = self.chain(steps).with_source(self.source(source));
                    builder.then(finish(joined, self.world))
                }
            };
        }
        builder
    }

    fn source(&mut self, spec: &SourceSpec) -> impl Feed<Parcel> + 'static {
        let origin = self.next_origin;
        self.next_origin += 1;
        let (world, tracked) = (self.world.clone(), spec.tracked);
        let make = move |number| {
            let id = id(origin, number);
            let parcel = world.parcel(id);
            world.oracle.accepted(id);
            if tracked { world.oracle.item(id, parcel) } else { parcel.into() }
        };
        let mut source = FaultySource::of_items(spec.items, make)
            .with_faults(self.world.faults(&spec.faults))
            .with_close_faults(self.world.faults(&spec.close_faults))
            .with_chunk(spec.chunk)
            .with_read_ahead(spec.read_ahead);
        if spec.yields {
            source = source.yielding();
        }
        self.world.note_source(&spec.name, &source);
        generator(spec, move || Ok(source.clone()))
    }

    fn sink(&self, spec: &SinkSpec) -> SinkStage<Parcel, impl electrician_types::Sink<Parcel>> {
        let world = self.world;
        let (plan, warn) = (spec.faults.clone(), world.clone());
        let number = move |parcel: &Parcel| {
            let number = parcel.trace.number();
            if plan.fault(number, 1).is_some() {
                warn.oracle.may_fail(&parcel.trace);
            }
            number
        };
        let mut sink = FaultySink::new(number)
            .with_faults(world.faults(&spec.faults))
            .with_open_faults(world.faults(&spec.open_faults))
            .with_flush_faults(world.faults(&spec.flush_faults))
            .with_close_faults(world.faults(&spec.close_faults))
            .with_chunk(spec.chunk);
        if spec.is_buffering {
            sink = sink.buffering();
        }
        world.note_sink(&spec.name, sink.record());
        let mut stage = SinkStage::new(spec.name.clone(), sink).with_capacity(spec.capacity);
        if spec.retries > 0 {
            stage = stage.with_retry(retry(spec.retries));
        }
        for guard in &spec.guards {
            let when = when_denied(guard.denied, &spec.name, world);
            stage = stage.with_guard(world.guard(&spec.name, *guard), when);
        }
        if spec.has_letters {
            stage = stage.with_dead_letters(self.port.clone());
        }
        stage
    }
}

fn generator<P: OpenSource>(spec: &SourceSpec, plug: P) -> Generator<P> {
    let generator = Generator::new(spec.name.clone(), plug).with_batch(spec.batch);
    if spec.restarts == 0 {
        return generator;
    }
    let policy = Retry::fixed(spec.restarts, Duration::from_millis(1)).only_if(|_| true);
    generator.with_restart(if spec.items.is_multiple_of(2) {
        Restart::always(policy)
    } else {
        Restart::on_failure(policy)
    })
}

fn fan<Out: Send + 'static>(
    builder: Open,
    kind: FanKind,
    mut branches: Vec<ConduitBuilder<Parcel, Out>>,
    world: &World,
) -> ConduitBuilder<Parcel, Out> {
    let last = match kind {
        FanKind::Broadcast => return builder.broadcast(branches),
        FanKind::Partition => {
            let curse = world.clone();
            let key = move |parcel: &Parcel| {
                curse.curse(parcel);
                parcel.key()
            };
            return builder.partition_by_key(key, branches);
        }
        FanKind::RouteElse if branches.len() > 1 => branches.pop(),
        _ => None,
    };
    let count = branches.len() as u64;
    let mut routes = Routes::new();
    for (index, branch) in (0..count).zip(branches) {
        let (world, has_last) = (world.clone(), last.is_some());
        let meets = move |parcel: &Parcel| {
            world.curse(parcel);
            let meets = parcel.key() % (count + 1) == index;
            if !meets && !has_last && index + 1 == count {
                // No branch takes it.
                match kind {
                    FanKind::RouteFail => world.oracle.may_fail(&parcel.trace),
                    _ => world.oracle.saw(Fate::Dropped, &parcel.trace),
                }
            }
            meets
        };
        routes = routes.when(meets, branch);
    }
    let routes = match last {
        Some(branch) => routes.otherwise(branch),
        None if kind == FanKind::RouteFail => routes,
        None => routes.otherwise_drop(),
    };
    builder.route(routes)
}
