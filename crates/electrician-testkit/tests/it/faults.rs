//! Faults strike as planned.

use std::sync::Arc;
use std::time::Duration;

use electrician_testkit::{
    Fault, FaultPlan, Faults, Gate, Injected, Times, VirtualClock, faulty_async, faulty_transform,
    within,
};
use electrician_types::ErrorKind;
use electrician_wire::{Retry, Running, Wire, dead_letters};

const AMPLE: Duration = Duration::from_secs(20);

fn number(n: &u64) -> u64 {
    *n
}

fn double(n: &u64) -> u64 {
    n * 2
}

async fn all_through(running: Running<Wire<u64, u64>>, items: u64) -> (Vec<u64>, [u64; 4]) {
    for n in 0..items {
        running.submit(n).await.unwrap();
    }
    let stopped = running.stop(AMPLE).await;
    let ledger = stopped.ledger;
    let counts = [ledger.split, ledger.filtered, ledger.failed, ledger.retried];
    let outputs = stopped.outputs.into_iter();
    (outputs.map(|item| item.into_parts().0).collect(), counts)
}

#[test]
fn a_plan_is_a_function_of_its_seed() {
    let plan =
        |seed| FaultPlan::seeded(seed).with_rate(Fault::Error, 100).with_rate(Fault::Panic, 50);
    let draw = |plan: &FaultPlan| (0..10_000).map(|n| plan.fault(n, 1)).collect::<Vec<_>>();
    let faults = draw(&plan(1));
    assert_eq!(faults, draw(&plan(1)));
    assert_ne!(faults, draw(&plan(2)));
    let count = |fault| faults.iter().filter(|drawn| **drawn == Some(fault)).count();
    assert!((900..1100).contains(&count(Fault::Error)), "{}", count(Fault::Error));
    assert!((400..600).contains(&count(Fault::Panic)), "{}", count(Fault::Panic));
}

#[test]
fn a_script_comes_before_the_rates_and_faults_pass() {
    let plan = FaultPlan::seeded(1)
        .with_rate(Fault::Error, 1000)
        .with_fault(3, Fault::Panic)
        .sparing(4)
        .lasting(2);
    let faults = [1, 3, 4].map(|n| plan.fault(n, 2));
    assert_eq!(faults, [Some(Fault::Error), Some(Fault::Panic), None]);
    assert_eq!([1, 3, 4].map(|n| plan.fault(n, 3)), [None; 3]);
    assert!(!plan.is_empty() && FaultPlan::none().sparing(1).is_empty());
    assert_eq!(plan.to_string(), "Error 1000‰ 3:Some(Panic) 4:None for 2 attempt(s)");
}

#[test]
fn errors_say_which_item_and_attempt() {
    let plan = FaultPlan::none().with_fault(1, Fault::Error).with_fault(2, Fault::Fatal);
    let faults = Faults::new(plan.with_fault(3, Fault::Panic));
    faults.attempt(1).unwrap_err();
    let error = faults.attempt(1).unwrap_err();
    let injected = error.cause::<Injected>().unwrap();
    assert_eq!((injected.item, injected.attempt, error.is_retryable()), (1, 2, true));
    assert!(!faults.attempt(2).unwrap_err().is_retryable());
    let panic =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| faults.attempt(3))).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "injected fault on item 3, attempt 1");
    assert_eq!(faults.attempt(4).unwrap(), Times::Once);
    assert_eq!((faults.attempts(1), faults.attempts(9), faults.retries()), (2, 0, 1));
}

#[tokio::test]
async fn what_hangs_goes_on_when_the_gate_opens() {
    let gate = Gate::new();
    let faults = Faults::new(FaultPlan::none().with_fault(0, Fault::Hang)).with_gate(gate.clone());
    let task = tokio::spawn(async move { faults.attempt_async(0).await });
    within(AMPLE, gate.wait_for_waiting(1)).await.unwrap();
    assert!(!task.is_finished() && !gate.is_open());
    gate.open();
    assert_eq!(within(AMPLE, task).await.unwrap().unwrap().unwrap(), Times::Once);
    assert_eq!(gate.waiting(), 0);
}

