//! What can go to another thread, and what can be shared, as the types say.

use electrician_circuitbreaker::{
    BreakerState, CircuitBreaker, CircuitBreakerBuilder, CircuitBreakerError, Neutral, Open,
    Permit, Permits, Snapshot, SystemClock, Watch,
};

fn send_sync<T: Send + Sync>() {}
fn is_send<T: Send>(value: T) -> T {
    value
}

#[test]
fn everything_can_be_shared() {
    send_sync::<(CircuitBreaker, CircuitBreakerBuilder, BreakerState, Snapshot, SystemClock)>();
    send_sync::<(Permit, Permits, Permit<&CircuitBreaker>, Permits<&CircuitBreaker>)>();
    send_sync::<(Watch, Open, CircuitBreakerError<String>, Neutral<u8, u8>)>();
}

#[test]
fn every_wait_can_go_to_another_thread() {
    let breaker = CircuitBreaker::builder("b").build().unwrap();
    drop(is_send(breaker.acquire()));
    drop(is_send(breaker.until_admitting()));
    drop(is_send(breaker.call_async(std::future::ready(Ok::<_, ()>(())))));
    drop(is_send(breaker.watch().changed()));
}

#[cfg(feature = "tower")]
#[test]
fn services_can_be_shared() {
    use electrician_circuitbreaker::{
        CircuitBreakerFuture, CircuitBreakerLayer, CircuitBreakerService,
    };
    send_sync::<(CircuitBreakerLayer, CircuitBreakerService<u8>, CircuitBreakerFuture<u8>)>();
}
