//! What pipelines leave in the queue, and the spans that become of it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use electrician_types::{ComponentKind, NackReason, TraceContext, Verdict};
use opentelemetry::trace::{
    Link, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SpanData, SpanEvents, SpanLinks};

use crate::anchor::Anchor;
use crate::propagation::span_context;

/// The most links of a span; the number of those left out is told.
const LINKS: usize = 128;

/// A span in the making. Small, because a worker makes it.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) stage: Arc<Stage>,
    pub(crate) what: What,
}

/// The stage that a span is about.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) kind: ComponentKind,
}

#[derive(Debug)]
pub(crate) enum What {
    /// A batch, for one of its traces.
    Part(TraceContext, Work),
    /// A batch, for all of its traces.
    Batch(Vec<TraceContext>, Work),
    /// An item on its whole way.
    Item(Way),
}

/// What a worker did with a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    pub(crate) worker: usize,
    pub(crate) taken: u64,
    pub(crate) emitted: u64,
    pub(crate) failed: u64,
    pub(crate) started: Instant,
    pub(crate) worked: Duration,
    pub(crate) handed_on: Duration,
}

/// The whole way of an item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) trace: TraceContext,
    /// Whether the trace began with it; its span is the one that the trace names.
    pub(crate) is_root: bool,
    pub(crate) entered: Instant,
    pub(crate) age: Duration,
    pub(crate) verdict: Verdict,
}

/// Makes spans of records.
#[derive(Debug)]
pub(crate) struct Spans {
    ids: RandomIdGenerator,
    scope: InstrumentationScope,
    pub(crate) anchor: Anchor,
}

// === impl Spans ===

impl Spans {
    pub(crate) fn new() -> Self {
        Self { ids: RandomIdGenerator::default(), scope: scope(), anchor: Anchor::now() }
    }

    pub(crate) fn make(&self, Record { stage, what }: Record) -> SpanData {
        match what {
            What::Part(trace, work) => {
                let own = self.child_of(trace);
                let parent = SpanId::from(trace.span_id());
                self.of_work(&stage, own, parent, SpanLinks::default(), work)
            }
            What::Batch(traces, work) => {
                let own = context(self.ids.new_trace_id(), self.ids.new_span_id());
                let mut links = SpanLinks::default();
                links.dropped_count =
                    u32::try_from(traces.len().saturating_sub(LINKS)).unwrap_or(u32::MAX);
                let linked = traces.into_iter().take(LINKS);
                links.links = linked.map(|trace| Link::with_context(span_context(trace))).collect();
                self.of_work(&stage, own, SpanId::INVALID, links, work)
            }
            What::Item(way) => self.of_way(&stage, &way),
        }
    }

    fn child_of(&self, trace: TraceContext) -> SpanContext {
        context(TraceId::from(trace.trace_id()), self.ids.new_span_id())
    }

    fn of_work(
        &self,
        stage: &Stage,
        own: SpanContext,
        parent: SpanId,
        links: SpanLinks,
        work: Work,
    ) -> SpanData {
        let mut span = self.span(stage, own, parent, stage.name.clone());
        span.start_time = self.anchor.at(work.started);
        span.end_time = self.anchor.at(work.started + work.worked + work.handed_on);
        span.links = links;
        span.attributes.extend([
            KeyValue::new("electrician.worker", int(work.worker)),
            KeyValue::new("electrician.taken", int(work.taken)),
            KeyValue::new("electrician.emitted", int(work.emitted)),
            KeyValue::new("electrician.failed", int(work.failed)),
            KeyValue::new("electrician.worked_ns", int(work.worked.as_nanos())),
            KeyValue::new("electrician.handed_on_ns", int(work.handed_on.as_nanos())),
        ]);
        if work.failed > 0 {
            span.status = Status::error(format!("{} of {} items failed", work.failed, work.taken));
        }
        span
    }

    fn of_way(&self, stage: &Stage, way: &Way) -> SpanData {
        let trace = way.trace;
        let (own, parent) = if way.is_root {
            let own = context(TraceId::from(trace.trace_id()), SpanId::from(trace.span_id()));
            (own, SpanId::INVALID)
        } else {
            (self.child_of(trace), SpanId::from(trace.span_id()))
        };
        let mut span = self.span(stage, own, parent, format!("{} end to end", stage.name));
        span.start_time = self.anchor.at(way.entered);
        span.end_time = self.anchor.at(way.entered + way.age);
        span.attributes.push(KeyValue::new("electrician.verdict", verdict(way.verdict)));
        if let Verdict::Nack(reason) = way.verdict {
            span.status = Status::error(reason.to_string());
        }
        span
    }

    fn span(
        &self,
        stage: &Stage,
        span_context: SpanContext,
        parent_span_id: SpanId,
        name: String,
    ) -> SpanData {
        SpanData {
            span_context,
            parent_span_id,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: Cow::Owned(name),
            start_time: self.anchor.time,
            end_time: self.anchor.time,
            attributes: vec![
                KeyValue::new("electrician.stage", stage.name.clone()),
                KeyValue::new("electrician.kind", stage.kind.to_string()),
            ],
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: self.scope.clone(),
        }
    }
}

pub(crate) fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("electrician").with_version(env!("CARGO_PKG_VERSION")).build()
}

fn context(trace: TraceId, span: SpanId) -> SpanContext {
    SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::default())
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ack => "ack",
        Verdict::Nack(NackReason::Dropped) => "dropped",
        Verdict::Nack(NackReason::Failed) => "failed",
        Verdict::Nack(NackReason::Rejected) => "rejected",
        Verdict::Nack(NackReason::Returned) => "returned",
        Verdict::Nack(_) => "nack",
    }
}

fn int(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
