//! What the recorder of the façade is given.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use electrician_meter::Meter;
use electrician_meter::facade::Exporter;
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

use crate::support::{ITEMS, run};

/// Values by name and stage: the last, and how many were recorded.
#[derive(Default)]
struct Book(Mutex<BTreeMap<String, (f64, u64)>>);

struct Entry(Arc<Book>, String);

#[derive(Default)]
struct Writer(Arc<Book>);

impl Book {
    fn of(&self, name: &str) -> (f64, u64) {
        self.0.lock().unwrap().get(name).copied().unwrap_or_default()
    }
}

impl Entry {
    fn note(&self, value: f64, times: u64) {
        let mut book = self.0.0.lock().unwrap();
        let entry = book.entry(self.1.clone()).or_default();
        *entry = (value, entry.1 + times);
    }
}

impl CounterFn for Entry {
    fn increment(&self, value: u64) {
        self.note(value as f64, 1);
    }

    fn absolute(&self, value: u64) {
        self.note(value as f64, 1);
    }
}

impl GaugeFn for Entry {
    fn increment(&self, value: f64) {
        self.note(value, 1);
    }

    fn decrement(&self, value: f64) {
        self.note(value, 1);
    }

    fn set(&self, value: f64) {
        self.note(value, 1);
    }
}

impl HistogramFn for Entry {
    fn record(&self, value: f64) {
        self.note(value, 1);
    }
}

impl Writer {
    fn entry(&self, key: &Key) -> Arc<Entry> {
        let stage = key.labels().find(|label| label.key() == "stage");
        let stage = stage.map(|label| format!(" {}", label.value())).unwrap_or_default();
        Arc::new(Entry(Arc::clone(&self.0), format!("{}{stage}", key.name())))
    }
}

impl Recorder for Writer {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.entry(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.entry(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.entry(key))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_recorder_is_given_every_number_and_every_time_once() {
    let meter = Meter::new("facade");
    run(&meter).await;
    meter.counter("rows").unwrap().add(7);
    let writer = Writer::default();
    let mut exporter = Exporter::new(&meter);
    metrics::with_local_recorder(&writer, || {
        exporter.publish();
        exporter.publish();
    });
    let book = &writer.0;
    assert_eq!(book.of("electrician_items_accepted parse").0, (2 * ITEMS) as f64);
    assert_eq!(book.of("electrician_complete").0, 1.0);
    assert_eq!(book.of("rows").0, 7.0);
    // Not twice, though it was published twice.
    assert_eq!(book.of("electrician_service_seconds parse").1, 2 * ITEMS);
    assert!(book.of("electrician_stage_worked_seconds parse").0 > 0.0);
}
