//! The Go library of the same name at the other end.
//!
//! Its senders know gob only, ask for one acknowledgement in 1,024, and do not look at any; so JSON,
//! messages and other acknowledgements are only sent to it, or through it.

use std::net::TcpListener;

use electrician_relay::session::Acks;

use crate::ends::{Far, open, plain_sender, receiver, send, sender, start};
use crate::feedback::{assert_some, some};
use crate::harness::{Case, Outcome};
use crate::program::{Program, Running};
use crate::secure::World;
use crate::to_go::items;
use crate::way::{Format, Way};

const COUNT: u32 = 30;

pub(crate) fn cases(original: &Program) -> Vec<Case> {
    let mut cases = Vec::new();
    for format in [Format::Json, Format::Gob, Format::Proto] {
        for way in Way::all(format) {
            let original = original.clone();
            let run = async move { to_it(&original, &way).await };
            cases.push(Case::new(format!("to the Go library: {way}"), run));
        }
    }
    for acks in [Acks::Batch(10), Acks::Batch(7), Acks::Batch(1024), Acks::None] {
        let (original, way) = (original.clone(), Way::new(Format::Gob).with_acks(acks));
        let run = async move { to_it(&original, &way).await };
        cases.push(Case::new(format!("to the Go library: {acks:?}"), run));
    }
    for way in Way::all(Format::Gob) {
        let original = original.clone();
        let run = async move { from_it(&original, way).await };
        cases.push(Case::new(format!("from the Go library: {way}"), run));
    }
    for format in [Format::Json, Format::Gob, Format::Proto] {
        let (original, way) = (original.clone(), Way { is_sealed: true, ..Way::new(format) });
        let run = async move { through_it(&original, way).await };
        cases.push(Case::new(format!("through the Go library: {way}"), run));
    }
    let (to, from) = (original.clone(), original.clone());
    let to = async move { to_it_securely(&to).await };
    cases.push(Case::new("to the Go library: OAuth over TLS, sealed", to));
    let from = async move { from_it_securely(&from).await };
    cases.push(Case::new("from the Go library: OAuth over TLS, sealed", from));
    cases
}

/// A port that is free now: the library does not say which it has.
pub(crate) fn free_address() -> Outcome<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

fn words(command: &str, args: impl IntoIterator<Item = String>) -> Vec<String> {
    [command.to_owned()].into_iter().chain(args).collect()
}

/// What it received, which it says later than it acknowledges.
async fn received(mut running: Running) -> Outcome {
    let mut lines = Vec::new();
    for _ in 0..COUNT {
        lines.push(running.line().await?);
    }
    lines.extend(running.finish().await?);
    assert_some(&items(&lines)?, COUNT);
    Ok(())
}

async fn to_it(original: &Program, way: &Way) -> Outcome {
    let address = free_address()?;
    let args = way.args().into_iter().chain([format!("-listen={address}")]);
    let running = original.start(&words("receive", args))?;
    send(plain_sender(way, &address).build()?, some(COUNT)).await?.expect_all(COUNT);
    received(running).await
}

/// Its sender loses what is under way when it stops, so it is stopped when everything came.
async fn arrives(far: Far, mut sending: Running) -> Outcome {
    sending.give(&some(COUNT)).await?;
    far.reached(COUNT as usize).await;
    sending.finish().await?;
    assert_some(&far.stop().await, COUNT);
    Ok(())
}

async fn from_it(original: &Program, way: Way) -> Outcome {
    let far = open(way).await?;
    let args = way.args().into_iter().chain([format!("-target={}", far.address)]);
    let sending = original.start(&words("send", args))?;
    arrives(far, sending).await
}

async fn through_it(original: &Program, way: Way) -> Outcome {
    let (far, address) = (open(way).await?, free_address()?);
    let args = ["-passthrough".to_owned(), format!("-listen={address}")];
    let args = args.into_iter().chain([format!("-target={}", far.address)]);
    let hop = original.start(&words("hop", args))?;
    send(plain_sender(&way, &address).build()?, some(COUNT)).await?.expect_all(COUNT);
    far.reached(COUNT as usize).await;
    hop.finish().await?;
    assert_some(&far.stop().await, COUNT);
    Ok(())
}

fn way() -> Way {
    Way { is_sealed: true, ..Way::new(Format::Gob) }
}

async fn to_it_securely(original: &Program) -> Outcome {
    let (world, address) = (World::new("to-original").await?, free_address()?);
    // It wants to know an authority, though it does not ask for certificates.
    let roots = vec![world.flag("roots", "ca.pem"), format!("-listen={address}")];
    let server = world.identity(&world.server())?.into();
    let args = [way().args(), server, world.asks().into(), roots].concat();
    let running = original.start(&words("receive", args))?;
    let relay = world.with_tokens(sender(&way()), &address)?;
    send(relay.build()?, some(COUNT)).await?.expect_all(COUNT);
    received(running).await
}

async fn from_it_securely(original: &Program) -> Outcome {
    let world = World::new("from-original").await?;
    let far = start(world.demanding_tokens(receiver(way()))?).await?;
    let target = format!("-target=localhost:{}", far.address.port());
    // Its senders demand a certificate of their own to use TLS at all.
    let client = world.identity(&world.client())?.into();
    let roots = vec![world.flag("roots", "ca.pem"), target];
    let args = [way().args(), client, world.asks().into(), roots].concat();
    let sending = original.start(&words("send", args))?;
    arrives(far, sending).await
}
