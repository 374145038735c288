//! Files and directories: positioned access, and what must reach the disk.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Writes all of `bytes` at `offset`.
pub(crate) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    #[cfg(all(test, unix))]
    journal::note_file(file, |ino| journal::Op::Write { ino, offset, bytes: bytes.to_vec() });
    write_all(file, bytes, offset)
}

#[cfg(unix)]
fn write_all(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

/// Ends the file after `length` bytes.
pub(crate) fn set_len(file: &File, length: u64) -> io::Result<()> {
    #[cfg(all(test, unix))]
    journal::note_file(file, |ino| journal::Op::Cut { ino, length });
    file.set_len(length)
}

/// Forces what the file holds to the disk.
pub(crate) fn sync(file: &File) -> io::Result<()> {
    file.sync_data()?;
    #[cfg(all(test, unix))]
    journal::note_file(file, |ino| journal::Op::Sync { ino });
    Ok(())
}

/// Fills `bytes` from `offset`.
#[cfg(unix)]
pub(crate) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

// One handle at a time is used, under the lock of the queue.
#[cfg(not(unix))]
fn write_all(mut file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

#[cfg(not(unix))]
pub(crate) fn read_at(mut file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}

/// Makes what was created, renamed or deleted in `dir` last.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    // Elsewhere a directory cannot be opened, and the file system cares for itself.
    if cfg!(unix) {
        File::open(dir)?.sync_all()?;
    }
    #[cfg(all(test, unix))]
    journal::note(|| journal::Op::SyncNames);
    Ok(())
}

/// Deletes `path`.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)?;
    #[cfg(all(test, unix))]
    journal::note(|| journal::Op::Remove { path: path.to_owned() });
    Ok(())
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    #[cfg(all(test, unix))]
    journal::note(|| journal::Op::Rename { from: from.to_owned(), to: to.to_owned() });
    Ok(())
}

/// An existing file, to be read and written.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

/// Creates `path` with `content`: whole, or not at all.
pub(crate) fn create(dir: &Path, path: &Path, content: &[u8]) -> io::Result<File> {
    let unfinished = path.with_extension("tmp");
    let result = (|| {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&unfinished)?;
        #[cfg(all(test, unix))]
        journal::note_file(&file, |ino| journal::Op::Create { path: unfinished.clone(), ino });
        write_at(&file, content, 0)?;
        sync(&file)?;
        rename(&unfinished, path)?;
        sync_dir(dir)?;
        Ok(file)
    })();
    if result.is_err() {
        // What cannot be deleted now is deleted at the next opening.
        fs::remove_file(&unfinished).ok();
    }
    result
}

/// Keeps a copy of `path` under a name that no segment has. Returns the name.
pub(crate) fn keep_copy(dir: &Path, path: &Path) -> io::Result<PathBuf> {
    let kept = free_name(path);
    let unfinished = path.with_extension("tmp");
    fs::copy(path, &unfinished)?;
    sync(&open(&unfinished)?)?;
    rename(&unfinished, &kept)?;
    sync_dir(dir)?;
    Ok(kept)
}

/// Renames `path`, so that it is no segment any more. Returns the name.
pub(crate) fn put_aside(dir: &Path, path: &Path) -> io::Result<PathBuf> {
    let kept = free_name(path);
    rename(path, &kept)?;
    sync_dir(dir)?;
    Ok(kept)
}

fn free_name(path: &Path) -> PathBuf {
    let first = path.with_extension("damaged");
    let more = (1_u32..).map(|count| path.with_extension(format!("{count}.damaged")));
    std::iter::once(first).chain(more).find(|name| !name.exists()).expect("some name is free")
}

#[cfg(all(test, unix))]
pub(crate) mod journal;
