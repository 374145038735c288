//! The contract suites on every adapter that the workspace has.

use std::convert::Infallible;
use std::io::Write;
use std::sync::{Arc, Mutex};

use electrician_conduit::Discard;
use electrician_plug::{Plug, sink_async, sink_fn};
use electrician_testkit::{
    Fault, FaultPlan, Faults, FaultySink, FaultySource, Verdicts, VirtualClock, contract,
};
use electrician_types::{BoxError, Encoder, OpenSource, Receipt, Verdict, Watermark};
use electrician_wire::EncoderSink;
use futures_util::stream;

fn opened<P: OpenSource>(plug: P) -> impl Fn() -> P::Source {
    move || plug.open().unwrap()
}

// === sources ===

#[tokio::test]
async fn iterators_are_sources() {
    contract::source(opened(Plug::iter(|| 0..100_u64))).await.unwrap();
    contract::source(opened(Plug::iter(Vec::<u64>::new))).await.unwrap();
    let fine = || (0..100_u64).map(Ok::<_, Infallible>);
    contract::source(opened(Plug::try_iter(fine))).await.unwrap();
}

#[tokio::test]
async fn streams_are_sources() {
    contract::source(opened(Plug::stream(|| stream::iter(0..100_u64)))).await.unwrap();
    let slow = || {
        Box::pin(stream::unfold(0_u64, |n| async move {
            if n % 3 == 0 {
                tokio::task::yield_now().await;
            }
            (n < 50).then_some((n, n + 1))
        }))
    };
    contract::source(opened(Plug::stream(slow))).await.unwrap();
}

#[tokio::test]
async fn functions_are_sources() {
    let function = Plug::function(|tap| async move {
        for n in 0..50_u64 {
            tap.submit(n).await?;
            if n % 4 == 0 {
                tokio::task::yield_now().await;
            }
        }
        Ok::<_, BoxError>(())
    });
    contract::source(opened(function)).await.unwrap();
}

#[tokio::test]
async fn functions_that_spawn_tasks_are_sources() {
    let function = Plug::function(|tap| async move {
        let task = tokio::spawn(async move {
            for n in 0..50_u64 {
                tap.submit(n).await.unwrap();
            }
        });
        task.await
    });
    contract::source(opened(function)).await.unwrap();
}

#[tokio::test]
async fn faulty_sources_without_faults_are_sources() {
    contract::source(|| FaultySource::new(60, |n| n)).await.unwrap();
    let eager = || FaultySource::new(60, |n| n).yielding().with_read_ahead(5);
    contract::source(eager).await.unwrap();
    contract::source(|| FaultySource::new(60, |n| n).yielding().with_chunk(3)).await.unwrap();
}

// === sinks ===

type Seen = Arc<Mutex<Vec<u64>>>;

fn told(seen: &Seen) -> impl Fn() -> Option<Vec<u64>> + Send + Sync + use<> {
    let seen = Arc::clone(seen);
    move || Some(seen.lock().unwrap().clone())
}

#[tokio::test]
async fn functions_are_sinks() {
    let make = || {
        let seen = Seen::default();
        let into = Arc::clone(&seen);
        let write = move |n: &u64| {
            into.lock().unwrap().push(*n);
            Ok::<_, Infallible>(())
        };
        (sink_fn(write), told(&seen))
    };
    contract::sink(make, |n| n).await.unwrap();
}

#[tokio::test]
async fn functions_that_refuse_are_sinks() {
    let make = || {
        let seen = Seen::default();
        let into = Arc::clone(&seen);
        let write = move |n: &u64| {
            if n.is_multiple_of(3) {
                return Err(format!("{n} is not for me"));
            }
            into.lock().unwrap().push(*n);
            Ok(())
        };
        (sink_fn(write), told(&seen))
    };
    contract::sink(make, |n| n).await.unwrap();
}

#[tokio::test]
async fn asynchronous_functions_are_sinks() {
    let make = || {
        let seen = Seen::default();
        let into = Arc::clone(&seen);
        let write = move |n: u64| {
            let into = Arc::clone(&into);
            async move {
                tokio::task::yield_now().await;
                into.lock().unwrap().push(n);
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(())
            }
        };
        (sink_async(write), told(&seen))
    };
    contract::sink(make, |n| n).await.unwrap();
}

