//! The curves of the last minutes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use electrician_meter::{Snapshot, StageSnapshot};
use serde::Serialize;

/// The most points of a curve.
const MAX_POINTS: usize = 2_000;

/// The most stages with curves.
const MAX_STAGES: usize = 1_024;

/// One point for each look at the pipeline, the oldest forgotten.
#[derive(Debug)]
pub(crate) struct History {
    room: usize,
    /// Seconds since the meter began.
    times: VecDeque<f64>,
    total: VecDeque<f64>,
    in_flight: VecDeque<u64>,
    stages: HashMap<Key, Curves>,
}

/// A stage, over all its runs.
type Key = (Arc<str>, Arc<str>, String, u32);

/// The curves of one stage. A stage that came later has `skipped` points less in front.
#[derive(Debug, Default)]
struct Curves {
    rate: VecDeque<Option<f64>>,
    failed: VecDeque<Option<f64>>,
    queued: VecDeque<usize>,
    /// Seconds.
    p99: VecDeque<f64>,
}

/// All curves as they go to a page.
#[derive(Debug, Serialize)]
pub(crate) struct Written<'a> {
    times: &'a VecDeque<f64>,
    total: &'a VecDeque<f64>,
    in_flight: &'a VecDeque<u64>,
    stages: Vec<WrittenStage<'a>>,
}

#[derive(Debug, Serialize)]
struct WrittenStage<'a> {
    pipeline: &'a str,
    name: &'a str,
    kind: &'a str,
    instance: u32,
    rate: &'a VecDeque<Option<f64>>,
    failed: &'a VecDeque<Option<f64>>,
    queued: &'a VecDeque<usize>,
    p99: &'a VecDeque<f64>,
}

// === impl History ===

impl History {
    /// Curves over `span` with a point for each `interval`.
    pub(crate) fn new(span: Duration, interval: Duration) -> Self {
        let points = span.as_nanos() / interval.as_nanos().max(1);
        let room = usize::try_from(points).unwrap_or(MAX_POINTS).clamp(2, MAX_POINTS);
        Self {
            room,
            times: VecDeque::new(),
            total: VecDeque::new(),
            in_flight: VecDeque::new(),
            stages: HashMap::new(),
        }
    }

    /// Adds a point to every curve.
    pub(crate) fn add(&mut self, snapshot: &Snapshot) {
        let room = self.room;
        put(&mut self.times, snapshot.elapsed.as_secs_f64(), room);
        let rate = snapshot.total.rates.delivered.one_second;
        put(&mut self.total, rate.unwrap_or_default(), room);
        put(&mut self.in_flight, snapshot.total.in_flight, room);
        for stage in &snapshot.stages {
            if self.stages.len() < MAX_STAGES || self.stages.contains_key(&key(stage)) {
                self.stages.entry(key(stage)).or_default().add(stage, room);
            }
        }
    }

    pub(crate) fn written(&self) -> Written<'_> {
        let stages = self.stages.iter().map(|((pipeline, name, kind, instance), curves)| {
            let Curves { rate, failed, queued, p99 } = curves;
            WrittenStage { pipeline, name, kind, instance: *instance, rate, failed, queued, p99 }
        });
        Written {
            times: &self.times,
            total: &self.total,
            in_flight: &self.in_flight,
            stages: stages.collect(),
        }
    }
}

impl Curves {
    fn add(&mut self, stage: &StageSnapshot, room: usize) {
        put(&mut self.rate, stage.rates.delivered.one_second, room);
        put(&mut self.failed, stage.rates.failed.one_second, room);
        put(&mut self.queued, stage.queued, room);
        put(&mut self.p99, stage.latency.service.p99.as_secs_f64(), room);
    }
}

fn key(stage: &StageSnapshot) -> Key {
    let (pipeline, name) = (Arc::clone(&stage.pipeline), Arc::clone(&stage.name));
    (pipeline, name, stage.kind.to_string(), stage.instance)
}

fn put<T>(curve: &mut VecDeque<T>, value: T, room: usize) {
    if curve.len() == room {
        curve.pop_front();
    }
    curve.push_back(value);
}
