//! Stages chained, branched, fed and ended.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_conduit::{Conduit, Routes};
use electrician_generator::Generator;
use electrician_plug::{Plug, sink_fn};
use electrician_wire::Wire;

#[tokio::test]
async fn three_stages_of_different_types() {
    let conduit = Conduit::from(Wire::new("parse", |text: &str| text.parse::<u64>()))
        .then(Wire::map("half", |n: u64| n as f64 / 2.0))
        .then(Wire::map("text", |x: f64| format!("{x:.1}")))
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    for text in ["1", "2", "x", "3"] {
        running.submit(text).await.unwrap();
    }
    let stopped = running.stop(Duration::from_secs(5)).await;
    let mut texts: Vec<_> = stopped.outputs.into_iter().map(|item| item.accept()).collect();
    texts.sort();
    assert_eq!(texts, ["0.5", "1.0", "1.5"]);
    assert!(stopped.ledger.is_balanced(), "{}", stopped.ledger);
    assert_eq!((stopped.ledger.accepted, stopped.ledger.failed), (4, 1));
    // And again.
    let running = stopped.component.start().unwrap();
    running.submit("8").await.unwrap();
    assert_eq!(running.stop(Duration::MAX).await.outputs[0].value(), "4.0");
}

#[tokio::test]
async fn a_source_feeds_branches_that_end_in_sinks() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = |mark: u64| {
        let seen = Arc::clone(&seen);
        sink_fn(move |n: &u64| {
            seen.lock().unwrap().push(n * 10 + mark);
            Ok::<_, String>(())
        })
    };
    let even = Conduit::from(Wire::map("even", |n: u64| n)).sink("evens", keep(1));
    let odd = Conduit::from(Wire::map("odd", |n: u64| n)).sink("odds", keep(2));
    let conduit = Conduit::from(Wire::map("head", |n: u64| n))
        .route(Routes::new().when(|n| n % 2 == 0, even).otherwise(odd))
        .with_source(Generator::new("numbers", Plug::iter(|| 0..1000_u64)))
        .build()
        .unwrap();
    let stopped = conduit.start().unwrap().finish().await;
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!(stopped.ledger.delivered, 1000);
    let mut seen = seen.lock().unwrap().clone();
    seen.sort_unstable();
    assert!(seen.into_iter().eq((0..1000).map(|n| n * 10 + 1 + n % 2)));
}

#[tokio::test]
async fn broadcast_merges_again() {
    let branch = |by: u64| Conduit::from(Wire::map("branch", move |n: u64| n * by));
    let conduit = Conduit::from(Wire::map("head", |n: u64| n))
        .broadcast([branch(1), branch(100)])
        .with_source(Generator::new("numbers", Plug::iter(|| 1..=50_u64)))
        .build()
        .unwrap();
    let running = conduit.start().unwrap();
    let output = running.output();
    let all = tokio::spawn(output.collect());
    let stopped = running.finish().await;
    assert_eq!(all.await.unwrap().iter().sum::<u64>(), 101 * 51 * 25);
    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!((stopped.ledger.accepted, stopped.ledger.split, stopped.ledger.delivered), (50, 50, 100));
}
