//! For the `metrics` façade, and whatever recorder is behind it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use metrics::{Key, Label, Level, Metadata, SharedString, with_recorder};

use crate::clock::{after, until};
use crate::custom::CustomValue;
use crate::latency::Latency;
use crate::meter::Meter;
use crate::metric::{Metric, MetricKind, Subject, Value};

const METADATA: Metadata<'static> =
    Metadata::new("electrician_meter", Level::INFO, Some("electrician_meter"));

/// Gives a meter's numbers to the recorder of the [`metrics`] façade.
///
/// Names and labels are those of [`Metric::ALL`]. Counters of seconds are gauges there, because the
/// façade's counters are whole; times are recorded as the bound of their bucket, in seconds, as
/// often as there were new ones.
#[derive(Debug)]
pub struct Exporter {
    meter: Meter,
    /// How many times of each bucket were recorded.
    recorded: HashMap<Key, Vec<u64>>,
}

// === impl Exporter ===

impl Exporter {
    /// An exporter of `meter`. One for each meter: two would record times twice.
    pub fn new(meter: &Meter) -> Self {
        Self { meter: meter.clone(), recorded: HashMap::new() }
    }

    /// Gives the numbers of this moment to the recorder.
    pub fn publish(&mut self) {
        let snapshot = self.meter.snapshot();
        for metric in Metric::ALL {
            for sample in metric.samples(&snapshot) {
                let key = key(metric.name(), &sample.subject);
                match (metric.kind(), sample.value) {
                    (MetricKind::Counter, Value::Count(count)) => counter(&key, count),
                    (_, Value::Count(count)) => gauge(&key, count as f64),
                    (_, Value::Number(number)) => gauge(&key, number),
                    (_, Value::Times(times)) => self.times(key, times),
                }
            }
        }
        let subject = Subject::Meter(&snapshot);
        for custom in &snapshot.custom {
            let key = key(&custom.name, &subject);
            match &custom.value {
                CustomValue::Counter(count) => counter(&key, *count),
                CustomValue::Gauge(value) => gauge(&key, *value as f64),
                CustomValue::Timer { latency, .. } => self.times(key, latency),
                CustomValue::Histogram(spread) => {
                    let buckets =
                        spread.buckets.iter().map(|(bound, count)| (*bound as f64, *count));
                    self.histogram(key, buckets, spread.max as f64, spread.count);
                }
            }
        }
    }

    /// Publishes every `interval`, for as long as it is polled.
    pub async fn run(mut self, interval: Duration) -> Infallible {
        let clock = std::sync::Arc::clone(&self.meter.core.clock);
        let mut timer = clock.timer();
        loop {
            self.publish();
            until(&mut *timer, after(clock.now(), interval.max(Duration::from_millis(1)))).await;
        }
    }

    fn times(&mut self, key: Key, times: &Latency) {
        let bounds = times.buckets.iter().map(|bucket| (bucket.bound.as_secs_f64(), bucket.count));
        self.histogram(key, bounds, times.max.as_secs_f64(), times.count);
    }

    /// Records what is new in each bucket; what is above the last bound, as `max`.
    fn histogram(
        &mut self,
        key: Key,
        buckets: impl Iterator<Item = (f64, u64)>,
        max: f64,
        count: u64,
    ) {
        let histogram = with_recorder(|recorder| recorder.register_histogram(&key, &METADATA));
        let recorded = self.recorded.entry(key).or_default();
        let mut below = 0;
        for (at, (bound, cumulative)) in buckets.chain([(max, count)]).enumerate() {
            let own = cumulative.saturating_sub(below);
            below = below.max(cumulative);
            if recorded.len() <= at {
                recorded.resize(at + 1, 0);
            }
            let new = own.saturating_sub(recorded[at]);
            recorded[at] += new;
            if new > 0 {
                histogram.record_many(bound.min(max), usize::try_from(new).unwrap_or(usize::MAX));
            }
        }
    }
}

fn counter(key: &Key, count: u64) {
    with_recorder(|recorder| recorder.register_counter(key, &METADATA)).absolute(count);
}

fn gauge(key: &Key, value: f64) {
    with_recorder(|recorder| recorder.register_gauge(key, &METADATA)).set(value);
}

fn key(name: &str, subject: &Subject<'_>) -> Key {
    let mut labels = Vec::with_capacity(6);
    subject.labels(|name, value| labels.push(Label::new(name, value.to_owned())));
    Key::from_parts(SharedString::from(name.to_owned()), labels)
}
