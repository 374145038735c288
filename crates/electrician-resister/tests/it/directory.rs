//! Who may use a directory, and what happens when it takes nothing more.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use electrician_resister::{DiskResister, Element, Fsync, OpenError};
use electrician_types::{Batch, Refusal};

use crate::disk::small;
use crate::support::Folder;

const DIR: &str = "RESISTER_HOLD_DIR";

/// What the other process does: it opens the queue, says so, and waits for the end of its input.
#[test]
fn holder() {
    let Ok(dir) = env::var(DIR) else {
        // The other test calls it with this.
        return;
    };
    let (_queue, _) = DiskResister::<String>::open(dir).unwrap();
    println!("\nopen");
    std::io::stdout().flush().unwrap();
    std::io::stdin().lines().for_each(drop);
}

#[test]
fn one_directory_belongs_to_one_process() {
    let folder = Folder::new();
    let mut other = Command::new(env::current_exe().unwrap())
        .args(["--exact", "directory::holder", "--nocapture", "--test-threads", "1"])
        .env(DIR, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(other.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "open"));
    let error = small(&folder).open().unwrap_err();
    assert!(matches!(&error, OpenError::Locked { dir } if dir == folder.path()));
    assert!(error.to_string().ends_with("is open in another queue; only one at a time may use it"));
    // Its end, however it comes, frees the directory.
    other.kill().unwrap();
    other.wait().unwrap();
    small(&folder).open().unwrap();
}

#[test]
fn one_directory_belongs_to_one_queue_of_a_process() {
    let folder = Folder::new();
    let (queue, _) = small(&folder).open().unwrap();
    assert!(matches!(small(&folder).open(), Err(OpenError::Locked { .. })));
    let copy = queue.clone();
    drop(queue);
    assert!(matches!(small(&folder).open(), Err(OpenError::Locked { .. })));
    drop(copy);
    small(&folder).open().unwrap();
}

/// A file system of this size, mounted here; `None` where this process must not mount.
struct Mount(PathBuf);

impl Mount {
    fn new(folder: &Folder, options: &str) -> Option<Self> {
        let path = folder.path().join("mount");
        fs::create_dir_all(&path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "none"]).arg(&path).stderr(Stdio::null());
        let is_mounted = mount.status().is_ok_and(|status| status.success());
        if !is_mounted {
            eprintln!("skipped: this process must not mount a file system");
        }
        is_mounted.then_some(Self(path))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // What cannot be unmounted is the system's to tidy.
        Command::new("umount").arg(&self.0).status().ok();
    }
}

fn is_refused(dir: &Path) {
    let error = DiskResister::<String>::open(dir).unwrap_err();
    assert!(matches!(error, OpenError::NotWritable { .. }), "{error:?}");
    assert!(error.to_string().contains("cannot be written to: "), "{error}");
}

#[test]
fn a_directory_that_may_not_be_written_to_is_refused() {
    let folder = Folder::new();
    let dir = folder.path().join("locked");
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(dir.join("probe"), "").is_err() {
        is_refused(&dir);
    } else if let Some(mount) = Mount::new(&folder, "ro,size=1m") {
        // Nothing is forbidden to this user, but for what the file system forbids.
        is_refused(&mount.0);
    }
}

#[test]
fn a_full_disk_refuses_and_goes_on() {
    let folder = Folder::new();
    let Some(mount) = Mount::new(&folder, "size=256k") else { return };
    let open = || {
        DiskResister::<String>::builder(&mount.0)
            .with_max_bytes(8 << 20)
            .with_segment_bytes(32 << 10)
            .with_fsync(Fsync::EveryWrite)
            .open()
            .unwrap()
    };
    let (queue, _) = open();
    let mut expected = Vec::new();
    let refused = loop {
        let value = format!("{} {}", expected.len(), "x".repeat(900));
        match queue.try_push(value.clone(), 0) {
            Ok(()) => expected.push(value),
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused.reason, Refusal::NotStored(std::io::ErrorKind::StorageFull));
    assert!(refused.to_string().ends_with("could not be stored: no storage space"), "{refused}");
    assert!(refused.item.value().starts_with(&expected.len().to_string()));
    let mut batch = Batch::new();
    batch.push("y".repeat(5000));
    let reason = queue.try_push_batch(&mut batch, 0).unwrap_err();
    assert_eq!((reason, batch.len()), (Refusal::NotStored(std::io::ErrorKind::StorageFull), 1));
    // What is inside comes out, and makes room as segments are done with.
    for _ in 0..100 {
        assert_eq!(queue.try_pop().unwrap().accept(), expected.remove(0));
    }
    queue.len();
    for number in 0..50 {
        let value = format!("new {number} {}", "x".repeat(900));
        queue.try_push(value.clone(), 0).unwrap();
        expected.push(value);
    }
    drop(queue);
    let (queue, report) = open();
    assert!(report.is_clean(), "{report}");
    let rest: Vec<_> = std::iter::from_fn(|| queue.try_pop().map(Element::accept)).collect();
    assert_eq!(rest, expected);
}
