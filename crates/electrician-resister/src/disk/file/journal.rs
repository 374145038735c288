//! What a thread did to its files, and what of that a power failure leaves.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A change, or the promise that changes so far are safe.
#[derive(Debug)]
pub(crate) enum Op {
    Create {
        path: PathBuf,
        ino: u64,
    },
    Write {
        ino: u64,
        offset: u64,
        bytes: Vec<u8>,
    },
    Cut {
        ino: u64,
        length: u64,
    },
    Sync {
        ino: u64,
    },
    /// A sync failed, and the system has forgotten what it could not write.
    Forget {
        ino: u64,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove {
        path: PathBuf,
    },
    SyncNames,
}

thread_local! {
    static OPS: RefCell<Option<Vec<Op>>> = const { RefCell::new(None) };
}

/// Begins to write down what this thread does.
pub(crate) fn begin() {
    OPS.with_borrow_mut(|ops| *ops = Some(Vec::new()));
}

/// How much was written down so far.
pub(crate) fn position() -> usize {
    OPS.with_borrow(|ops| ops.as_ref().map_or(0, Vec::len))
}

/// What was written down.
pub(crate) fn end() -> Vec<Op> {
    OPS.with_borrow_mut(Option::take).unwrap_or_default()
}

pub(crate) fn note(op: impl FnOnce() -> Op) {
    OPS.with_borrow_mut(|ops| {
        if let Some(ops) = ops {
            ops.push(op());
        }
    });
}

pub(crate) fn note_file(file: &File, op: impl FnOnce(u64) -> Op) {
    note(|| op(file.metadata().expect("an open file has metadata").ino()));
}

/// A disk with a cache: what was done, and what of that is safe.
#[derive(Default)]
pub(crate) struct Cached {
    files: Vec<Content>,
    /// Numbers of files are given again, so each has another one here.
    inodes: HashMap<u64, usize>,
    names: BTreeMap<PathBuf, usize>,
    safe_names: BTreeMap<PathBuf, usize>,
}

#[derive(Default)]
struct Content {
    now: Vec<u8>,
    safe: Vec<u8>,
}

/// What files hold, by their paths.
pub(crate) type Image = BTreeMap<PathBuf, Vec<u8>>;

// === impl Cached ===

impl Cached {
    pub(crate) fn apply(&mut self, op: &Op) {
        match op {
            Op::Create { path, ino } => {
                self.files.push(Content::default());
                self.inodes.insert(*ino, self.files.len() - 1);
                self.names.insert(path.clone(), self.files.len() - 1);
            }
            Op::Write { ino, offset, bytes } => {
                let offset = usize::try_from(*offset).expect("a test is small");
                let now = &mut self.content(*ino).now;
                now.resize(now.len().max(offset + bytes.len()), 0);
                now[offset..offset + bytes.len()].copy_from_slice(bytes);
            }
            Op::Cut { ino, length } => {
                self.content(*ino).now.resize(usize::try_from(*length).expect("as above"), 0);
            }
            Op::Sync { ino } => {
                let content = self.content(*ino);
                content.safe = content.now.clone();
            }
            Op::Forget { ino } => {
                let content = self.content(*ino);
                let length = content.now.len();
                content.now.clone_from(&content.safe);
                content.now.resize(length, 0);
            }
            Op::Rename { from, to } => {
                let file = self.names.remove(from).expect("it is there");
                self.names.insert(to.clone(), file);
            }
            Op::Remove { path } => {
                self.names.remove(path);
            }
            Op::SyncNames => self.safe_names = self.names.clone(),
        }
    }

    /// What a power failure may leave: names and contents may each be older than they were, or not.
    pub(crate) fn images(&self) -> Vec<Image> {
        let mut images = Vec::new();
        for names in [&self.safe_names, &self.names] {
            for content in [|file: &Content| file.safe.clone(), |file: &Content| file.now.clone()] {
                let file =
                    |(path, file): (&PathBuf, &usize)| (path.clone(), content(&self.files[*file]));
                images.push(names.iter().map(file).collect());
            }
        }
        images
    }

    fn content(&mut self, ino: u64) -> &mut Content {
        &mut self.files[self.inodes[&ino]]
    }
}

/// Makes `dir` hold what the image says, and nothing else.
pub(crate) fn restore(image: &Image, dir: &Path) {
    std::fs::remove_dir_all(dir).ok();
    std::fs::create_dir_all(dir).expect("the folder can be made");
    for (path, bytes) in image {
        let name = path.file_name().expect("a file has a name");
        std::fs::write(dir.join(name), bytes).expect("the file can be written");
    }
}
