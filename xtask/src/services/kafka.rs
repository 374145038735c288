//! Apache Kafka in KRaft mode, from its jars.

mod certificates;
mod tls;

use std::{
    fmt::Write as _,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command},
};

use crate::{
    Result, process,
    services::{Endpoints, maven, port, server},
    workspace::Workspace,
};

pub(super) use tls::secured;

/// The version of the broker.
const VERSION: &str = "4.1.0";

/// One for each cluster would do; it only has to be the same on all of its nodes.
const CLUSTER_ID: &str = "ZWxlY3RyaWNpYW4tdGVzdA";

/// A broker and controller in one process.
struct Node {
    id: usize,
    broker: u16,
    controller: u16,
}

/// One broker.
pub(super) fn one(workspace: &Workspace, folder: &Path) -> Result<Endpoints> {
    let [broker, controller] = port::free()?;
    start(workspace, folder, &[Node { id: 1, broker, controller }])?;
    Ok(vec![("KAFKA_BOOTSTRAP".into(), format!("127.0.0.1:{broker}"))])
}

/// Three brokers. A test may kill `node-N` by the process id in `node-N.pid`, and start it again by
/// running `node-N/run`, which stays in the foreground.
pub(super) fn cluster(workspace: &Workspace, folder: &Path) -> Result<Endpoints> {
    let ports: [u16; 6] = port::free()?;
    let node = |at: usize| Node { id: at + 1, broker: ports[at], controller: ports[at + 3] };
    let nodes = [node(0), node(1), node(2)];
    start(workspace, folder, &nodes)?;
    let bootstrap: Vec<_> = nodes.iter().map(|node| format!("127.0.0.1:{}", node.broker)).collect();
    Ok(vec![
        ("KAFKA_CLUSTER_BOOTSTRAP".into(), bootstrap.join(",")),
        ("KAFKA_CLUSTER_FOLDER".into(), folder.display().to_string()),
    ])
}

fn start(workspace: &Workspace, folder: &Path, nodes: &[Node]) -> Result<()> {
    let jars = jars(workspace)?;
    let mut servers: Vec<Child> = Vec::new();
    for node in nodes {
        let name = node.name();
        let place = folder.join(&name);
        let run = prepare(&jars, &place, &node.properties(&place, nodes), &[])?;
        servers.push(server::start(folder, &name, &mut Command::new(run))?);
    }
    for (node, child) in nodes.iter().zip(&mut servers) {
        server::await_port(child, node.broker, folder, &node.name())?;
    }
    Ok(())
}

fn jars(workspace: &Workspace) -> Result<PathBuf> {
    maven::jars(workspace, "org.apache.kafka", "kafka_2.13", VERSION)
}

/// Writes a node's configuration, formats its storage with the `users` of SCRAM, and gives the script
/// that starts it.
fn prepare(jars: &Path, place: &Path, properties: &str, users: &[String]) -> Result<PathBuf> {
    fs::create_dir_all(place)?;
    let config = place.join("server.properties");
    fs::write(&config, properties)?;
    fs::write(place.join("log4j2.properties"), LOGGING)?;
    let java = |main: &str| {
        let mut line = String::from("exec java -Xmx512m -Xms128m -XX:+UseSerialGC");
        // Writing to a string does not fail.
        let _ = write!(
            line,
            " -Dlog4j2.configurationFile='{}' -cp '{}/*' {main}",
            place.join("log4j2.properties").display(),
            jars.display()
        );
        line
    };
    let mut format = format!(
        "{} format --ignore-formatted --cluster-id {CLUSTER_ID} --config '{}'",
        java("kafka.tools.StorageTool"),
        config.display()
    );
    for user in users {
        let _ = write!(format, " --add-scram '{user}'");
    }
    process::read(Command::new("sh").args(["-c", &format]))?;
    let run = place.join("run");
    fs::write(&run, format!("#!/bin/sh\n{} '{}'\n", java("kafka.Kafka"), config.display()))?;
    fs::set_permissions(&run, fs::Permissions::from_mode(0o755))?;
    Ok(run)
}

// === impl Node ===

impl Node {
    fn name(&self) -> String {
        format!("node-{}", self.id)
    }

    fn properties(&self, place: &Path, nodes: &[Node]) -> String {
        let Self { id, broker, controller } = self;
        let voters: Vec<_> =
            nodes.iter().map(|node| format!("{}@127.0.0.1:{}", node.id, node.controller)).collect();
        let copies = nodes.len();
        let needed = copies.div_ceil(2);
        let data = place.join("data");
        format!(
            "process.roles=broker,controller\n\
             node.id={id}\n\
             controller.quorum.voters={voters}\n\
             listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}\n\
             advertised.listeners=PLAINTEXT://127.0.0.1:{broker}\n\
             controller.listener.names=CONTROLLER\n\
             log.dirs={data}\n\
             num.partitions=1\n\
             default.replication.factor={copies}\n\
             min.insync.replicas={needed}\n\
             offsets.topic.num.partitions=4\n\
             offsets.topic.replication.factor={copies}\n\
             transaction.state.log.num.partitions=4\n\
             transaction.state.log.replication.factor={copies}\n\
             transaction.state.log.min.isr={needed}\n\
             group.initial.rebalance.delay.ms=0\n\
             group.min.session.timeout.ms=1000\n\
             auto.create.topics.enable=false\n\
             log.cleaner.dedupe.buffer.size=2097152\n",
            voters = voters.join(","),
            data = data.display(),
        )
    }
}

/// What goes wrong, to the process's own output.
const LOGGING: &str = "\
rootLogger.level=WARN
rootLogger.appenderRefs=out
rootLogger.appenderRef.out.ref=OUT
appender.out.type=Console
appender.out.name=OUT
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %m (%c)%n
";
