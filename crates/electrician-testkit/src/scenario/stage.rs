//! A wire as the scenario describes it.

use std::panic::resume_unwind;
use std::time::Duration;

use electrician_types::{Error, Event, KeepsInput};
use electrician_wire::transforms::Logic;
use electrician_wire::{Batching, Retry, WhenDenied, Wire, WireBuilder};

use crate::fault::mix;
use crate::oracle::Fate;
use crate::scenario::parcel::Parcel;
use crate::scenario::sideway::Sideway;
use crate::scenario::spec::{Denied, Gather, Op, Order, Stage};
use crate::scenario::transform::{AsyncOp, EmitOp, Parts};
use crate::scenario::world::{Bench, Port, World};

type Parcels = Wire<Parcel, Parcel>;

/// The wire of `stage`.
pub(super) fn wire(stage: &Stage, world: &World, port: &Port) -> Parcels {
    world.note_stamp(&stage.name, stage.stamp);
    let mut bench = Bench::new(world, &stage.faults, stage.stamp);
    if stage.retries > 0 {
        bench = bench.retrying();
    }
    let name = stage.name.clone();
    match stage.op {
        Op::Map => {
            let f = move |parcel: Parcel| bench.meet(&parcel).map(|()| bench.done(&parcel));
            finish(Wire::new(name, f), stage, world)
        }
        Op::Blocking => {
            let f = move |parcel: Parcel| bench.meet(&parcel).map(|()| bench.done(&parcel));
            finish(Wire::new_blocking(name, f), stage, world)
        }
        Op::PerWorker => {
            let make = move || {
                let bench = bench.clone();
                move |parcel: Parcel| bench.meet(&parcel).map(|()| bench.done(&parcel))
            };
            finish(Wire::per_worker(name, make), stage, world)
        }
        Op::Filter => filter(name, bench, stage, world),
        Op::FlatMap => {
            let f = move |parcel: Parcel| Parts::new(bench.clone(), parcel);
            finish(Wire::flat_map(name, f), stage, world)
        }
        Op::ByRef => {
            let f = move |parcel: &Parcel| bench.meet(parcel).map(|()| bench.done(parcel));
            finish(insulated(Wire::by_ref(name, f), stage, port), stage, world)
        }
        Op::Cloned => {
            let f = move |parcel: Parcel| bench.meet(&parcel).map(|()| bench.done(&parcel));
            let builder = Wire::new(name, f).keep_by_clone();
            finish(insulated(builder, stage, port), stage, world)
        }
        Op::InPlace => {
            let f = move |parcel: &mut Parcel| {
                bench.meet(parcel)?;
                *parcel = bench.done(parcel);
                Ok::<_, Error>(())
            };
            finish(insulated(Wire::in_place(name, f), stage, port), stage, world)
        }
        Op::Emit => {
            let builder = Wire::transform(name, EmitOp(bench));
            finish(insulated(builder, stage, port), stage, world)
        }
        Op::Async => {
            let f = move |parcel: Parcel| {
                let bench = bench.clone();
                async move { bench.meet_async(&parcel).await.map(|()| bench.done(&parcel)) }
            };
            let builder = Wire::new_async(name, f);
            match stage.timeout {
                Some(limit) => finish(builder.with_timeout(limit), stage, world),
                None => finish(builder, stage, world),
            }
        }
        Op::AsyncByRef => {
            let mut builder = Wire::transform_async(name, AsyncOp(bench));
            if let Some(limit) = stage.timeout {
                builder = builder.with_timeout(limit);
            }
            finish(insulated(builder, stage, port), stage, world)
        }
    }
}

fn filter(name: String, bench: Bench, stage: &Stage, world: &World) -> Parcels {
    let keeps = move |bench: &Bench, parcel: &Parcel| {
        bench.meet(parcel).unwrap_or_else(|error| resume_unwind(Box::new(error.to_string())));
        let keeps = !mix(parcel.trace.number() ^ 0x46).is_multiple_of(4);
        if !keeps {
            bench.filtered(parcel);
        }
        keeps
    };
    if stage.stamp.is_none() {
        let f = move |parcel: &Parcel| keeps(&bench, parcel);
        return finish(Wire::filter(name, f), stage, world);
    }
    let f = move |parcel: Parcel| keeps(&bench, &parcel).then(|| bench.done(&parcel));
    finish(Wire::filter_map(name, f), stage, world)
}

