//! `cargo xtask services`: the real servers that tests talk to, on loopback, and the programs of
//! others that they need.
//!
//! A program is installed and stays. A server has a folder in `target/services`: its data, its log, its process ids, and `endpoints`,
//! the environment variables by which tests find it. Where one of these is set already, whoever set
//! it has a server of their own, and nothing is started. `down` stops only what `up` started.

mod debian;
mod go;
mod kafka;
mod maven;
mod port;
mod python;
mod server;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use crate::{Result, workspace::Workspace};

/// What can be started.
const SERVICES: &[Service] = &[
    Service {
        name: "chromium",
        about: "a browser and its driver (Debian)",
        packages: &["electrician-panel", "electrician-examples"],
        variable: "CHROMEDRIVER",
        up: debian::chromium,
    },
    Service {
        name: "grpcurl",
        about: "a client of gRPC without a schema (Go)",
        packages: &["electrician-receivingrelay"],
        variable: "GRPCURL",
        up: go::grpcurl,
    },
    Service {
        name: "kafka",
        about: "Apache Kafka, one broker (Java, Maven)",
        packages: &["electrician-kafka"],
        variable: "KAFKA_BOOTSTRAP",
        up: kafka::one,
    },
    Service {
        name: "kafka-cluster",
        about: "Apache Kafka, three brokers",
        packages: &["electrician-kafka"],
        variable: "KAFKA_CLUSTER_BOOTSTRAP",
        up: kafka::cluster,
    },
    Service {
        name: "kafka-tls",
        about: "Apache Kafka with TLS, mTLS and users (openssl)",
        packages: &["electrician-kafka"],
        variable: "KAFKA_TLS_BOOTSTRAP",
        up: kafka::secured,
    },
    Service {
        name: "prometheus",
        about: "a Prometheus server and promtool (Debian)",
        packages: &["electrician-meter"],
        variable: "PROMETHEUS",
        up: debian::prometheus,
    },
    Service {
        name: "python",
        about: "Python with pyarrow, duckdb and grpcio (PyPI)",
        packages: &["electrician-parquet", "electrician-receivingrelay"],
        variable: "ELECTRICIAN_PYTHON",
        up: python::environment,
    },
];

/// A server that tests need.
pub(crate) struct Service {
    name: &'static str,
    about: &'static str,
    /// Whose tests need it.
    packages: &'static [&'static str],
    /// The variable that tells where it is.
    variable: &'static str,
    /// Starts it in the folder and gives its endpoints once it answers.
    up: fn(&Workspace, &Path) -> Result<Endpoints>,
}

/// A server that answers.
#[derive(Debug)]
pub(crate) struct Up {
    pub(crate) endpoints: Endpoints,
    /// It was started just now.
    pub(crate) is_new: bool,
}

/// Environment variables and their values.
pub(crate) type Endpoints = Vec<(String, String)>;

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Up(Vec<String>),
    Down,
}

/// Parses the words after `services`.
pub(crate) fn parse(args: &[String]) -> Result<Action, String> {
    match args {
        [up, names @ ..] if up == "up" => {
            let unknown = |name: &&String| SERVICES.iter().all(|service| service.name != **name);
            match names.iter().find(unknown) {
                Some(name) => Err(format!("there is no service `{name}`")),
                None => Ok(Action::Up(names.to_vec())),
            }
        }
        [down] if down == "down" => Ok(Action::Down),
        _ => Err("`services` knows `up [NAME…]` and `down`".into()),
    }
}

/// Lines for the help text.
pub(crate) fn usage() -> impl Iterator<Item = (&'static str, &'static str)> {
    SERVICES.iter().map(|service| (service.name, service.about))
}

pub(crate) fn run(workspace: &Workspace, action: &Action) -> Result<bool> {
    match action {
        Action::Up(names) => {
            let mut is_up = true;
            for (name, outcome) in up(workspace, names) {
                match outcome {
                    Ok(Up { endpoints, .. }) => {
                        for (variable, value) in endpoints {
                            println!("{variable}={value}");
                        }
                    }
                    Err(error) => {
                        eprintln!("error: {name}: {error}");
                        is_up = false;
                    }
                }
            }
            Ok(is_up)
        }
        Action::Down => {
            down(workspace, SERVICES.iter().map(|service| service.name))?;
            Ok(true)
        }
    }
}

/// Starts the named services, or all; what came of each.
pub(crate) fn up(workspace: &Workspace, names: &[String]) -> Vec<(&'static str, Result<Up>)> {
    let wanted = |service: &&Service| names.is_empty() || names.iter().any(|n| n == service.name);
    SERVICES
        .iter()
        .filter(wanted)
        .map(|service| (service.name, bring_up(workspace, service)))
        .collect()
}

fn bring_up(workspace: &Workspace, service: &Service) -> Result<Up> {
    if let Ok(value) = env::var(service.variable) {
        let endpoints = vec![(service.variable.into(), value)];
        return Ok(Up { endpoints, is_new: false });
    }
    let folder = folder(workspace).join(service.name);
    if let Some(endpoints) = running(&folder) {
        return Ok(Up { endpoints, is_new: false });
    }
    // What a run before left behind is of no use.
    server::stop_all(&folder)?;
    remove(&folder)?;
    fs::create_dir_all(&folder)?;
    eprintln!("starting {}", service.name);
    let endpoints = (service.up)(workspace, &folder).inspect_err(|_| {
        // The error says more than a failure to clean up after it would.
        let _: Result<()> = server::stop_all(&folder);
    })?;
    let lines: Vec<_> = endpoints.iter().map(|(name, value)| format!("{name}={value}")).collect();
    fs::write(folder.join("endpoints"), lines.join("\n"))?;
    Ok(Up { endpoints, is_new: true })
}

/// Whether there is a service of that name.
pub(crate) fn exists(name: &str) -> bool {
    SERVICES.iter().any(|service| service.name == name)
}

/// The services that the tests of `package` need.
pub(crate) fn of(package: &str) -> impl Iterator<Item = &'static str> {
    let needs = move |service: &&Service| service.packages.contains(&package);
    SERVICES.iter().filter(needs).map(|service| service.name)
}

/// Stops the named services, if they were started here, and removes what they left.
pub(crate) fn down<'a>(
    workspace: &Workspace,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<()> {
    for name in names {
        let folder = folder(workspace).join(name);
        if folder.exists() {
            server::stop_all(&folder)?;
            remove(&folder)?;
            eprintln!("stopped {name}");
        }
    }
    Ok(())
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.root.join("target/services")
}

/// The endpoints of what runs in the folder.
fn running(folder: &Path) -> Option<Endpoints> {
    let text = fs::read_to_string(folder.join("endpoints")).ok()?;
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let endpoints = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    server::all_alive(folder).then_some(endpoints)
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
