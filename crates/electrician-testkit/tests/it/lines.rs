//! What items go in at one end and come out at the other.

use std::sync::mpsc::sync_channel;

use electrician_conduit::Conduit;
use electrician_plug::{FunctionSource, Tap};
use electrician_testkit::Gate;
use electrician_testkit::contract::{self, Line};
use electrician_types::{Batch, Item, Next, Receive, Source};
use electrician_wire::{Component, DeadLetters, Inlet, Output, Running, Wire, dead_letters};

fn line<C>(running: Running<C>) -> Line<Inlet<u64>, Output<u64>>
where
    C: Component<In = u64, Out = u64> + 'static,
{
    let (inlet, output) = (running.inlet(), running.output());
    Line::new(inlet, output, async move {
        drop(running.stop(std::time::Duration::MAX).await);
    })
}

fn wire() -> Line<Inlet<u64>, Output<u64>> {
    let wire = Wire::map("same", |n: u64| n).with_workers(2).ordered().with_capacity(8);
    line(wire.build().unwrap().start().unwrap())
}

fn conduit() -> Line<Inlet<u64>, Output<u64>> {
    let same = |name| Wire::map(name, |n: u64| n).with_workers(1).with_capacity(3);
    let conduit = Conduit::from(same("first")).then(same("second")).with_output_capacity(2);
    line(conduit.build().unwrap().start().unwrap())
}

#[tokio::test]
async fn a_wire_is_a_line() {
    contract::submit_receive(wire, |n| n).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wire_is_a_line_on_several_threads() {
    contract::submit_receive(wire, |n| n).await.unwrap();
}

#[tokio::test]
async fn a_conduit_is_a_line() {
    contract::submit_receive(conduit, |n| n).await.unwrap();
}

#[tokio::test]
async fn a_tap_takes_items_and_a_source_gives_them() {
    contract::submit_receive(tap, |n| n).await.unwrap();
}

#[tokio::test]
async fn dead_letters_are_received() {
    contract::submit_receive(letters, |n| n).await.unwrap();
}

fn tap() -> Line<Tap<u64>, Reading> {
    let (send, receive) = sync_channel(1);
    let gate = Gate::new();
    let until = gate.clone();
    let source = FunctionSource::new(move |tap| {
        send.send(tap).unwrap();
        let until = until.clone();
        async move {
            until.pass().await;
            Ok::<_, String>(())
        }
    });
    let reading = Reading { source, batch: Batch::new(), is_over: false };
    Line::new(receive.recv().unwrap(), reading, async move { gate.open() })
}

/// The items that a source gives, one by one.
struct Reading {
    source: FunctionSource<u64>,
    batch: Batch<u64>,
    is_over: bool,
}

impl Receive<u64> for Reading {
    async fn receive(&mut self) -> Option<Item<u64>> {
        while self.batch.is_empty() && !self.is_over {
            self.is_over = self.source.read(&mut self.batch, 8).await.unwrap() == Next::End;
        }
        self.batch.take()
    }
}

fn letters() -> Line<Inlet<u64>, Letters> {
    let (port, letters) = dead_letters(4);
    let wire = Wire::by_ref("fails", |n: &u64| Err::<u64, _>(format!("{n} fails")))
        .with_workers(1)
        .with_capacity(4)
        .with_dead_letters(port);
    let running = wire.build().unwrap().start().unwrap();
    Line::new(running.inlet(), Letters(letters), async move {
        drop(running.stop(std::time::Duration::MAX).await);
    })
}

/// The items in dead letters.
struct Letters(DeadLetters<u64>);

impl Receive<u64> for Letters {
    async fn receive(&mut self) -> Option<Item<u64>> {
        let letter = self.0.receive().await?.into_parts().0;
        Some(letter.item)
    }
}
