//! Power failures at every moment: what was not forced to the disk may be gone, the names of files
//! as well as what is in them.

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use electrician_types::Batch;

use super::{Folder, rest};
use crate::disk::Fsync;
use crate::disk::file::journal::{self, Cached};
use crate::sync::lock;
use crate::{DiskResister, DiskResisterBuilder};

/// What must be there after a power failure from a moment on.
enum Fact {
    /// This, in one of its forms: values with the same first word are the same.
    Kept(String),
    /// Not any more.
    Done(String),
}

/// Facts, by the number of changes to files before each.
#[derive(Default)]
struct Facts(Vec<(usize, Fact)>);

impl Facts {
    fn kept(&mut self, name: &str, number: u32) {
        self.0.push((journal::position(), Fact::Kept(format!("{name}{number}"))));
    }

    fn done(&mut self, name: &str) {
        self.0.push((journal::position(), Fact::Done(name.to_owned())));
    }

    /// What must be there after a failure that comes after `count` changes.
    fn at(&self, count: usize) -> BTreeSet<String> {
        let mut wanted = BTreeSet::new();
        for (_, fact) in self.0.iter().filter(|(at, _)| *at <= count) {
            match fact {
                Fact::Kept(name) => wanted.insert(name.clone()),
                Fact::Done(name) => wanted.remove(name),
            };
        }
        wanted
    }
}

fn value(name: &str, number: u32, length: usize) -> String {
    format!("{name}{number} {}", "x".repeat(length))
}

fn name(value: &str) -> String {
    value.split(' ').next().unwrap_or_default().to_owned()
}

fn builder(folder: &Folder, fsync: Fsync) -> DiskResisterBuilder<String> {
    let builder = DiskResister::builder(&folder.0).with_max_bytes(1 << 17);
    builder.with_segment_bytes(1024).with_fsync(fsync)
}

fn open(folder: &Folder, fsync: Fsync) -> DiskResister<String> {
    builder(folder, fsync).open().unwrap().0
}

/// Lets the power fail before and after every change that `work` makes to files.
fn fail_everywhere(name: &str, work: impl FnOnce(&Folder, &mut Facts)) {
    let (folder, after) = (Folder::new(name), Folder::new(&format!("{name}-after")));
    let mut facts = Facts::default();
    journal::begin();
    work(&folder, &mut facts);
    let ops = journal::end();
    let mut disk = Cached::default();
    let mut seen = HashSet::new();
    for count in 0..=ops.len() {
        let wanted = facts.at(count);
        for image in disk.images() {
            if !seen.insert((wanted.clone(), image.clone())) {
                continue;
            }
            journal::restore(&image, &after.0);
            let (queue, report) = builder(&after, Fsync::Never).open().unwrap();
            assert!(report.damaged.is_empty(), "{report} after {count} of {} changes", ops.len());
            let found = rest(&queue);
            let found: BTreeSet<String> = found.iter().map(|value| self::name(value)).collect();
            let lost: Vec<_> = wanted.difference(&found).collect();
            assert!(lost.is_empty(), "{lost:?} after {count} of {} changes", ops.len());
        }
        if let Some(op) = ops.get(count) {
            disk.apply(op);
        }
    }
}

#[test]
fn nothing_that_was_accepted_is_lost() {
    fail_everywhere("power", |folder, facts| {
        let mut queue = open(folder, Fsync::EveryWrite);
        queue.try_push(value("old", 0, 100), -1).unwrap();
        facts.kept("old", 0);
        for number in 0..12 {
            queue.try_push(value("one", number, 150), 1).unwrap();
            facts.kept("one", number);
            let mut batch = Batch::new();
            batch.push(value("many", 2 * number, 80));
            batch.push(value("many", 2 * number + 1, 80));
            queue.try_push_batch(&mut batch, 0).unwrap();
            facts.kept("many", 2 * number);
            facts.kept("many", 2 * number + 1);
            queue.try_push(value("same", 0, 90), (-1, "same")).unwrap();
            facts.kept("same", 0);
            // One comes back, and all but the old ones are done with.
            drop(queue.try_pop().unwrap());
            while queue.len() > 2 {
                let element = queue.try_pop().unwrap();
                facts.done(&name(element.value()));
                element.accept();
            }
            if number % 5 == 4 {
                drop(queue);
                queue = open(folder, Fsync::EveryWrite);
            }
        }
        assert!(queue.disk_bytes() < 8 * 1024, "the log is kept short meanwhile");
    });
}

/// As an old value goes when a newer one is there, that one must be.
#[test]
fn what_was_replaced_goes_when_the_newer_is_safe() {
    let fsync = Fsync::Every(Duration::from_hours(1));
    fail_everywhere("power-replaced", |folder, facts| {
        let queue = open(folder, fsync);
        queue.try_push(value("same", 0, 800), (0, "same")).unwrap();
        queue.sync().unwrap();
        facts.kept("same", 0);
        for _ in 0..5 {
            queue.try_push(value("same", 0, 800), (0, "same")).unwrap();
        }
        assert!(queue.disk_bytes() < 3 * 1024, "old segments are gone");
    });
}

/// Whatever the policy: where they were copied from, they were.
#[test]
fn what_is_copied_is_safe_before_the_original_goes() {
    fail_everywhere("power-copied", |folder, facts| {
        let queue = open(folder, Fsync::Never);
        queue.try_push(value("old", 0, 100), -1).unwrap();
        queue.sync().unwrap();
        facts.kept("old", 0);
        for number in 0..40 {
            queue.try_push(value("new", number, 150), 0).unwrap();
            queue.try_pop().unwrap().accept();
        }
        assert!(queue.disk_bytes() < 6 * 1024, "old segments are gone");
    });
}

/// What the system forgot when it could not write is a hole, behind which nothing would be found.
#[test]
fn nothing_is_written_behind_what_a_failed_sync_lost() {
    fail_everywhere("power-hole", |folder, facts| {
        let queue = open(folder, Fsync::EveryWrite);
        let disk = lock(&queue.core.state).log.disk.clone();
        queue.try_push(value("one", 0, 50), 0).unwrap();
        queue.try_push(value("one", 1, 50), 0).unwrap();
        facts.kept("one", 1);
        queue.try_pop().unwrap().accept();
        disk.is_broken.store(true, SeqCst);
        queue.try_push(value("refused", 0, 50), 0).unwrap_err();
        disk.is_broken.store(false, SeqCst);
        queue.try_push(value("one", 2, 50), 0).unwrap();
        facts.kept("one", 2);
    });
}

#[test]
fn what_is_in_a_full_segment_is_safe() {
    let fsync = Fsync::Every(Duration::from_hours(1));
    fail_everywhere("power-full", |folder, facts| {
        let queue = open(folder, fsync);
        let (mut last, mut bytes) = (Vec::new(), queue.disk_bytes());
        for number in 0..30 {
            queue.try_push(value("one", number, 150), 0).unwrap();
            let frame = 58 + value("one", number, 150).len() as u64;
            if queue.disk_bytes() - bytes > frame {
                last.drain(..).for_each(|number| facts.kept("one", number));
            }
            bytes = queue.disk_bytes();
            last.push(number);
        }
        assert!(last.len() < 10);
    });
}
