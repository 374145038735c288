//! A disk that is full or broken, whatever the file system.

#[cfg(unix)]
mod power;

use std::path::PathBuf;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use electrician_testkit::VirtualClock;
use electrician_types::{Batch, Refusal};

use super::log::tests::FakeDisk;
use super::{DiskResister, Fsync};
use crate::Element;
use crate::sync::lock;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("electrician-resister-unit-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn open(folder: &Folder, fsync: Fsync) -> (DiskResister<String>, FakeDisk) {
    let (queue, report) = DiskResister::builder(&folder.0)
        .with_max_bytes(1 << 20)
        .with_segment_bytes(4096)
        .with_fsync(fsync)
        .open()
        .unwrap();
    assert!(report.is_clean(), "{report}");
    let disk = lock(&queue.core.state).log.disk.clone();
    (queue, disk)
}

fn rest(queue: &DiskResister<String>) -> Vec<String> {
    std::iter::from_fn(|| queue.try_pop().map(Element::accept)).collect()
}

const FULL: Refusal = Refusal::NotStored(std::io::ErrorKind::StorageFull);

#[test]
fn a_push_that_does_not_fit_leaves_nothing_behind() {
    let folder = Folder::new("full");
    let (queue, disk) = open(&folder, Fsync::Never);
    queue.try_push("first".to_owned(), 0).unwrap();
    // Whatever part of the frame still fits.
    for free in 0..90 {
        disk.free.store(free, SeqCst);
        let refused = queue.try_push("refused ".repeat(4), 9).unwrap_err();
        assert_eq!((refused.reason, refused.item.value().len()), (FULL, 32));
        let mut batch = Batch::new();
        batch.push("refused".repeat(9));
        assert_eq!((queue.try_push_batch(&mut batch, 9), batch.len()), (Err(FULL), 1));
    }
    assert_eq!((queue.len(), queue.counters().refused), (1, 180));
    disk.free.store(u64::MAX, SeqCst);
    queue.try_push("second".to_owned(), 0).unwrap();
    drop(queue);
    assert_eq!(rest(&open(&folder, Fsync::Never).0), ["first", "second"]);
}

#[test]
fn what_was_acknowledged_on_a_full_disk_is_written_when_there_is_room() {
    let folder = Folder::new("acks");
    let (queue, disk) = open(&folder, Fsync::Never);
    for value in ["a", "b", "c"] {
        queue.try_push(value.to_owned(), 0).unwrap();
    }
    disk.free.store(0, SeqCst);
    assert_eq!(queue.try_pop().unwrap().accept(), "a");
    drop(queue.try_pop());
    assert_eq!((queue.len(), queue.counters().acked), (2, 1));
    assert!(queue.sync().is_err());
    disk.free.store(u64::MAX, SeqCst);
    queue.sync().unwrap();
    drop(queue);
    assert_eq!(rest(&open(&folder, Fsync::Never).0), ["b", "c"]);
}

#[test]
fn segments_that_are_done_with_make_room_on_a_full_disk() {
    let folder = Folder::new("room");
    let (queue, disk) = open(&folder, Fsync::EveryWrite);
    for number in 0..100 {
        queue.try_push(format!("{number} {}", "x".repeat(100)), 0).unwrap();
    }
    let before = queue.disk_bytes();
    disk.free.store(0, SeqCst);
    for _ in 0..90 {
        queue.try_pop().unwrap().accept();
    }
    queue.len();
    assert!(queue.disk_bytes() < before / 3, "{} of {before}", queue.disk_bytes());
}

#[test]
fn a_disk_that_does_not_sync_refuses_what_it_was_given() {
    let folder = Folder::new("broken");
    let (queue, disk) = open(&folder, Fsync::EveryWrite);
    queue.try_push("first".to_owned(), 0).unwrap();
    disk.is_broken.store(true, SeqCst);
    for _ in 0..3 {
        let refused = queue.try_push("refused".to_owned(), 9).unwrap_err();
        assert_eq!(refused.reason, Refusal::NotStored(std::io::ErrorKind::Other));
    }
    assert!(queue.close().is_err(), "the end says what is not safe");
    disk.is_broken.store(false, SeqCst);
    drop(queue);
    let (queue, disk) = open(&folder, Fsync::EveryWrite);
    assert_eq!(queue.len(), 1);
    // Without the need to sync, nobody notices until somebody asks.
    drop(queue);
    let (queue, _) = open(&folder, Fsync::Never);
    queue.try_push("second".to_owned(), 0).unwrap();
    drop((queue, disk));
    assert_eq!(rest(&open(&folder, Fsync::Never).0), ["first", "second"]);
}

/// What was given back is cut off as soon as that is possible, and nothing is written behind it.
#[test]
fn what_could_not_be_cut_off_is_not_found_later() {
    let folder = Folder::new("stuck");
    let (queue, disk) = open(&folder, Fsync::Never);
    queue.try_push("first".to_owned(), 0).unwrap();
    let frame = queue.disk_bytes() - 32;
    let mut batch = Batch::new();
    for value in ["gone1", "gone2", "gone3"] {
        batch.push(value.to_owned());
    }
    disk.is_stuck.store(true, SeqCst);
    disk.free.store(2 * frame + frame / 2, SeqCst);
    assert_eq!(queue.try_push_batch(&mut batch, 0), Err(FULL));
    disk.free.store(u64::MAX, SeqCst);
    disk.is_stuck.store(false, SeqCst);
    queue.try_push("after".to_owned(), 0).unwrap();
    drop(queue);
    assert_eq!(rest(&open(&folder, Fsync::Never).0), ["first", "after"]);
}

/// The interval ends with its last moment.
#[test]
fn an_interval_is_synced_with_the_first_write_after_it() {
    const INTERVAL: Duration = Duration::from_millis(10);
    const NEARLY: Duration = Duration::from_nanos(9_999_999);
    let folder = Folder::new("interval");
    let clock = VirtualClock::new();
    let builder = DiskResister::<String>::builder(&folder.0).with_clock(clock.clone());
    let (queue, _) = builder.with_fsync(Fsync::Every(INTERVAL)).open().unwrap();
    let disk = lock(&queue.core.state).log.disk.clone();
    let synced_after = |wait: Duration| {
        clock.advance(wait);
        let before = disk.syncs.load(SeqCst);
        queue.try_push("value".to_owned(), 0).unwrap();
        disk.syncs.load(SeqCst) - before
    };
    assert_eq!(synced_after(NEARLY), 0);
    assert_eq!(synced_after(Duration::from_nanos(1)), 1);
    assert_eq!(synced_after(NEARLY), 0, "since the last sync");
    assert_eq!(synced_after(Duration::from_nanos(1)), 1);
}

/// One write and one sync for all items of a batch.
#[test]
fn a_batch_is_synced_once() {
    let folder = Folder::new("group");
    let (queue, disk) = open(&folder, Fsync::EveryWrite);
    let mut batch = Batch::new();
    (0..20).for_each(|number| batch.push(number.to_string()));
    queue.try_push_batch(&mut batch, 0).unwrap();
    assert_eq!(disk.syncs.load(SeqCst), 1);
    queue.try_push("alone".to_owned(), 0).unwrap();
    assert_eq!(disk.syncs.load(SeqCst), 2);
    drop((queue, disk));
    let (queue, disk) = open(&folder, Fsync::Never);
    queue.try_push("alone".to_owned(), 0).unwrap();
    assert_eq!(disk.syncs.load(SeqCst), 0);
    assert_eq!(queue.len(), 22);
}