#[test]
fn code_that_does_not_await_hangs_its_thread() {
    let faults = Faults::new(FaultPlan::none().with_fault(0, Fault::Hang));
    let gate = faults.gate().clone();
    let thread = std::thread::spawn(move || faults.attempt(0));
    while gate.waiting() == 0 {
        std::thread::yield_now();
    }
    gate.open();
    assert_eq!(thread.join().unwrap().unwrap(), Times::Once);
}

#[tokio::test]
async fn slow_items_take_their_time_by_the_clock() {
    let clock = VirtualClock::new();
    let slow = FaultPlan::none().with_fault(0, Fault::Slow(Duration::from_mins(1)));
    let faults = Faults::new(slow).with_clock(Arc::new(clock.clone()));
    let task = tokio::spawn(async move { faults.attempt_async(0).await });
    within(AMPLE, clock.wait_for_timers(1)).await.unwrap();
    assert_eq!(clock.advance_to_next(), Some(Duration::from_mins(1)));
    within(AMPLE, task).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_faulty_transform_is_retried_duplicated_and_dropped() {
    let plan = FaultPlan::none()
        .with_fault(1, Fault::Error)
        .with_fault(2, Fault::Duplicate)
        .with_fault(3, Fault::Drop)
        .with_fault(4, Fault::Panic)
        .with_fault(5, Fault::Fatal)
        .lasting(1);
    let faults = Faults::new(plan);
    let transform = faulty_transform(faults.clone(), number, double);
    let wire = Wire::transform("faulty", transform)
        .with_workers(1)
        .with_retry(Retry::fixed(1, Duration::ZERO));
    let (outputs, counts) = all_through(wire.build().unwrap().start().unwrap(), 7).await;
    assert_eq!(outputs, [0, 2, 4, 4, 12]);
    assert_eq!(counts, [1, 1, 2, 1]);
    assert_eq!(faults.retries(), 1);
}

#[tokio::test]
async fn a_faulty_transform_hangs_on_a_thread_of_its_own() {
    let faults = Faults::new(FaultPlan::none().with_fault(1, Fault::Hang));
    let gate = faults.gate().clone();
    let wire = Wire::transform("blocks", faulty_transform(faults, number, double));
    let wire = wire.with_workers(1).on_blocking_threads().build().unwrap();
    let running = wire.start().unwrap();
    for n in 0..3 {
        running.submit(n).await.unwrap();
    }
    within(AMPLE, gate.wait_for_waiting(1)).await.unwrap();
    gate.open();
    let stopped = running.stop(AMPLE).await;
    assert!(stopped.ledger.is_balanced(), "{stopped:?}");
    assert_eq!(stopped.outputs.len(), 3);
}

#[tokio::test]
async fn faulty_async_fails_hangs_and_is_handed_back() {
    let plan = FaultPlan::none().with_fault(0, Fault::Error).with_fault(1, Fault::Hang);
    let faults = Faults::new(plan);
    let gate = faults.gate().clone();
    let (port, mut letters) = dead_letters(4);
    let wire = Wire::transform_async("faulty", faulty_async(faults, number, double))
        .with_concurrency(1)
        .with_dead_letters(port);
    let running = wire.build().unwrap().start().unwrap();
    for n in 0..3 {
        running.submit(n).await.unwrap();
    }
    within(AMPLE, gate.wait_for_waiting(1)).await.unwrap();
    let stopped = running.stop(Duration::ZERO).await;
    let returned: Vec<u64> = stopped.inputs.into_iter().map(|item| item.into_parts().0).collect();
    assert_eq!(returned, [1, 2], "what hung is handed back, and what waited behind");
    let letter = letters.try_recv().unwrap();
    assert_eq!((*letter.item.value(), letter.error.kind()), (0, ErrorKind::Failed));
}
