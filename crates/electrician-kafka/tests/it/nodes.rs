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
    paused: std::sync::Mutex<BTreeSet<i32>>,
    _turn: MutexGuard<'static, ()>,
}

// === impl Nodes ===

impl Nodes {
    /// The brokers, for this test alone.
    pub(crate) async fn of_cluster() -> Option<Self> {
        let folder = variable("KAFKA_CLUSTER_FOLDER", "kafka-cluster")?.into();
        let (killed, paused) = Default::default();
        Some(Self { folder, killed, paused, _turn: TURN.lock().await })
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
        assert!(self.signal("-KILL", node));
        self.killed.lock().unwrap().insert(node);
    }

    /// Has a node do nothing, though its connections stay.
    pub(crate) fn pause(&self, node: i32) {
        assert!(self.signal("-STOP", node));
        self.paused.lock().unwrap().insert(node);
    }

    /// Has a node go on.
    pub(crate) fn go_on(&self, node: i32) {
        assert!(self.signal("-CONT", node));
        self.paused.lock().unwrap().remove(&node);
    }

    /// Whether a node's process is there to be told something.
    fn signal(&self, signal: &str, node: i32) -> bool {
        let id = fs::read_to_string(self.folder.join(format!("node-{node}.pid"))).unwrap();
        Command::new("kill").args([signal, id.trim()]).status().unwrap().success()
    }

    /// Waits until a node has ended by itself.
    pub(crate) fn await_end(&self, node: i32) {
        let id = fs::read_to_string(self.folder.join(format!("node-{node}.pid"))).unwrap();
        let state = || fs::read_to_string(format!("/proc/{}/stat", id.trim()));
        // One that nobody waits for stays as a zombie.
        while state().is_ok_and(|state| !state.contains(") Z ")) {
            thread::park_timeout(LOOK);
        }
        self.killed.lock().unwrap().insert(node);
    }

    /// Ends a node in order: first it gives away what it leads.
    pub(crate) fn shut_down(&self, node: i32) {
        assert!(self.signal("-TERM", node));
        self.await_end(node);
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
        self.start_with(node, "");
    }

    /// The same, with files of at most so many bytes: more is as if its disk were full.
    pub(crate) fn start_on_small_disk(&self, node: i32, bytes: u32) {
        self.start_with(node, &format!("ulimit -f {} && ", bytes / 512));
    }

    fn start_with(&self, node: i32, limits: &str) {
        self.killed.lock().unwrap().remove(&node);
        let place = self.folder.join(format!("node-{node}"));
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join(format!("node-{node}.log")))
            .unwrap();
        #[expect(clippy::zombie_processes, reason = "it goes on after this process has ended")]
        let child = Command::new("sh")
            .args(["-c", &format!("{limits}exec \"$0\""), place.join("run").to_str().unwrap()])
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
        let paused = self.paused.lock().map(|paused| paused.clone()).unwrap_or_default();
        for node in paused {
            // It may have been killed since.
            let _ = self.signal("-CONT", node);
        }
        let killed = self.killed.lock().map(|killed| killed.clone()).unwrap_or_default();
        self.start_all(killed);
    }
}
