//! The brokers of the cluster, to kill and to start again.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use electrician_kafka::rdkafka::consumer::{BaseConsumer, Consumer};
use tokio::sync::{Mutex, MutexGuard};

use crate::support::{Kafka, LONG, variable};

/// Between two looks at what another process does.
const LOOK: Duration = Duration::from_millis(100);

/// Tests that kill brokers take turns.
static TURN: Mutex<()> = Mutex::const_new(());

/// The three brokers.
pub(crate) struct Nodes {
    folder: PathBuf,
    killed: std::sync::Mutex<BTreeSet<i32>>,
    _turn: MutexGuard<'static, ()>,
}

// === impl Nodes ===

impl Nodes {
    /// The brokers, for this test alone.
    pub(crate) async fn of_cluster() -> Option<Self> {
        let folder = variable("KAFKA_CLUSTER_FOLDER", "kafka-cluster")?.into();
        Some(Self { folder, killed: std::sync::Mutex::default(), _turn: TURN.lock().await })
    }

    /// Which node leads a partition.
    pub(crate) fn leader(kafka: &Kafka, topic: &str, partition: usize) -> i32 {
        let client: BaseConsumer = kafka.connection().to_config().create().unwrap();
        loop {
            let metadata = client.fetch_metadata(Some(topic), LONG).unwrap();
            let partition = &metadata.topics()[0].partitions()[partition];
            if partition.leader() > 0 && partition.isr().len() == 3 {
                return partition.leader();
            }
            thread::park_timeout(LOOK);
        }
    }

    /// Ends a node without a warning.
    pub(crate) fn kill(&self, node: i32) {
        let id = fs::read_to_string(self.folder.join(format!("node-{node}.pid"))).unwrap();
        let killed = Command::new("kill").args(["-9", id.trim()]).status().unwrap();
        assert!(killed.success());
        self.killed.lock().unwrap().insert(node);
    }

    /// Starts nodes again, at the same time: one alone does not answer before it has a quorum.
    pub(crate) fn start_all(&self, nodes: impl IntoIterator<Item = i32>) {
        thread::scope(|scope| {
            for node in nodes {
                scope.spawn(move || self.start(node));
            }
        });
    }

    /// Starts a node again, and waits until it answers.
    pub(crate) fn start(&self, node: i32) {
        self.killed.lock().unwrap().remove(&node);
        let place = self.folder.join(format!("node-{node}"));
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join(format!("node-{node}.log")))
            .unwrap();
        #[expect(clippy::zombie_processes, reason = "it goes on after this process has ended")]
        let child = Command::new(place.join("run"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            // What ends this process must not end the broker.
            .process_group(0)
            .spawn()
            .unwrap();
        fs::write(self.folder.join(format!("node-{node}.pid")), child.id().to_string()).unwrap();
        let properties = fs::read_to_string(place.join("server.properties")).unwrap();
        let address = properties
            .lines()
            .find_map(|line| line.strip_prefix("advertised.listeners=PLAINTEXT://"))
            .unwrap();
        while TcpStream::connect(address).is_err() {
            thread::park_timeout(LOOK);
        }
    }
}

/// Other tests want all of them, also when this one has failed.
impl Drop for Nodes {
    fn drop(&mut self) {
        let killed = self.killed.lock().map(|killed| killed.clone()).unwrap_or_default();
        self.start_all(killed);
    }
}
