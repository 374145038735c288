//! How many payloads of 256 bytes a second go from one process to another: by relays of this
//! workspace, by the Go library, and by one of each.
//!
//! It counts from the first that comes out to the last, and prints; it judges nothing. The Go library
//! sends what costs it least: bytes as gob, and payloads that are neither encoded nor decoded.

use std::env;
use std::iter;
use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use electrician_conduit::Conduit;
use electrician_forwardrelay::{ForwardRelay, ForwardRelayBuilder};
use electrician_generator::Generator;
use electrician_plug::{Plug, sink_fn};
use electrician_receivingrelay::auth::Authenticator;
use electrician_receivingrelay::{ReceivingRelay, ReceivingRelayBuilder};
use electrician_relay::session::Acks;
use electrician_relay::{About, EnvelopeReader, EnvelopeWriter};
use electrician_wire::Wire;
use serde_bytes::ByteBuf;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::harness::{Case, Outcome};
use crate::original::free_address;
use crate::program::Program;

const COUNT: u64 = 200_000;
const SIZE: usize = 256;

/// How often each pair runs, in turns.
const ROUNDS: usize = 3;

/// What this program is told to be, in the environment: one end of a pair.
const END: &str = "ELECTRICIAN_SPEED";

/// Who is at an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Rust,
    Go,
}

pub(crate) fn case(original: &Program) -> Case {
    let original = original.clone();
    Case::new("speed, beside the Go library", async move { compare(&original).await })
}

/// What is sent, and by whom to whom. The first is what the others are compared with: all that the Go
/// library does with a value is gob.
const PAIRS: [(&str, Side, Side); 9] = [
    ("gob", Side::Go, Side::Go),
    ("gob", Side::Rust, Side::Rust),
    ("bytes", Side::Rust, Side::Rust),
    ("passing", Side::Go, Side::Go),
    ("passing", Side::Rust, Side::Rust),
    ("gob", Side::Go, Side::Rust),
    ("gob", Side::Rust, Side::Go),
    ("passing", Side::Go, Side::Rust),
    ("passing", Side::Rust, Side::Go),
];

/// Prints the median of each pair, and what it is to that of Go.
async fn compare(original: &Program) -> Outcome {
    println!("payloads of {SIZE} bytes per second, medians of {ROUNDS} runs of {COUNT}:");
    if cfg!(debug_assertions) {
        println!("(not optimised: these say nothing; `cargo xtask interop` does better)");
    }
    let mut rates = vec![Vec::new(); PAIRS.len()];
    for _ in 0..ROUNDS {
        for (rates, (kind, from, to)) in rates.iter_mut().zip(PAIRS) {
            rates.push(rate(original, kind, from, to).await?);
        }
    }
    let mut base = None;
    for (mut rates, (kind, from, to)) in rates.into_iter().zip(PAIRS) {
        rates.sort_by(f64::total_cmp);
        let median = rates[ROUNDS / 2];
        let times = median / *base.get_or_insert(median);
        println!("  {kind:<8} {from:?} to {to:?} {median:12.0} {times:6.1} times the first");
    }
    Ok(())
}

/// One run of a pair.
async fn rate(original: &Program, kind: &str, from: Side, to: Side) -> Outcome<f64> {
    let address = free_address()?;
    let start = |side, command: &str, flag: &str| -> Outcome<Child> {
        let mut program = match side {
            Side::Go => {
                let mut program = Command::new(original.path());
                program.args([command, flag, address.as_str()]);
                program.args([format!("-count={COUNT}"), format!("-size={SIZE}")]);
                if kind == "passing" {
                    program.arg("-passthrough");
                }
                program
            }
            Side::Rust => {
                let mut program = Command::new(env::current_exe()?);
                program.env(END, format!("{command} {kind} {address}"));
                program
            }
        };
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        Ok(program.spawn()?)
    };
    let mut drain = start(to, "drain", "-listen")?;
    // A sender of the library gives up where nobody listens.
    while tokio::net::TcpStream::connect(&address).await.is_err() {
        tokio::task::yield_now().await;
    }
    let pour = start(from, "pour", "-target")?;
    let mut said = BufReader::new(drain.stdout.take().ok_or("no standard output")?).lines();
    let line = said.next_line().await?.ok_or("the receiver says nothing")?;
    let (count, seconds) = line.split_once(' ').ok_or("two numbers")?;
    drop((pour, drain));
    Ok(count.parse::<f64>()? / seconds.parse::<f64>()?)
}

