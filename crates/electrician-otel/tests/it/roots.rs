//! Items that come with no context.

use std::collections::HashMap;
use std::time::Duration;

use electrician_conduit::Conduit;
use electrician_meter::Meter;
use electrician_otel::Otel;
use electrician_wire::Wire;
use opentelemetry_proto::tonic::trace::v1::{Span, status::StatusCode};

use crate::collector::{Collector, attribute};
use crate::spans::SOON;

/// Runs `items` through a stage that fails on multiples of seven, and the next one.
async fn export(otel: Otel, items: impl IntoIterator<Item = u64>) {
    let check = Wire::new("check", |n: u64| if n.is_multiple_of(7) { Err("seven") } else { Ok(n) });
    // Has far more items sampled than there are to be roots.
    let eager = Meter::builder("eager").with_sample_every(Duration::from_nanos(1)).build().unwrap();
    let chain = Conduit::from(check)
        .then(Wire::map("double", |n: u64| 2 * n))
        .with_observer((eager, otel.observer()))
        .build()
        .unwrap();
    let running = chain.start().unwrap();
    let mut output = running.output();
    for n in items {
        running.submit(n).await.unwrap();
        if n % 7 != 0 {
            output.recv().await.unwrap();
        }
    }
    drop(output);
    let stopped = running.finish().await;
    assert!(stopped.ledger.is_balanced());
    let stats = otel.shutdown(SOON).await;
    assert_eq!(stats.exported, stats.spans);
}

fn is_root(span: &Span) -> bool {
    span.parent_span_id.is_empty()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_that_begins_here_has_one_root_and_a_child_at_each_stage() {
    let (collector, address) = Collector::start().await;
    let otel = Otel::builder().with_endpoint(address).with_roots_every(Duration::ZERO);
    export(otel.build().unwrap(), (1..200).filter(|n| n % 7 != 0)).await;
    let mut traces = HashMap::<_, Vec<Span>>::new();
    for span in collector.spans() {
        traces.entry(span.trace_id.clone()).or_default().push(span);
    }
    assert!(traces.len() > 1, "more than the first item was sampled");
    for spans in traces.values() {
        let roots: Vec<_> = spans.iter().filter(|span| is_root(span)).collect();
        let [root] = roots[..] else { panic!("{} roots", roots.len()) };
        assert_eq!(root.name, "check end to end");
        assert_eq!(attribute(&root.attributes, "electrician.verdict").as_deref(), Some("ack"));
        assert!(root.status.as_ref().is_none_or(|status| status.code() == StatusCode::Unset));
        let mut names: Vec<_> = Vec::new();
        for child in spans.iter().filter(|span| !is_root(span)) {
            assert_eq!(child.parent_span_id, root.span_id);
            assert!(root.start_time_unix_nano <= child.start_time_unix_nano);
            names.push(&*child.name);
        }
        names.sort_unstable();
        assert_eq!(names, ["check", "double"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_root_of_an_item_that_fails_says_so() {
    let (collector, address) = Collector::start().await;
    let otel = Otel::builder().with_endpoint(address).build().unwrap();
    export(otel, [7]).await;
    let spans = collector.spans();
    let root = spans.iter().find(|span| is_root(span)).unwrap();
    let status = root.status.as_ref().unwrap();
    assert_eq!((status.code(), &*status.message), (StatusCode::Error, "failed"));
    assert_eq!(attribute(&root.attributes, "electrician.verdict").as_deref(), Some("failed"));
    let part = spans.iter().find(|span| span.name == "check").unwrap();
    assert_eq!(part.status.as_ref().unwrap().message, "1 of 1 items failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_roots_nothing_begins_a_trace() {
    let (collector, address) = Collector::start().await;
    let otel = Otel::builder().with_endpoint(address).without_roots().build().unwrap();
    export(otel, 1..7).await;
    assert_eq!(collector.spans(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roots_keep_to_their_pace() {
    let (collector, address) = Collector::start().await;
    let otel = Otel::builder().with_endpoint(address).with_roots_every(Duration::from_hours(1));
    export(otel.build().unwrap(), (1..200).filter(|n| n % 7 != 0)).await;
    assert_eq!(collector.spans().iter().filter(|span| is_root(span)).count(), 1);
}
