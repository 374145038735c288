//! The broker, topics that last for one run, and the records.

use std::env;
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use electrician_kafka::Connection;
use electrician_kafka::rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use electrician_kafka::rdkafka::client::DefaultClientContext;
use tokio::runtime::Runtime;

/// Where the broker is.
pub(super) const VARIABLE: &str = "KAFKA_BOOTSTRAP";

/// Partitions of every topic.
pub(super) const PARTITIONS: i32 = 8;

/// How long anything may take that works.
pub(super) const LONG: Duration = Duration::from_mins(1);

/// Bytes of a record.
pub(super) const SIZE: usize = 256;

pub(super) struct Cluster<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) bootstrap: String,
    admin: AdminClient<DefaultClientContext>,
}

/// A topic that is deleted when it is dropped.
pub(super) struct Topic<'a> {
    pub(super) name: String,
    cluster: &'a Cluster<'a>,
}

/// A record, and the partition that it comes from.
pub(super) struct Letter {
    pub(super) partition: i32,
    pub(super) value: [u8; SIZE],
}

/// A name that nothing else has.
pub(super) fn unique(name: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    format!("bench-{name}-{time:x}-{}-{count}", process::id())
}

// === impl Cluster ===

impl<'a> Cluster<'a> {
    /// The broker, if there is one.
    pub(super) fn find(runtime: &'a Runtime) -> Option<Self> {
        let bootstrap = env::var(VARIABLE).ok().filter(|value| !value.is_empty())?;
        let admin = Connection::new(&bootstrap).to_config().create().expect("valid settings");
        Some(Self { runtime, bootstrap, admin })
    }

    pub(super) fn connection(&self) -> Connection {
        Connection::new(&self.bootstrap)
    }

    pub(super) fn topic(&'a self, name: &str) -> Topic<'a> {
        let name = unique(name);
        let topic = NewTopic {
            name: &name,
            num_partitions: PARTITIONS,
            replication: TopicReplication::Fixed(1),
            config: vec![("file.delete.delay.ms", "1000")],
        };
        let options = AdminOptions::new().operation_timeout(Some(LONG));
        let created = self.runtime.block_on(self.admin.create_topics([&topic], &options));
        for one in created.expect("the broker answers") {
            one.expect("a topic can be created");
        }
        Topic { name, cluster: self }
    }
}

impl Drop for Topic<'_> {
    fn drop(&mut self) {
        let Cluster { runtime, admin, .. } = self.cluster;
        let options = AdminOptions::new();
        // It is scratch: what stays is in nobody's way.
        let _ = runtime.block_on(admin.delete_topics(&[&self.name], &options));
    }
}

// === impl Letter ===

impl Letter {
    pub(super) fn new(seq: u64) -> Self {
        let mut value = [7; SIZE];
        value[..8].copy_from_slice(&seq.to_le_bytes());
        Self { partition: 0, value }
    }

    pub(super) fn read(partition: i32, payload: Option<&[u8]>) -> Result<Self, &'static str> {
        let value = payload.and_then(|payload| payload.try_into().ok());
        value.map(|value| Self { partition, value }).ok_or("not 256 bytes")
    }
}