/// What this program does when it is one end of a pair.
pub(crate) fn child() -> Option<ExitCode> {
    let end = env::var(END).ok()?;
    let words: Vec<&str> = end.split(' ').collect();
    let [command, kind, address] = words[..] else { return Some(ExitCode::FAILURE) };
    let value = vec![b'x'; SIZE];
    let runtime = Runtime::new().expect("a runtime can be made");
    let outcome = runtime.block_on(async {
        match (command, kind) {
            ("pour", "gob") => {
                let relay = ForwardRelay::builder().with_writer(EnvelopeWriter::gob());
                pour(relay, address, ByteBuf::from(value)).await
            }
            ("drain", "gob") => {
                let relay = ReceivingRelay::<ByteBuf>::builder(address);
                drain(relay.with_reader(EnvelopeReader::gob)).await
            }
            ("pour", "bytes") => {
                let relay = ForwardRelay::builder().with_writer(EnvelopeWriter::bytes());
                pour(relay, address, value).await
            }
            ("drain", "bytes") => {
                let relay = ReceivingRelay::builder(address);
                drain(relay.with_reader(EnvelopeReader::bytes)).await
            }
            ("pour", _) => {
                let payload = EnvelopeWriter::bytes().write(&value, &About::default())?;
                pour(ForwardRelay::builder().passing_through(), address, payload).await
            }
            _ => drain(ReceivingRelay::builder(address).passing_through()).await,
        }
    });
    match outcome {
        Ok(()) => Some(ExitCode::SUCCESS),
        Err(error) => {
            println!("{error}");
            Some(ExitCode::FAILURE)
        }
    }
}

/// Sends with the numbers of Go: one acknowledgement for 1,024, and 8,192 held. A flush in between would
/// wait for what a receiver in Go acknowledges only when the stream ends.
async fn pour<T: Clone + Send + Sync + 'static>(
    relay: ForwardRelayBuilder<T>,
    address: &str,
    item: T,
) -> Outcome {
    let relay = relay
        .with_target(address)
        .dangerously_in_plaintext()
        .with_acks(Acks::Batch(1024))
        .with_window(8192)
        .with_flush_every(COUNT + 1)
        .build()?;
    let count = usize::try_from(COUNT)?;
    let source = Plug::iter(move || iter::repeat_n(item.clone(), count));
    let stopped = Conduit::from(Wire::map("same", |item: T| item).with_workers(1))
        .sink("relay", relay)
        .with_source(Generator::new("items", source))
        .build()?
        .start()
        .map_err(|failed| failed.error)?
        .finish()
        .await;
    println!("{}", stopped.ledger);
    Ok(())
}

/// Counts what comes out of a pipeline, and says how long that took.
async fn drain<T: Send + Sync + 'static>(relay: ReceivingRelayBuilder<T>) -> Outcome {
    let relay = relay
        .dangerously_in_plaintext()
        .with_authenticator(Authenticator::nobody_is_asked())
        .with_max_in_flight(8192)
        .build()?;
    let (whole, counted) = oneshot::channel();
    let count = AtomicU64::new(0);
    let begin = std::sync::OnceLock::new();
    let whole = Arc::new(std::sync::Mutex::new(Some(whole)));
    #[expect(clippy::disallowed_methods, reason = "it measures")]
    let now = Instant::now;
    let sink = sink_fn(move |_: &T| {
        let before = count.fetch_add(1, Ordering::Relaxed);
        if before == 0 {
            let _first = begin.set(now());
        } else if before == COUNT - 1 {
            let seconds = begin.get().map_or(0.0, |first| first.elapsed().as_secs_f64());
            if let Some(whole) = whole.lock().ok().and_then(|mut whole| whole.take()) {
                let _gone = whole.send(seconds);
            }
        }
        Ok::<_, String>(())
    });
    let running = Conduit::from(Wire::map("same", |item: T| item).with_workers(1))
        .sink("counted", sink)
        .with_source(Generator::new("relay", relay))
        .build()?
        .start()
        .map_err(|failed| failed.error)?;
    println!("{} {}", COUNT - 1, counted.await?);
    // The other end is not left without its last acknowledgements.
    drop(running.stop(std::time::Duration::from_secs(10)).await);
    Ok(())
}
