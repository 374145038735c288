//! A receiver in another process, which is killed.

use std::env;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use electrician_conduit::Conduit;
use electrician_generator::Generator;
use electrician_plug::sink_async;
use electrician_testkit::Verdicts;
use electrician_testkit::drive::soon;
use electrician_types::Sink;
use electrician_wire::Wire;

use crate::support::{assert_acked, open_relay_at, sender, write};

/// The variable that tells a child where to listen, and which file to write.
const ROLE: &str = "RELAY_KILLED_ROLE";

/// Items between two kills, and kills.
const ITEMS: u64 = 500;
const KILLS: u64 = 5;

/// How many payloads are under way at most.
const WINDOW: usize = 64;

/// What the process does that is killed: it appends each item to a file, and ends with its standard
/// input.
#[tokio::test]
async fn child() {
    let Ok(role) = env::var(ROLE) else { return };
    let (address, path) = role.split_once(' ').unwrap();
    let file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    let file = Arc::new(Mutex::new(file));
    let sink = sink_async(move |item: u64| {
        let file = Arc::clone(&file);
        async move {
            let mut file: std::sync::MutexGuard<'_, File> = file.lock().unwrap();
            // One call, so that a line is there whole or not at all.
            file.write_all(format!("{item}\n").as_bytes()).map_err(|error| error.to_string())
        }
    });
    let running = Conduit::from(Wire::map("same", |n: u64| n))
        .sink("file", sink)
        .with_source(Generator::new("relay", open_relay_at(address).build().unwrap()))
        .build()
        .unwrap()
        .start()
        .unwrap();
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()))
        .await
        .unwrap()
        .unwrap();
    drop(running);
}

fn spawn(address: SocketAddr, path: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "killed::child", "--nocapture"])
        .env(ROLE, format!("{address} {}", path.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test]
async fn a_receiver_that_is_killed_and_started_again_misses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("items");
    // Nobody else takes the port in the meantime, as far as one can tell.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut near = sender()
        .dangerously_in_plaintext()
        .with_target(address.to_string())
        .with_window(WINDOW)
        .with_backoff(Duration::from_millis(5), Duration::from_millis(50))
        .build()
        .unwrap();
    let verdicts = Verdicts::plain();
    soon(near.open()).await.unwrap();
    for round in 0..=KILLS {
        let mut child = spawn(address, &path);
        let from = round * ITEMS;
        write(&mut near, &verdicts, from..from + ITEMS).await;
        if round < KILLS {
            // In the middle of its work: up to a window of payloads is under way.
            child.kill().unwrap();
        } else {
            soon(near.flush()).await.unwrap();
            soon(near.close()).await.unwrap();
            drop(child.stdin.take());
        }
        child.wait().unwrap();
    }
    let all = (KILLS + 1) * ITEMS;
    assert_acked(&verdicts, 0..all);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut items: Vec<u64> = text.lines().map(|line| line.parse().unwrap()).collect();
    items.sort_unstable();
    let stored = items.len() as u64;
    items.dedup();
    assert_eq!(items, (0..all).collect::<Vec<_>>(), "nothing is lost");
    let twice = stored - all;
    assert!(twice <= KILLS * WINDOW as u64, "{twice} came twice");
}
