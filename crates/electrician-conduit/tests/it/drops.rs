//! Values whose `Drop` panics: each costs itself alone, and the account holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use electrician_conduit::{Conduit, Routes};
use electrician_plug::sink_fn;
use electrician_wire::Wire;

use crate::record::Log;
use crate::support::stop;

/// A number that does not want to be dropped when it is a multiple of seven.
#[derive(Debug)]
struct Clingy(u64);

impl Drop for Clingy {
    fn drop(&mut self) {
        assert!(std::thread::panicking() || !self.0.is_multiple_of(7), "{} clings", self.0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_dropped_by_policy_counts_as_dropped_though_its_drop_panics() {
    let routes = Routes::new()
        .when(|n: &Clingy| n.0 >= 100, Conduit::from(Wire::map("big", |n: Clingy| n.0)));
    let conduit = Conduit::from(Wire::map("head", Clingy)).route(routes.otherwise_drop()).build();
    let running = conduit.unwrap().start().unwrap();
    for n in (1..20).chain([101]) {
        running.submit(n).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!(stopped.ledger.dropped, 19, "{}", stopped.ledger);
}

/// A number whose sevens panic when they are cloned for the third time, and when they are dropped.
#[derive(Debug)]
struct Thrice(Clingy, Arc<AtomicUsize>);

impl Clone for Thrice {
    fn clone(&self) -> Self {
        let before = self.1.fetch_add(1, Ordering::Relaxed);
        assert!(before < 2 || !self.0.0.is_multiple_of(7), "not three times");
        Self(Clingy(self.0.0), Arc::default())
    }
}

#[tokio::test(start_paused = true)]
async fn a_clone_that_fails_leaves_no_other_behind_though_its_drop_panics() {
    let plain = |name: &str| Conduit::from(Wire::by_ref(name, |n: &Thrice| Ok::<_, String>(n.0.0)));
    let conduit = Conduit::from(Wire::map("head", |n| Thrice(Clingy(n), Arc::default())))
        .broadcast(["a", "b", "c", "d"].map(plain))
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    for n in 5..10 {
        running.submit(n).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.failed, stopped.ledger.returned), (1, 4 * 4), "{stopped:?}");
}

#[tokio::test(start_paused = true)]
async fn a_value_whose_drop_panics_in_a_sink_costs_no_other() {
    let conduit = Conduit::from(Wire::map("head", Clingy)).discard().build().unwrap();
    let running = conduit.start().unwrap();
    for n in 1..20 {
        running.submit(n).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.delivered, stopped.ledger.failed), (19, 0), "{stopped:?}");
}

#[tokio::test(start_paused = true)]
async fn a_value_whose_drop_panics_in_a_sink_fn_costs_no_other() {
    let seen = Log::default();
    let sink = sink_fn({
        let seen = seen.clone();
        move |n: &Clingy| {
            seen.add(n.0);
            Ok::<_, String>(())
        }
    });
    let conduit = Conduit::from(Wire::map("head", Clingy)).sink("out", sink).build().unwrap();
    let running = conduit.start().unwrap();
    for n in 1..20 {
        running.submit(n).await.unwrap();
    }
    let stopped = stop(running).await;
    assert_eq!((stopped.ledger.delivered, stopped.ledger.failed), (19, 0), "{stopped:?}");
    assert_eq!(seen.all().len(), 19);
}
