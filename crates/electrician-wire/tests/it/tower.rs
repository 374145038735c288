//! A wire as a `tower::Service`, and a service as a transform.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use electrician_wire::types::{Denial, Denied, Error, ErrorKind, Guard, Leave, Outcomes};
use electrician_wire::{Retry, Served, WhenDenied, Wire, WireService, dead_letters};
use tower_service::Service;

use crate::support::{AMPLE, Count, Gate, balanced, ms, poll_once, settle, soon, stop, values};

type Serving = (WireService<u64, u64>, Served<u64, u64>);

/// A service of one worker that doubles a number for every permit of the gate.
fn gated(capacity: usize) -> (Serving, Gate, Arc<Count>) {
    let (gate, begun) = (Gate::default(), Count::new());
    let (pass, count) = (gate.clone(), Arc::clone(&begun));
    let wire = Wire::new_async("double", move |n: u64| {
        let gate = pass.clone();
        count.up();
        async move {
            gate.pass().await;
            Ok::<_, String>(n * 2)
        }
    });
    (wire.with_concurrency(1).with_capacity(capacity).serve().unwrap(), gate, begun)
}

async fn ask(service: &mut WireService<u64, u64>, n: u64) -> Result<u64, Error> {
    soon(poll_fn(|cx| service.poll_ready(cx))).await?;
    soon(service.call(n)).await
}

fn readiness(service: &mut WireService<u64, u64>) -> Poll<Result<(), Error>> {
    poll_once(poll_fn(|cx| service.poll_ready(cx)))
}

/// What a caller is told: the kind, and all causes.
fn told<T: std::fmt::Debug>(answer: Result<T, Error>) -> (ErrorKind, String) {
    let error = answer.unwrap_err();
    (error.kind(), error.to_string())
}

// --- a wire as a service ---

#[tokio::test(start_paused = true)]
async fn every_request_gets_its_own_response() {
    let wire = Wire::map("double", |n: u64| n * 2).map(|n| n + 1).with_workers(3);
    let (service, running) = wire.serve().unwrap();
    let asking: Vec<_> = (0..100)
        .map(|n| {
            let mut service = service.clone();
            tokio::spawn(async move { ask(&mut service, n).await })
        })
        .collect();
    for (n, asking) in (0..).zip(asking) {
        assert_eq!(soon(asking).await.unwrap().unwrap(), n * 2 + 1);
    }
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.accepted, stopped.ledger.filtered), (100, 100));
    assert!(stopped.is_clean());
}

