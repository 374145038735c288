//! A process that goes on after this one has ended.

use std::{
    fs,
    fs::File,
    io,
    net::{SocketAddr, TcpStream},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use wait_timeout::ChildExt;

use crate::{Result, process};

/// How often a server is asked whether it answers.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How often at most: two minutes.
const LOOKS: usize = 600;

/// Starts `command` as `name` in a process group of its own. Its output goes to `NAME.log`, its
/// process id to `NAME.pid`.
pub(super) fn start(folder: &Path, name: &str, command: &mut Command) -> Result<Child> {
    let log = File::create(folder.join(format!("{name}.log")))?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
    let child = command
        .spawn()
        .map_err(|error| format!("could not run `{}`: {error}", process::shown(command)))?;
    fs::write(folder.join(format!("{name}.pid")), child.id().to_string())?;
    Ok(child)
}

/// Waits until something listens on the port; an error when `server` ends before.
pub(super) fn await_port(server: &mut Child, port: u16, folder: &Path, name: &str) -> Result<()> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    for _ in 0..LOOKS {
        if TcpStream::connect_timeout(&address, LOOK_EVERY).is_ok() {
            return Ok(());
        }
        // Waiting for its end is waiting for the next look.
        if let Some(status) = server.wait_timeout(LOOK_EVERY)? {
            return Err(format!("it ended with {status}: {}", tail(folder, name)).into());
        }
    }
    Err(format!("it does not answer on port {port}: {}", tail(folder, name)).into())
}

/// The last lines of its log.
fn tail(folder: &Path, name: &str) -> String {
    let text = fs::read_to_string(folder.join(format!("{name}.log"))).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}

/// Whether the folder has processes, and all of them run.
pub(super) fn all_alive(folder: &Path) -> bool {
    let ids = pids(folder).unwrap_or_default();
    !ids.is_empty() && ids.iter().all(|id| is_alive(*id))
}

/// Kills every process of the folder, and whatever it started.
pub(super) fn stop_all(folder: &Path) -> Result<()> {
    for id in pids(folder)? {
        if is_alive(id) {
            process::capture(Command::new("kill").args(["-KILL", "--", &format!("-{id}")]))?;
        }
    }
    Ok(())
}

/// Also those of nodes in folders of their own.
fn pids(folder: &Path) -> io::Result<Vec<u32>> {
    let mut ids = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(ids),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "pid") {
            ids.extend(fs::read_to_string(&path)?.trim().parse::<u32>().ok());
        }
    }
    Ok(ids)
}

fn is_alive(id: u32) -> bool {
    // A zombie has a folder in /proc as well, but no command line.
    fs::read(format!("/proc/{id}/cmdline")).is_ok_and(|line| !line.is_empty())
}
