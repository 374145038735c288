//! The layer.

use std::backtrace::Backtrace;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use crate::clock::WallClock;
use crate::context::Provider;
use crate::encode::escape;
use crate::fields::Fields;
use crate::line::LineWriter;
use crate::logger::Sinks;
use crate::names::Slot;
use crate::record::{Recorder, Rules};
use crate::scratch::{self, Scratch};

/// The `tracing` layer that writes records to a logger's sinks, without the logger's filter. It
/// comes out of [`Logger::layer`](crate::Logger::layer).
#[derive(Clone, Debug)]
pub struct JsonLayer(Arc<Core>);

/// What does not change while a logger is there.
pub(crate) struct Core {
    pub(crate) rules: Rules,
    /// The line up to the time.
    pub(crate) prefix: String,
    /// The bound of a line, in bytes.
    pub(crate) max_record: usize,
    /// On every record.
    pub(crate) statics: Fields,
    /// The least severe level with a stack.
    pub(crate) stack: Option<Level>,
    pub(crate) context: Option<Provider>,
    pub(crate) clock: WallClock,
    pub(crate) sinks: Sinks,
}

/// The fields of a span, for each logger that there is.
struct SpanFields(Vec<(u64, Fields)>);

// === impl JsonLayer ===

impl JsonLayer {
    pub(crate) fn new(core: Arc<Core>) -> Self {
        Self(core)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for JsonLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        self.0.record_span(id, &cx, |recorder| attributes.record(recorder));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        self.0.record_span(id, &cx, |recorder| values.record(recorder));
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        if scratch::is_writer() || self.0.sinks.is_empty() {
            return;
        }
        scratch::with(|scratch| {
            self.0.record_event(event, &cx, scratch);
            self.0.sinks.push(scratch.line.as_bytes());
        });
    }
}

// === impl Core ===

impl Core {
    fn record_span<S: Subscriber + for<'a> LookupSpan<'a>>(
        &self,
        id: &Id,
        cx: &Context<'_, S>,
        record: impl FnOnce(&mut Recorder<'_>),
    ) {
        let Some(span) = cx.span(id) else { return };
        let logger = self.rules.logger;
        // Recorded before the extensions are locked: a value's `Display` may log in this span.
        let mut fields = Fields::default();
        scratch::with(|scratch| record(&mut self.recorder(&mut scratch.text, &mut fields)));
        let mut extensions = span.extensions_mut();
        if extensions.get_mut::<SpanFields>().is_none() {
            extensions.insert(SpanFields(Vec::new()));
        }
        if let Some(SpanFields(all)) = extensions.get_mut() {
            match all.iter_mut().find(|(known, _)| *known == logger) {
                Some((_, known)) => known.update(&fields),
                None => all.push((logger, fields)),
            }
        }
    }

    fn record_event<S: Subscriber + for<'a> LookupSpan<'a>>(
        &self,
        event: &Event<'_>,
        cx: &Context<'_, S>,
        scratch: &mut Scratch,
    ) {
        let Scratch { fields, line, text, stamp } = scratch;
        fields.clear();
        event.record(&mut self.recorder(text, fields));
        for span in cx.event_scope(event).into_iter().flatten() {
            let extensions = span.extensions();
            let all = extensions.get::<SpanFields>();
            let own = all.and_then(|SpanFields(all)| {
                all.iter().find(|(logger, _)| *logger == self.rules.logger)
            });
            if let Some((_, outer)) = own {
                fields.inherit(outer);
            }
        }
        fields.inherit(&self.statics);
        let metadata = event.metadata();
        if self.wants_stack(metadata) && fields.slot(Slot::Stack).is_none() {
            let stack = Backtrace::force_capture().to_string();
            fields.set(Slot::Stack, |out| escape(out, &stack, self.rules.max_value, 0));
        }
        let mut writer = LineWriter::begin(line, &self.prefix, self.max_record);
        stamp.write(writer.line(), self.clock.now());
        writer.head(metadata, fields);
        writer.middle(fields, || {
            let provider = self.context.as_ref()?;
            // It is user code; without it the record is still worth having.
            catch_unwind(AssertUnwindSafe(provider)).ok().flatten()
        });
        writer.free(fields);
        writer.end();
    }

    fn wants_stack(&self, metadata: &Metadata<'_>) -> bool {
        self.stack.is_some_and(|least| *metadata.level() <= least)
    }

    fn recorder<'a>(&'a self, text: &'a mut scratch::Text, fields: &'a mut Fields) -> Recorder<'a> {
        Recorder { rules: &self.rules, text, fields }
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("rules", &self.rules)
            .field("max_record", &self.max_record)
            .field("stack", &self.stack)
            .field("clock", &self.clock)
            .field("sinks", &self.sinks)
            .finish_non_exhaustive()
    }
}