#[tokio::test(start_paused = true)]
async fn it_is_ready_while_the_queue_has_room() {
    let ((mut service, running), gate, begun) = gated(1);
    let mut other = service.clone();
    let first = tokio::spawn(service.call(1));
    soon(begun.reached(1)).await;
    assert!(readiness(&mut service).is_ready());
    let second = tokio::spawn(service.call(2));
    settle().await;
    assert!(readiness(&mut service).is_pending(), "one is under way, one waits");
    let waiting = tokio::spawn(async move { ask(&mut other, 3).await });
    settle().await;
    assert!(!waiting.is_finished());
    gate.open(3);
    assert_eq!(soon(first).await.unwrap().unwrap(), 2);
    assert!(soon(poll_fn(|cx| service.poll_ready(cx))).await.is_ok());
    assert_eq!(soon(second).await.unwrap().unwrap(), 4);
    assert_eq!(soon(waiting).await.unwrap().unwrap(), 6);
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_ready_waits_for_room() {
    let ((mut service, running), gate, begun) = gated(1);
    let calls: Vec<_> = (0..4).map(|n| tokio::spawn(service.call(n))).collect();
    settle().await;
    assert_eq!((begun.get(), running.progress()[0].queued), (1, 1));
    gate.open(4);
    for (n, call) in (0..).zip(calls) {
        assert_eq!(soon(call).await.unwrap().unwrap(), n * 2);
    }
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn an_error_is_told_and_costs_one_request() {
    let sync = Wire::new("odd", |n: u64| if n == 1 { Err("is one") } else { Ok(n) });
    let waiting = Wire::new_async("odd", async |n: u64| if n == 1 { Err("is one") } else { Ok(n) });
    let fused = Wire::new_async("odd", async |n: u64| Ok::<_, String>(n))
        .and_then(|n| if n == 1 { Err("is one") } else { Ok(n) });
    for (mut service, running) in
        [sync.serve().unwrap(), waiting.serve().unwrap(), fused.serve().unwrap()]
    {
        let (kind, text) = told(ask(&mut service, 1).await);
        assert_eq!(kind, ErrorKind::Failed);
        assert_eq!(text, "odd: is one", "said once");
        assert_eq!(ask(&mut service, 2).await.unwrap(), 2);
        let stopped = stop(running).await;
        assert_eq!((stopped.ledger.failed, stopped.ledger.filtered), (1, 1));
        assert_eq!(stopped.failures.len(), 1);
        assert_eq!(stopped.failures[0].to_string(), text);
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_ours_keeps_its_kind() {
    let wire = Wire::new("mine", |_: u64| Err::<u64, _>(Error::new(ErrorKind::Malformed, "no")));
    let (mut service, running) = wire.serve().unwrap();
    assert_eq!(told(ask(&mut service, 1).await).0, ErrorKind::Malformed);
    drop(stop(running).await);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_told_as_one() {
    let check = |n: u64| if n == 1 { panic!("is one") } else { Ok::<_, String>(n) };
    let sync = Wire::new("odd", check).with_workers(1);
    let at_once = Wire::new_async("odd", move |n: u64| std::future::ready(check(n)));
    let later = Wire::new_async("odd", move |n: u64| async move {
        tokio::task::yield_now().await;
        check(n)
    });
    for (mut service, running) in [
        sync.serve().unwrap(),
        at_once.with_concurrency(1).serve().unwrap(),
        later.with_concurrency(1).serve().unwrap(),
    ] {
        let (kind, text) = told(ask(&mut service, 1).await);
        assert_eq!(kind, ErrorKind::Panicked);
        assert!(text.contains("is one"), "{text}");
        assert_eq!(ask(&mut service, 2).await.unwrap(), 2, "the worker goes on");
        let stopped = stop(running).await;
        assert_eq!((stopped.ledger.failed, stopped.ledger.abandoned), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_told_as_one() {
    let wire = Wire::new_async("slow", async |n: u64| {
        tokio::time::sleep(if n == 1 { ms(500) } else { ms(50) }).await;
        Ok::<_, String>(n)
    });
    let (mut service, running) = wire.with_timeout(ms(100)).with_concurrency(1).serve().unwrap();
    let (kind, text) = told(ask(&mut service, 1).await);
    assert_eq!(kind, ErrorKind::Timeout);
    assert!(text.starts_with("slow: "), "{text}");
    assert_eq!(ask(&mut service, 2).await.unwrap(), 2);
    assert_eq!(stop(running).await.ledger.failed, 1);
}

#[tokio::test(start_paused = true)]
async fn exactly_one_output_is_a_response() {
    let none = Wire::filter_map("some", |n: u64| (n != 1).then_some(n)).serve().unwrap();
    let many =
        Wire::flat_map("many", |n: u64| vec![n; if n == 1 { 2 } else { 1 }]).serve().unwrap();
    let waiting = Wire::new_async("wait", async |n: u64| Ok::<_, String>(n))
        .filter(|n| *n != 1)
        .serve()
        .unwrap();
    for (mut service, running) in [none, many, waiting] {
        let (kind, text) = told(ask(&mut service, 1).await);
        assert_eq!(kind, ErrorKind::Failed);
        assert!(text.contains("exactly one output"), "{text}");
        assert_eq!(ask(&mut service, 2).await.unwrap(), 2);
        assert_eq!(stop(running).await.ledger.failed, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_answers_what_was_taken() {
    let ((mut service, running), gate, begun) = gated(4);
    let calls: Vec<_> = (0..3).map(|n| tokio::spawn(service.call(n))).collect();
    soon(begun.reached(1)).await;
    settle().await;
    let stopping = tokio::spawn(stop(running));
    settle().await;
    assert_eq!(told(ask(&mut service, 9).await).0, ErrorKind::Closed);
    assert_eq!(told(soon(service.call(9)).await).0, ErrorKind::Closed);
    gate.open(3);
    for (n, call) in (0..).zip(calls) {
        assert_eq!(soon(call).await.unwrap().unwrap(), n * 2);
    }
    assert!(soon(stopping).await.unwrap().is_clean());
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_stop_is_told() {
    let ((mut service, running), _gate, begun) = gated(1);
    let under_way = tokio::spawn(service.call(1));
    soon(begun.reached(1)).await;
    let queued = tokio::spawn(service.call(2));
    settle().await;
    let refused = tokio::spawn(service.call(3));
    settle().await;
    let stopped = soon(running.stop(Duration::ZERO)).await;
    let ledger = balanced(&stopped);
    assert_eq!((ledger.accepted, ledger.abandoned, ledger.returned), (2, 1, 1));
    assert_eq!(told(soon(under_way).await.unwrap()).0, ErrorKind::Cancelled);
    assert_eq!(told(soon(refused).await.unwrap()).0, ErrorKind::Closed);
    settle().await;
    assert!(!queued.is_finished(), "it came back, and is still open");
    drop(stopped);
    assert_eq!(told(soon(queued).await.unwrap()).0, ErrorKind::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_handle_cancels_its_requests() {
    let ((mut service, running), _gate, begun) = gated(4);
    let calls: Vec<_> = (0..3).map(|n| tokio::spawn(service.call(n))).collect();
    soon(begun.reached(1)).await;
    settle().await;
    drop(running);
    for call in calls {
        assert_eq!(told(soon(call).await.unwrap()).0, ErrorKind::Cancelled);
    }
    assert_eq!(told(ask(&mut service, 9).await).0, ErrorKind::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_is_processed_though_the_caller_has_gone() {
    let ((mut service, running), gate, begun) = gated(1);
    drop(service.call(7)); // Never polled: never submitted.
    let mut calls: Vec<_> = (0..3).map(|n| Box::pin(service.call(n))).collect();
    for call in &mut calls {
        assert!(poll_once(call.as_mut()).is_pending());
        settle().await;
    }
    // One is under way, one is in the queue, one waits for room.
    drop(calls);
    gate.open(3);
    soon(begun.reached(2)).await;
    let stopped = stop(running).await;
    assert_eq!((begun.get(), stopped.ledger.accepted, stopped.ledger.filtered), (2, 2, 2));
    assert!(stopped.is_clean(), "nobody minds an answer that nobody waits for");
}

struct Shut;

impl Guard for Shut {
    fn admit(&self, _want: usize) -> Result<Leave, Denied> {
        Err(Denied { reason: Denial::Tripped, retry_after: None })
    }

    fn settle(&self, _leave: Leave, _outcomes: Outcomes) {}

    fn denial(&self) -> Option<Denied> {
        self.admit(1).err()
    }

    fn admitting(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}

#[test]
fn options_without_a_meaning_are_refused_all_at_once() {
    let (port, _letters) = dead_letters(1);
    let wire = Wire::by_ref("mine", |n: &u64| Ok::<_, String>(*n))
        .with_workers(0)
        .ordered()
        .ordered_by_key(|n| *n)
        .with_byte_budget(1, |_| 1)
        .with_retry(Retry::fixed(1, Duration::ZERO))
        .with_dead_letters(port)
        .with_guard(Shut, WhenDenied::Pause);
    let text = wire.serve().unwrap_err().to_string();
    for option in [
        "0 workers",
        ": ordered has",
        "ordered_by_key has",
        "with_byte_budget",
        "with_retry",
        "with_dead_letters",
        "with_guard",
    ] {
        assert!(text.contains(option), "{option} in {text}");
    }
}

#[test]
fn it_needs_a_runtime() {
    let error = Wire::map("same", |n: u64| n).serve().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

// --- a service as a transform ---

/// Doubles; ready once for each permit of the gate. Clones count.
struct Doubler {
    gate: Gate,
    clones: Arc<AtomicUsize>,
    permit: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    is_ready: bool,
}

impl Doubler {
    fn new(gate: &Gate) -> Self {
        Self { gate: gate.clone(), clones: Arc::default(), permit: None, is_ready: false }
    }
}

impl Clone for Doubler {
    fn clone(&self) -> Self {
        self.clones.fetch_add(1, Ordering::SeqCst);
        Self { clones: Arc::clone(&self.clones), ..Self::new(&self.gate) }
    }
}

impl Service<u64> for Doubler {
    type Response = u64;
    type Error = String;
    type Future = Pin<Box<dyn Future<Output = Result<u64, String>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), String>> {
        let gate = self.gate.clone();
        let permit = self.permit.get_or_insert_with(|| Box::pin(async move { gate.pass().await }));
        permit.as_mut().poll(cx).map(|()| {
            self.permit = None;
            self.is_ready = true;
            Ok(())
        })
    }

    fn call(&mut self, n: u64) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "called without being ready");
        Box::pin(async move {
            tokio::task::yield_now().await;
            if n == 13 { Err("unlucky".into()) } else { Ok(n * 2) }
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_transforms() {
    let gate = Gate::default();
    gate.open(100);
    let doubler = Doubler::new(&gate);
    let clones = Arc::clone(&doubler.clones);
    let wire = Wire::service("double", doubler).map(|n| n + 1).with_concurrency(3);
    let running = wire.build().unwrap().start().unwrap();
    running.submit_batch(&mut (0..20).collect()).await.unwrap();
    let stopped = stop(running).await;
    assert_eq!(clones.load(Ordering::SeqCst), 3, "one for each worker");
    assert_eq!((stopped.ledger.delivered, stopped.ledger.failed), (0, 1));
    assert_eq!(stopped.failures[0].to_string(), "double: unlucky");
    let mut all = values(stopped.outputs);
    all.sort_unstable();
    let expected: Vec<_> = (0..20).filter(|n| *n != 13).map(|n| n * 2 + 1).collect();
    assert_eq!(all, expected);
}

#[tokio::test(start_paused = true)]
async fn an_item_is_not_lost_on_a_service_that_is_not_ready() {
    let gate = Gate::default();
    let wire = Wire::service("double", Doubler::new(&gate)).with_concurrency(1).with_capacity(2);
    let running = wire.build().unwrap().start().unwrap();
    running.submit(1).await.unwrap();
    settle().await;
    running.submit_batch(&mut vec![2, 3]).await.unwrap();
    assert!(running.try_submit(4).is_err(), "the pressure reaches the inlet");
    gate.open(1);
    settle().await;
    let stopped = soon(running.stop(Duration::ZERO)).await;
    let ledger = balanced(&stopped);
    assert_eq!((ledger.abandoned, ledger.returned), (0, 3));
    let mut back = values(stopped.inputs);
    back.sort_unstable();
    assert_eq!((values(stopped.outputs), back), (vec![2], vec![2, 3]));
}

#[tokio::test(start_paused = true)]
async fn a_service_behind_a_service_that_is_a_wire() {
    let gate = Gate::default();
    gate.open(1);
    let wire = Wire::service("double", Doubler::new(&gate)).with_timeout(ms(10));
    let (mut service, running) = wire.with_concurrency(1).serve().unwrap();
    assert_eq!(ask(&mut service, 4).await.unwrap(), 8);
    let (kind, _) = told(ask(&mut service, 5).await);
    assert_eq!(kind, ErrorKind::Timeout, "it was never ready again");
    let stopped = soon(running.stop(AMPLE)).await;
    assert_eq!(balanced(&stopped).failed, 1);
}
