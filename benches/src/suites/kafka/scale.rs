//! Several processes with the same pipeline, which share the partitions of a topic.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use electrician_kafka::Connection;
use tokio::runtime::{Builder, Runtime};

use super::bare;
use super::cluster::{Cluster, PARTITIONS, unique};
use super::ours::{self, Delivery};
use crate::clock::now;
use crate::line::WORKERS;
use crate::race::{Contestant, Entry, Side, race_of};

/// What the process is to do, in its environment: the broker, the topics, the group.
const TASK: &str = "ELECTRICIAN_BENCH_KAFKA";

/// How often a process tells how far it is, and is asked.
const GLANCE: Duration = Duration::from_millis(2);

/// Another process, and how far it is.
struct Process {
    child: Child,
    partitions: Arc<AtomicU64>,
    delivered: Arc<AtomicU64>,
}

/// Whether this process has such a task, which it does until it is killed.
pub(crate) fn is_task() -> bool {
    let Ok(task) = env::var(TASK) else { return false };
    let mut words = task.splitn(4, ' ');
    let mut word = || words.next().expect("four words").to_owned();
    let (bootstrap, input, output, group) = (word(), word(), word(), word());
    let runtime = Builder::new_multi_thread().worker_threads(WORKERS).enable_time().build();
    runtime.expect("a runtime").block_on(async {
        let connection = Connection::new(&bootstrap).with("isolation.level", "read_committed");
        let source = ours::source(connection).with_group(group).with_topics([input]);
        let sink = ours::sink(Connection::new(&bootstrap), &output);
        let copying = ours::start(source, sink, Delivery::AtLeastOnce);
        let mut told = (0, 0);
        loop {
            let partitions = copying.source.stats().partitions.len() as u64;
            let state = (partitions, copying.sink.delivered());
            if state != told {
                told = state;
                #[expect(clippy::print_stdout, reason = "the other process reads it")]
                {
                    println!("{} {}", state.0, state.1);
                }
            }
            tokio::time::sleep(GLANCE).await;
        }
    })
}

pub(super) fn race(cluster: &Cluster<'_>, rounds: usize, records: u64) -> Vec<Entry> {
    let processes = |count| move |records| copy(cluster, count, records);
    let contestants = [
        Contestant::new(Side::Ours, ("one", "Kafka, copying: one process"), processes(1)),
        Contestant::new(Side::Ours, ("two", "Kafka, copying: two processes"), processes(2)),
        Contestant::new(Side::Ours, ("four", "Kafka, copying: four processes"), processes(4)),
    ];
    race_of(&contestants, rounds, &[records; 3])
}

/// Copies `records` by so many processes. They become visible when each has its partitions.
fn copy(cluster: &Cluster<'_>, count: u64, records: u64) -> Duration {
    let (input, output) = (cluster.topic("shared"), cluster.topic("copied"));
    let show = bare::fill_hidden(cluster, &input.name, records);
    let group = unique("group");
    let task = format!("{} {} {} {group}", cluster.bootstrap, input.name, output.name);
    let processes: Vec<_> = (0..count).map(|_| Process::start(&task)).collect();
    let share = u64::from(PARTITIONS.unsigned_abs()) / count;
    let has_share = |process: &Process| process.partitions.load(Ordering::Acquire) == share;
    until(cluster.runtime, || processes.iter().all(has_share));
    let start = now();
    show();
    let delivered = |process: &Process| process.delivered.load(Ordering::Acquire);
    until(cluster.runtime, || processes.iter().map(delivered).sum::<u64>() >= records);
    start.elapsed()
}

fn until(runtime: &Runtime, is_so: impl Fn() -> bool) {
    runtime.block_on(async {
        while !is_so() {
            tokio::time::sleep(GLANCE).await;
        }
    });
}

// === impl Process ===

impl Process {
    fn start(task: &str) -> Self {
        let mut command = Command::new(env::current_exe().expect("this program has a path"));
        let child = command.env(TASK, task).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("this program runs");
        let (partitions, delivered) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let (told_partitions, told_delivered) = (Arc::clone(&partitions), Arc::clone(&delivered));
        // It ends with the process.
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut numbers = line.split(' ').map(|word| word.parse().expect("a number"));
                let mut number = || numbers.next().expect("two numbers");
                told_partitions.store(number(), Ordering::Release);
                told_delivered.store(number(), Ordering::Release);
            }
        });
        Self { child, partitions, delivered }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
