//! Items that come with a context.

use std::collections::HashSet;
use std::time::Duration;

use electrician_otel::{Otel, SpanPer};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};

use crate::collector::{Collector, attribute};
use crate::support::{context, run};

const ITEMS: u64 = 60;
const STAGES: [&str; 3] = ["parse", "check", "store"];
pub(crate) const SOON: Duration = Duration::from_mins(1);

async fn export(per: SpanPer) -> Collector {
    let (collector, address) = Collector::start().await;
    let otel = Otel::builder()
        .with_endpoint(address)
        .with_service_name("strikes")
        .with_attribute("service.version", "7")
        .with_header("x-team", "birds")
        .with_span_per(per)
        .with_batch(16)
        .build()
        .unwrap();
    run(ITEMS, otel.observer()).await;
    let stats = otel.shutdown(SOON).await;
    assert_eq!(stats.last_error, None);
    assert_eq!((stats.dropped(), stats.exported), (0, stats.spans));
    assert_eq!(collector.spans().len() as u64, stats.spans);
    collector
}

fn is_of(span: &Span, n: u64) -> bool {
    span.trace_id == context(n).trace_id().to_be_bytes()
}

fn is_error(span: &Span) -> bool {
    span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_stage_adds_a_child_of_the_context_that_the_source_gave() {
    let collector = export(SpanPer::Item).await;
    let spans = collector.spans();
    let ids: HashSet<_> = spans.iter().map(|span| &span.span_id).collect();
    assert_eq!(ids.len(), spans.len());
    for n in 1..=ITEMS {
        let own: Vec<_> = spans.iter().filter(|span| is_of(span, n)).collect();
        if !context(n).is_sampled() {
            assert!(own.is_empty(), "{n} is not sampled");
            continue;
        }
        for span in &own {
            assert_eq!(span.parent_span_id, context(n).span_id().to_be_bytes());
            assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
            assert_eq!(span.kind(), SpanKind::Internal);
            assert_eq!(span.flags & 1, 1);
        }
        // The item that fails goes no further.
        let stages = if n % 7 == 0 { &STAGES[..2] } else { &STAGES[..] };
        let mut before = 0;
        for stage in stages {
            let here: Vec<_> = own.iter().filter(|span| span.name == *stage).collect();
            let [span] = here[..] else { panic!("{n} has {} spans at {stage}", here.len()) };
            assert_eq!(attribute(&span.attributes, "electrician.stage").as_deref(), Some(*stage));
            assert!(before <= span.start_time_unix_nano, "{stage} came too early");
            before = span.start_time_unix_nano;
        }
        let parts = own.iter().filter(|span| STAGES.contains(&&*span.name)).count();
        assert_eq!(parts, stages.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_tell_of_their_batch_and_whether_it_failed() {
    let spans = export(SpanPer::Item).await.spans();
    let number =
        |span: &Span, name| attribute(&span.attributes, name).unwrap().parse::<u64>().unwrap();
    let parts = || spans.iter().filter(|span| STAGES.contains(&&*span.name));
    for span in parts() {
        let failed = number(span, "electrician.failed");
        assert_eq!(is_error(span), failed > 0);
        let taken = number(span, "electrician.taken");
        assert_eq!(number(span, "electrician.emitted") + failed, taken);
        let took = number(span, "electrician.worked_ns") + number(span, "electrician.handed_on_ns");
        assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, took);
        assert!(number(span, "electrician.worker") < 2);
        let kind = if span.name == "store" { "SINK" } else { "WIRE" };
        assert_eq!(attribute(&span.attributes, "electrician.kind").as_deref(), Some(kind));
        if failed > 0 {
            assert_eq!(span.name, "check");
            let message = format!("{failed} of {taken} items failed");
            assert_eq!(span.status.as_ref().unwrap().message, message);
        }
    }
    assert!(parts().any(is_error));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_say_whose_they_are() {
    let collector = export(SpanPer::Item).await;
    for spans in collector.requests() {
        let resource = spans.resource.unwrap().attributes;
        assert_eq!(attribute(&resource, "service.name").as_deref(), Some("strikes"));
        assert_eq!(attribute(&resource, "service.version").as_deref(), Some("7"));
        for scope in spans.scope_spans {
            assert_eq!(scope.scope.unwrap().name, "electrician");
            assert!(scope.spans.len() <= 16, "the batch is 16 at most");
        }
    }
    let headers = collector.headers("x-team");
    assert!(headers.len() > 1);
    assert!(headers.iter().all(|value| value.as_deref() == Some("birds")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_span_for_a_batch_links_to_the_contexts_of_its_items() {
    let spans = export(SpanPer::Batch).await.spans();
    let sampled = || (1..=ITEMS).filter(|n| context(*n).is_sampled());
    let ids = |n: u64| {
        let context = context(n);
        (context.trace_id().to_be_bytes().to_vec(), context.span_id().to_be_bytes().to_vec())
    };
    for stage in STAGES {
        let batches: Vec<_> = spans.iter().filter(|span| span.name == stage).collect();
        let mut linked = Vec::new();
        for batch in batches {
            assert!(batch.parent_span_id.is_empty(), "a batch begins a trace");
            assert!((1..=ITEMS).all(|n| !is_of(batch, n)));
            assert!(!batch.links.is_empty());
            linked.extend(batch.links.iter().map(|it| (it.trace_id.clone(), it.span_id.clone())));
        }
        linked.sort();
        let comes_here = |n: &u64| stage != "store" || !n.is_multiple_of(7);
        let mut expected: Vec<_> = sampled().filter(comes_here).map(ids).collect();
        expected.sort();
        assert_eq!(linked, expected, "{stage}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sampled_item_has_a_span_of_its_whole_way() {
    let spans = export(SpanPer::Item).await.spans();
    // The first is always sampled.
    let whole: Vec<_> = spans.iter().filter(|span| span.name == "parse end to end").collect();
    let first = whole.iter().find(|span| is_of(span, 1)).unwrap();
    assert_eq!(first.parent_span_id, context(1).span_id().to_be_bytes());
    assert_eq!(attribute(&first.attributes, "electrician.verdict").as_deref(), Some("ack"));
    assert!(!is_error(first));
    let parts = spans.iter().filter(|span| is_of(span, 1));
    for part in parts {
        assert!(first.start_time_unix_nano <= part.start_time_unix_nano);
    }
}