#[tokio::test]
async fn an_encoder_is_a_sink() {
    let make = || {
        let paper = Paper::default();
        let sink = EncoderSink::new(paper.clone(), Lines);
        (sink, move || Some(paper.numbers()))
    };
    contract::sink(make, |n| n).await.unwrap();
}

#[tokio::test]
async fn an_encoder_that_refuses_is_a_sink() {
    let make = || {
        let paper = Paper::default();
        let sink = EncoderSink::new(paper.clone(), Picky);
        (sink, move || Some(paper.numbers()))
    };
    contract::sink(make, |n| n).await.unwrap();
}

#[tokio::test]
async fn discarding_is_a_sink() {
    contract::sink(|| (Discard, || None), |n| n).await.unwrap();
}

#[tokio::test]
async fn faulty_sinks_that_keep_the_law_are_sinks() {
    let number = |n: &u64| *n;
    let cases: [fn(Faulty) -> Faulty; 4] = [
        |sink| sink,
        |sink| sink.buffering().with_chunk(3),
        |sink| sink.with_faults(Faults::new(FaultPlan::seeded(1).with_rate(Fault::Error, 300))),
        |sink| {
            let once = FaultPlan::none().with_fault(1, Fault::Error);
            sink.buffering().with_flush_faults(Faults::new(once))
        },
    ];
    for case in cases {
        let make = || {
            let sink = case(FaultySink::new(number));
            let record = sink.record();
            (sink, move || Some(record.delivered()))
        };
        contract::sink(make, |n| n).await.unwrap();
    }
}

#[tokio::test]
async fn a_slow_sink_is_a_sink() {
    let make = || {
        let clock = VirtualClock::new();
        let slow = FaultPlan::seeded(3).with_rate(Fault::Slow(std::time::Duration::ZERO), 500);
        let faults = Faults::new(slow).with_clock(Arc::new(clock));
        let sink = FaultySink::new(|n: &u64| *n).with_faults(faults);
        let record = sink.record();
        (sink, move || Some(record.delivered()))
    };
    contract::sink(make, |n| n).await.unwrap();
}

type Faulty = FaultySink<u64, fn(&u64) -> u64>;

/// Where an encoder writes to.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn numbers(&self) -> Vec<u64> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Lines;

impl Encoder<u64> for Lines {
    fn begin(&mut self, into: &mut Vec<u8>) -> Result<(), BoxError> {
        into.extend_from_slice(b"begin\n");
        Ok(())
    }

    fn encode(&mut self, record: &u64, into: &mut Vec<u8>) -> Result<(), BoxError> {
        Ok(writeln!(into, "{record}")?)
    }

    fn end(&mut self, into: &mut Vec<u8>) -> Result<(), BoxError> {
        into.extend_from_slice(b"end\n");
        Ok(())
    }
}

/// Leaves half a record behind when it refuses one.
struct Picky;

impl Encoder<u64> for Picky {
    fn encode(&mut self, record: &u64, into: &mut Vec<u8>) -> Result<(), BoxError> {
        write!(into, "{record}")?;
        if record % 4 == 1 {
            return Err(format!("{record} is not for me").into());
        }
        into.push(b'\n');
        Ok(())
    }
}

// === receipts ===

#[tokio::test]
async fn records_of_verdicts_take_verdicts() {
    contract::acknowledge(Verdicts::counting).await.unwrap();
    contract::acknowledge(Verdicts::plain).await.unwrap();
}

#[tokio::test]
async fn a_watermark_takes_verdicts() {
    contract::acknowledge(|| Committing(Watermark::new(64))).await.unwrap();
}

struct Committing(Watermark);

impl contract::Issuer for Committing {
    fn receipt(&mut self, number: u64) -> Receipt {
        self.0.track(number).unwrap()
    }

    fn outcome(&mut self, number: u64) -> Option<Verdict> {
        self.0.advance();
        let nacked = self.0.nacked().find(|nacked| nacked.offset == number);
        if let Some(nacked) = nacked {
            // The next ones can only be seen when this one is out of the way.
            self.0.resolve(number);
            return Some(Verdict::Nack(nacked.reason));
        }
        (self.0.committed() >= Some(number)).then_some(Verdict::Ack)
    }
}

#[test]
fn suites_can_go_to_another_thread() {
    fn is_send<T: Send>(_: T) {}
    is_send(contract::source(|| FaultySource::new(1, |n| n)));
}
