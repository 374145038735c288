//! What records cost on their way to and from Kafka, next to the bare driver at the same broker.

mod bare;
mod cluster;
mod ours;
pub(crate) mod scale;

use super::{Arena, rows_of, times};
use crate::goals::{self, Goal};
use crate::line::BATCH;
use crate::race::{Contestant, Entry, Side, race_of};
use crate::report::{Figure, Row, Section};
use cluster::{Cluster, PARTITIONS};
use ours::Delivery;

pub(super) fn run(arena: &Arena) -> Section {
    let title = "Kafka".to_owned();
    let Some(cluster) = Cluster::find(&arena.runtime) else {
        return Section {
            name: "kafka",
            title: format!("{title}: skipped, {} is not set", cluster::VARIABLE),
            text: format!(
                "Skipped: {} is not set. `cargo xtask bench` starts a broker where it can.",
                cluster::VARIABLE
            ),
            figures: Vec::new(),
            rows: Vec::new(),
        };
    };
    let (rounds, records) = if arena.settings.is_quick { (3, 200_000) } else { (9, 1_000_000) };
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
    let mut add = |prefix: &str, entries: &[Entry], baseline: &str, ratios: Vec<Row>| {
        rows.extend(rows_of(prefix, entries, baseline));
        rows.extend(ratios);
        figures.push(Figure::of_race("Median, fastest and slowest round.", entries));
    };

    let entries = produce(&cluster, rounds, records);
    let ratio = over(&entries, ("kafka_produce", "bare", "sink"), "producing");
    add("kafka_produce", &entries, "bare", vec![ratio.with_goal(goals::KAFKA_EDGE_OVER_BARE)]);

    let input = cluster.topic("input");
    bare::fill(&cluster, &input.name, records);
    let entries = consume(&cluster, &input.name, rounds, records);
    let judged = |ours, what: &str, goal: Goal| {
        over(&entries, ("kafka_consume", "bare", ours), what).with_goal(goal)
    };
    let ratios = vec![
        judged("source", "consuming with commits", goals::KAFKA_EDGE_OVER_BARE),
        commits(&entries),
    ];
    add("kafka_consume", &entries, "bare", ratios);

    let entries = copy(&cluster, &input.name, rounds, records);
    let ratios = vec![
        over(&entries, ("kafka_copy", "bare", "pipeline"), "consuming, copying and producing")
            .with_goal(goals::KAFKA_COPY_OVER_BARE),
        over(&entries, ("kafka_copy", "pipeline", "exactly_once"), "exactly once"),
    ];
    add("kafka_copy", &entries, "bare", ratios);
    drop(input);

    let entries = scale::race(&cluster, rounds.div_ceil(3), records);
    let ratios = [("two", "two processes"), ("four", "four processes")];
    let ratios = ratios.map(|(ours, what)| over(&entries, ("kafka_scale", "one", ours), what));
    add("kafka_scale", &entries, "one", ratios.into());

    Section {
        name: "kafka",
        title,
        text: format!(
            "{records} records of 256 bytes, {PARTITIONS} partitions, one broker on this machine, \
             which has its share of the processors. By hand means the driver alone, with the same \
             settings: an idempotent producer that asks for all replicas, waits 5 ms for a batch and \
             counts delivery reports; a consumer that is a member of a group and commits every \
             second. What is given to the sink by hand comes in batches of 64 with receipts, what the \
             source gives is taken in batches of {BATCH} and acknowledged. Copying is a source, a \
             wire and a sink in a conduit; an offset is committed when its record is delivered. \
             Exactly once, it is committed by a transaction every 100 ms. Clocks run from the first \
             record to the last delivery. Several processes are members of one group, whose records \
             become visible all at once when everyone has its share of the partitions.",
        ),
        figures,
        rows,
    }
}

fn produce(cluster: &Cluster<'_>, rounds: usize, records: u64) -> Vec<Entry> {
    let contestants = [
        Contestant::new(Side::Bare, ("bare", "Kafka, producing: by hand"), |records| {
            let topic = cluster.topic("produced");
            bare::produce(cluster, &topic.name, records)
        }),
        Contestant::new(Side::Ours, ("sink", "Kafka, producing: KafkaSink"), |records| {
            let topic = cluster.topic("produced");
            cluster.runtime.block_on(ours::produce(cluster, &topic.name, records))
        }),
    ];
    race_of(&contestants, rounds, &[records; 2])
}

fn consume(cluster: &Cluster<'_>, input: &str, rounds: usize, records: u64) -> Vec<Entry> {
    let block_on = |source, records| cluster.runtime.block_on(ours::consume(source, records));
    let contestants = [
        Contestant::new(Side::Bare, ("bare", "Kafka, consuming: by hand, commits"), |records| {
            bare::consume(cluster, input, true, records)
        }),
        Contestant::new(
            Side::Bare,
            ("bare_alone", "Kafka, consuming: by hand, no group"),
            |records| bare::consume(cluster, input, false, records),
        ),
        Contestant::new(
            Side::Ours,
            ("source", "Kafka, consuming: KafkaTopics, commits"),
            |records| block_on(ours::member(cluster.connection(), input), records),
        ),
        Contestant::new(
            Side::Ours,
            ("source_alone", "Kafka, consuming: KafkaTopics, no group"),
            |records| block_on(ours::alone(cluster.connection(), input), records),
        ),
    ];
    race_of(&contestants, rounds, &[records; 4])
}

fn copy(cluster: &Cluster<'_>, input: &str, rounds: usize, records: u64) -> Vec<Entry> {
    let ours = |delivery| {
        move |records| {
            let output = cluster.topic("copied");
            let copy = ours::copy(cluster, input, &output.name, delivery, records);
            cluster.runtime.block_on(copy)
        }
    };
    let contestants = [
        Contestant::new(Side::Bare, ("bare", "Kafka, copying: by hand"), |records| {
            let output = cluster.topic("copied");
            bare::copy(cluster, input, &output.name, records)
        }),
        Contestant::new(
            Side::Ours,
            ("pipeline", "Kafka, copying: a conduit"),
            ours(Delivery::AtLeastOnce),
        ),
        Contestant::new(
            Side::Ours,
            ("exactly_once", "Kafka, copying: a conduit, exactly once"),
            ours(Delivery::ExactlyOnce),
        ),
    ];
    race_of(&contestants, rounds, &[records; 3])
}

/// Throughput of `ours` over that of the baseline, round by round.
fn over(entries: &[Entry], (prefix, baseline, ours): (&str, &str, &str), what: &str) -> Row {
    let ratio = times(entries, ours, baseline);
    let title = format!("Kafka, {what}: throughput over {}", baseline.replace("bare", "by hand"));
    let name = format!("{prefix}_{ours}");
    Row::of(name, "throughput_ratio", title, &ratio, "×")
        .against(format!("{prefix}_{baseline}"), ratio.median())
        .higher_is_better()
}

/// What commits add, in percent.
fn commits(entries: &[Entry]) -> Row {
    let more = times(entries, "source_alone", "source").spread();
    let percent = |ratio: f64| (ratio - 1.0) * 100.0;
    let title = "Kafka, consuming: what the group and its commits add";
    let row = Row::new("kafka_consume_commits", "added", title, percent(more.median), "%");
    row.against("kafka_consume_source_alone", more.median).with_goal(goals::KAFKA_COMMITS)
}
