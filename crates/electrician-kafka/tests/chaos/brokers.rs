//! Three brokers, one of which may be down.

use std::fs::{self, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use electrician_kafka::rdkafka::consumer::{BaseConsumer, Consumer};

use crate::support::{Kafka, variable};

const NODES: u32 = 3;

/// The nodes of the service `kafka-cluster`.
pub(crate) struct Brokers {
    folder: PathBuf,
    down: Option<u32>,
    /// Those that were started here, so that they can be waited for when they have been killed.
    children: Vec<(u32, Child)>,
    look: BaseConsumer,
    topics: Vec<String>,
}

// === impl Brokers ===

impl Brokers {
    pub(crate) fn of(kafka: &Kafka, topics: &[&str]) -> Option<Self> {
        let folder = variable("KAFKA_CLUSTER_FOLDER", "kafka-cluster")?;
        Some(Self {
            folder: folder.into(),
            down: None,
            children: Vec::new(),
            look: kafka.connection().to_config().create().unwrap(),
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
        })
    }

    pub(crate) fn is_one_down(&self) -> bool {
        self.down.is_some()
    }

    /// Whether all are up and each has everything. Waits at most a second for the answer.
    pub(crate) fn are_well(&self) -> bool {
        let is_whole = |topic: &String| {
            let metadata = self.look.fetch_metadata(Some(topic), Duration::from_secs(1));
            metadata.is_ok_and(|metadata| {
                let topic = &metadata.topics()[0];
                let all = usize::try_from(NODES).unwrap();
                topic.error().is_none()
                    && topic.partitions().iter().all(|one| one.isr().len() == all)
            })
        };
        self.down.is_none() && self.topics.iter().all(is_whole)
    }

    pub(crate) fn kill(&mut self, node: u32) {
        assert!(self.down.is_none(), "two brokers of three would be down");
        let id = fs::read_to_string(self.pid_file(node)).unwrap();
        let killed = Command::new("kill").args(["-KILL", id.trim()]).status().unwrap();
        assert!(killed.success(), "node {node}, process {id}");
        if let Some(at) = self.children.iter().position(|(other, _)| *other == node) {
            self.children.swap_remove(at).1.wait().unwrap();
        }
        self.down = Some(node);
    }

    /// Starts the one that is down.
    pub(crate) fn raise(&mut self) {
        let Some(node) = self.down.take() else { return };
        let name = format!("node-{node}");
        let log = OpenOptions::new().append(true).open(self.folder.join(format!("{name}.log")));
        let log = log.unwrap();
        let child = Command::new(self.folder.join(name).join("run"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap();
        fs::write(self.pid_file(node), child.id().to_string()).unwrap();
        self.children.push((node, child));
    }

    pub(crate) fn any(random: &mut fastrand::Rng) -> u32 {
        random.u32(1..=NODES)
    }

    fn pid_file(&self, node: u32) -> PathBuf {
        self.folder.join(format!("node-{node}.pid"))
    }
}

impl Drop for Brokers {
    fn drop(&mut self) {
        self.raise();
    }
}