/// The wire that gathers batches.
pub(super) fn gather(gather: &Gather, world: &World) -> Wire<Parcel, Vec<Parcel>> {
    let mut batching = Batching::items(gather.items);
    if let Some(bytes) = gather.bytes {
        let curse = world.clone();
        batching = batching.bytes(bytes, move |parcel: &Parcel| {
            curse.curse(parcel);
            parcel.bytes
        });
    }
    if let Some(age) = gather.age {
        batching = batching.age(age);
    }
    Wire::batch(gather.name.clone(), batching)
        .with_capacity(gather.capacity)
        .with_workers(gather.workers)
        .with_clock(world.clock())
        .build()
        .expect("the scenario is valid")
}

/// The wire that takes them apart.
pub(super) fn apart(stage: &Stage, world: &World) -> Wire<Vec<Parcel>, Parcel> {
    let bench = Bench::new(world, &stage.faults, None);
    let f = move |batch: Vec<Parcel>| {
        let traces = batch.iter().map(|parcel| &parcel.trace);
        match batch.first() {
            // They all fail with the first.
            Some(first) if bench.is_faulty(first) => {
                bench.world.oracle.saw_batch(Fate::Failed, traces);
                bench.meet(first)?;
            }
            _ => bench.world.oracle.unbatched(traces),
        }
        Ok::<_, Error>(batch)
    };
    let builder = Wire::new(stage.name.clone(), f).flat_map(|batch| batch);
    let builder =
        builder.with_capacity(stage.capacity).with_workers(stage.workers).with_clock(world.clock());
    let mut builder = if stage.order == Order::Whole { builder.ordered() } else { builder };
    for spec in &stage.guards {
        builder = builder.with_guard(world.guard(&stage.name, *spec), WhenDenied::Pause);
    }
    builder.build().expect("the scenario is valid")
}

fn insulated<L>(
    mut builder: WireBuilder<Parcel, L>,
    stage: &Stage,
    port: &Port,
) -> WireBuilder<Parcel, L>
where
    L: Logic<Parcel> + KeepsInput,
{
    if stage.retries > 0 {
        builder = builder.with_retry(retry(stage.retries));
    }
    if stage.has_letters {
        builder = builder.with_dead_letters(port.clone());
    }
    builder
}

/// Without jitter, which no seed reaches.
pub(super) fn retry(retries: u32) -> Retry {
    let ms = Duration::from_millis;
    Retry::exponential(retries).with_base(ms(1)).with_cap(ms(4)).without_jitter()
}

pub(super) fn when_denied(denied: Denied, stage: &str, world: &World) -> WhenDenied<Parcel> {
    match denied {
        Denied::Pause => WhenDenied::Pause,
        Denied::Reject => WhenDenied::Reject,
        Denied::Divert => {
            WhenDenied::divert(Sideway { world: world.clone(), stage: stage.to_owned() })
        }
    }
}

fn finish<L>(mut builder: WireBuilder<Parcel, L>, stage: &Stage, world: &World) -> Parcels
where
    L: Logic<Parcel, Out = Parcel>,
{
    builder =
        builder.with_capacity(stage.capacity).with_workers(stage.workers).with_clock(world.clock());
    let curse = world.clone();
    builder = match stage.order {
        Order::None => builder,
        Order::Whole => builder.ordered(),
        Order::Keyed => builder.ordered_by_key(move |parcel: &Parcel| {
            curse.curse(parcel);
            parcel.key()
        }),
    };
    if let Some(bytes) = stage.budget {
        let curse = world.clone();
        builder = builder.with_byte_budget(bytes, move |parcel: &Parcel| {
            curse.curse(parcel);
            parcel.bytes
        });
    }
    for spec in &stage.guards {
        let guard = world.guard(&stage.name, *spec);
        builder = builder.with_guard(guard, when_denied(spec.denied, &stage.name, world));
    }
    if stage.is_observed {
        builder = builder.with_observer(|event: &Event<'_>| {
            if let Event::Processed { taken: 3, .. } | Event::Failed { .. } = event {
                resume_unwind(Box::new("the observer is fed up"));
            }
        });
    }
    builder.build().expect("the scenario is valid")
}
