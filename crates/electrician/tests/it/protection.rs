//! Policies in a running pipeline: what they promise alone, they keep before a stage.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use electrician::types::{Clock, Denial};
use electrician::wire::RuntimeClock;
use electrician::{
    Adaptive, BreakerState, Burst, CircuitBreaker, Conduit, Generator, Neutral, Plug, Rate,
    Refusal, Resister, Retry, SurgeProtector, WhenDenied, Wire, sink_fn,
};
use tokio::time::{sleep, timeout};

const AMPLE: Duration = Duration::from_mins(1);

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn breaker(failures: usize, open_for: Duration) -> CircuitBreaker {
    let clock = Arc::new(RuntimeClock);
    let breaker = CircuitBreaker::builder("shop").with_clock(clock).with_open_for(open_for);
    breaker.with_consecutive_failures(failures).build().unwrap()
}

/// A service that is down for a while; it counts its calls.
#[derive(Clone, Default)]
struct Shop(Arc<(AtomicBool, AtomicU32)>);

impl Shop {
    fn call(&self, n: u64) -> Result<u64, &'static str> {
        self.0.1.fetch_add(1, Ordering::Relaxed);
        if self.0.0.load(Ordering::Relaxed) { Err("down") } else { Ok(n) }
    }

    fn set_down(&self, is_down: bool) {
        self.0.0.store(is_down, Ordering::Relaxed);
    }

    fn calls(&self) -> u32 {
        self.0.1.load(Ordering::Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_pauses_the_source_and_a_recovered_service_gets_everything() {
    let (shop, breaker) = (Shop::default(), breaker(3, ms(1000)));
    shop.set_down(true);
    let wire = Wire::by_ref("shop", {
        let shop = shop.clone();
        move |n: &u64| shop.call(*n)
    });
    let wire = wire
        .with_workers(1)
        .with_capacity(16)
        .with_retry(Retry::fixed(20, ms(10)))
        .with_guard(breaker.clone(), WhenDenied::Pause);
    let taken = Arc::new(AtomicUsize::new(0));
    let source = {
        let taken = Arc::clone(&taken);
        Plug::iter(move || {
            let taken = Arc::clone(&taken);
            (0..500_u64).inspect(move |_| {
                taken.fetch_add(1, Ordering::Relaxed);
            })
        })
    };
    let done = Arc::new(AtomicUsize::new(0));
    let count = {
        let done = Arc::clone(&done);
        sink_fn(move |_: &u64| {
            done.fetch_add(1, Ordering::Relaxed);
            Ok::<_, String>(())
        })
    };
    let conduit = Conduit::from(wire).sink("count", count);
    let conduit = conduit.with_source(Generator::new("numbers", source)).build().unwrap();
    let running = conduit.start().unwrap();
    sleep(ms(900)).await;
    assert_eq!(breaker.state(), BreakerState::Open);
    assert_eq!(shop.calls(), 3, "an open breaker lets nobody through");
    assert!(taken.load(Ordering::Relaxed) < 200, "the source waits");
    sleep(ms(3000)).await;
    assert!(shop.calls() <= 3 + 4, "one probe each second: {}", shop.calls());
    shop.set_down(false);
    let stopped = timeout(AMPLE, running.finish()).await.unwrap();
    assert!(stopped.ledger.is_balanced(), "{}", stopped.ledger);
    assert_eq!(stopped.ledger.delivered, 500, "{}", stopped.ledger);
    assert_eq!(done.load(Ordering::Relaxed), 500);
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_refuses_submits_with_the_item() {
    let (shop, breaker) = (Shop::default(), breaker(1, ms(1000)));
    let wire = Wire::by_ref("shop", {
        let shop = shop.clone();
        move |n: &u64| shop.call(*n)
    });
    let wire = wire.with_workers(1).with_guard(breaker.clone(), WhenDenied::Reject);
    let running = wire.build().unwrap().start().unwrap();
    let mut output = running.output();
    breaker.trip();
    let refused = running.submit(7).await.unwrap_err();
    assert_eq!((refused.item, refused.reason), (7, Refusal::Denied(Denial::Open)));
    sleep(ms(1001)).await;
    running.submit(8).await.unwrap();
    assert_eq!(timeout(AMPLE, output.recv()).await.unwrap(), Some(8));
    assert_eq!(breaker.state(), BreakerState::Closed, "the probe went well");
    drop(output);
    assert_eq!(running.stop(AMPLE).await.ledger.accepted, 1);
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_diverts_to_neutral_wires_in_their_order() {
    let breaker = breaker(1, ms(1000));
    let first = Wire::map("first", |n: u64| n).with_capacity(2).build().unwrap();
    let first = first.start().unwrap();
    let second = Wire::map("second", |n: u64| n).build().unwrap().start().unwrap();
    let closed = first.inlet();
    assert!(first.stop(AMPLE).await.is_clean());
    let neutral = Neutral::failover([closed, second.inlet()]).unwrap();
    let wire = Wire::by_ref("shop", |_: &u64| Err::<u64, _>("down")).with_workers(1);
    let wire = wire.with_guard(breaker.clone(), WhenDenied::divert(neutral));
    let running = wire.build().unwrap().start().unwrap();
    running.submit_item_all(0..5).await;
    let mut output = second.output();
    for n in 1..5 {
        assert_eq!(timeout(AMPLE, output.recv()).await.unwrap(), Some(n));
    }
    let ledger = running.stop(AMPLE).await.ledger;
    assert_eq!((ledger.failed, ledger.diverted), (1, 4), "{ledger}");
    drop(output);
    assert!(second.stop(AMPLE).await.ledger.is_balanced());
}

#[tokio::test(start_paused = true)]
async fn a_rate_holds_over_every_second_and_loses_nothing() {
    let rate = Rate::new(100, ms(1000)).unwrap();
    let protector = SurgeProtector::builder()
        .with_rate(rate, Burst::new(10).unwrap())
        .with_clock(RuntimeClock)
        .build()
        .unwrap();
    let begin = RuntimeClock.now();
    let wire = Wire::map("stamp", move |_: u64| RuntimeClock.now() - begin).with_workers(4);
    let wire = wire.with_guard(protector.clone(), WhenDenied::Pause).build().unwrap();
    let running = wire.start().unwrap();
    let mut output = running.output();
    running.submit_item_all(0..300).await;
    let mut times = Vec::new();
    while times.len() < 300 {
        times.push(timeout(AMPLE, output.recv()).await.unwrap().unwrap());
    }
    times.sort_unstable();
    for (index, from) in times.iter().enumerate() {
        let within = times[index..].iter().filter(|time| **time < *from + ms(1000)).count();
        assert!(within <= 110, "{within} within a second from {from:?}");
    }
    assert!(times[299] < ms(3500), "it is used: {:?}", times[299]);
    // Tripped, it holds everything back until it is reset.
    protector.trip();
    running.submit(0).await.unwrap();
    assert!(timeout(ms(5000), output.recv()).await.is_err());
    protector.reset();
    assert!(timeout(AMPLE, output.recv()).await.unwrap().is_some());
    drop(output);
    assert!(running.stop(AMPLE).await.ledger.is_balanced());
}

#[tokio::test(start_paused = true)]
async fn an_adaptive_limit_bounds_what_is_under_way() {
    let limit = Adaptive::builder().with_min(1).with_initial(2).with_max(4);
    let limit = limit.with_clock(RuntimeClock).build().unwrap();
    let under_way = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let wire = Wire::new_async("slow", {
        let under_way = Arc::clone(&under_way);
        move |n: u64| {
            let under_way = Arc::clone(&under_way);
            async move {
                let now = under_way.0.fetch_add(1, Ordering::Relaxed) + 1;
                under_way.1.fetch_max(now, Ordering::Relaxed);
                sleep(ms(10)).await;
                under_way.0.fetch_sub(1, Ordering::Relaxed);
                Ok::<_, String>(n)
            }
        }
    });
    let wire = wire.with_concurrency(16).with_guard(limit.clone(), WhenDenied::Pause);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_item_all(0..200).await;
    let stopped = timeout(AMPLE, running.stop(AMPLE)).await.unwrap();
    assert_eq!(stopped.outputs.len(), 200, "{}", stopped.ledger);
    let most = under_way.1.load(Ordering::Relaxed);
    assert!((2..=4).contains(&most), "{most} at once");
    assert_eq!(limit.in_flight(), 0);
    assert!(limit.limit() > 2, "successes raised it");
}

/// While the breaker is open items go into a priority queue; it feeds the same conduit when things
/// are well again.
#[tokio::test(start_paused = true)]
async fn what_is_diverted_into_a_resister_comes_back_through_its_source() {
    let (shop, breaker) = (Shop::default(), breaker(1, ms(500)));
    let parked = Resister::builder(100).build().unwrap();
    let wire = |name: &'static str| {
        let shop = shop.clone();
        Wire::by_ref(name, move |n: &u64| shop.call(*n)).with_workers(1)
    };
    let main = wire("main").with_guard(breaker.clone(), WhenDenied::divert(parked.clone()));
    let main = main.build().unwrap().start().unwrap();
    let again = wire("again").with_guard(breaker.clone(), WhenDenied::Pause);
    let again = Conduit::from(again)
        .with_source(Generator::new("parked", parked.source()))
        .build()
        .unwrap()
        .start()
        .unwrap();
    breaker.trip();
    main.submit_item_all(0..20).await;
    while main.progress()[0].ledger.diverted < 20 {
        sleep(ms(1)).await;
    }
    let mut output = again.output();
    let mut came = Vec::new();
    while came.len() < 20 {
        came.push(timeout(AMPLE, output.recv()).await.unwrap().unwrap());
    }
    assert_eq!(came, (0..20).collect::<Vec<_>>());
    drop(output);
    let ledger = main.stop(AMPLE).await.ledger;
    assert_eq!((ledger.accepted, ledger.diverted), (20, 20), "{ledger}");
    parked.close();
    let stopped = again.stop(AMPLE).await;
    assert_eq!((stopped.ledger.accepted, stopped.ledger.delivered), (20, 20));
}

/// Submits of a test.
trait SubmitAll {
    async fn submit_item_all(&self, items: std::ops::Range<u64>);
}

impl<C: electrician::wire::Component<In = u64>> SubmitAll for electrician::Running<C> {
    async fn submit_item_all(&self, items: std::ops::Range<u64>) {
        for n in items {
            self.submit(n).await.unwrap();
        }
    }
}
