//! A file that is put aside when it is full or old.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use electrician_types::ConfigError;

use super::rotation::Rotation;
use super::{Lines, LogSink};
use crate::SinkError;
use crate::clock::WallClock;

/// Appends to a file. When a line would make it too large, or when it is too old, the file `app.log`
/// becomes `app.log.1`, that one `app.log.2` and so on, and a new one begins. A line is never split.
///
/// One process writes a file. After an error that left half a line, and after a crash that did, the
/// next line begins on a new one.
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    rotation: Rotation,
    clock: WallClock,
    file: File,
    /// Bytes in the file.
    size: u64,
    /// When it began.
    since: SystemTime,
    /// Whether it ends in the middle of a line.
    is_torn: bool,
}

/// Configures a [`FileSink`].
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is built"]
pub struct FileSinkBuilder {
    path: PathBuf,
    rotation: Rotation,
    clock: WallClock,
}

// === impl FileSinkBuilder ===

impl FileSinkBuilder {
    /// Puts the file aside before it has more than `bytes`. A single line that is larger gets a
    /// file of its own. The default is no bound.
    pub fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.rotation.max_bytes = Some(bytes);
        self
    }

    /// Puts the file aside at the first line after it was `age` old. The default is no bound.
    pub fn with_max_age(mut self, age: Duration) -> Self {
        self.rotation.max_age = Some(age);
        self
    }

    /// Puts the file aside at the first line of another day, UTC.
    pub fn with_daily(mut self) -> Self {
        self.rotation.daily = true;
        self
    }

    /// Keeps `count` files beside the one that is written, 0 to 999; default 7.
    pub fn with_keep(mut self, count: u32) -> Self {
        self.rotation.keep = count;
        self
    }

    /// Takes the time for ages and days from `now`; default the system's.
    pub fn with_clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = WallClock::new(now);
        self
    }

    /// Opens the file for appending, and creates it and the folders above it if need be.
    pub fn build(self) -> Result<FileSink, ConfigError> {
        let Self { path, rotation, clock } = self;
        let shown = path.display();
        let mut problems = Vec::new();
        if rotation.max_bytes == Some(0) {
            problems.push(format!("{shown}: max_bytes is 0, expected at least 1"));
        }
        if rotation.max_age == Some(Duration::ZERO) {
            problems.push(format!("{shown}: max_age is 0, expected more"));
        }
        if rotation.keep > 999 {
            problems.push(format!("{shown}: keep is {}, expected at most 999", rotation.keep));
        }
        ConfigError::check(problems)?;
        let (file, size, since, is_torn) = open(&path, &clock)
            .map_err(|error| wrong(format!("{shown}: cannot be opened for appending: {error}")))?;
        Ok(FileSink { path, rotation, clock, file, size, since, is_torn })
    }
}

// === impl FileSink ===

impl FileSink {
    /// Appends to the file at `path`.
    pub fn builder(path: impl Into<PathBuf>) -> FileSinkBuilder {
        let rotation = Rotation { max_bytes: None, max_age: None, daily: false, keep: 7 };
        FileSinkBuilder { path: path.into(), rotation, clock: WallClock::SYSTEM }
    }

    /// Opens the file at the path, whatever is there now.
    fn open_again(&mut self) -> io::Result<()> {
        (self.file, self.size, self.since, self.is_torn) = open(&self.path, &self.clock)?;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        self.file.sync_data()?;
        self.rotation.put_aside(&self.path)?;
        self.open_again()
    }

    /// Appends whole lines. Returns how many bytes were written before an error.
    fn append(&mut self, lines: &[u8]) -> Result<(), (usize, io::Error)> {
        if self.is_torn {
            self.file.write_all(b"\n").map_err(|error| (0, error))?;
            (self.is_torn, self.size) = (false, self.size + 1);
        }
        let mut written = 0;
        while written < lines.len() {
            match self.file.write(&lines[written..]) {
                Ok(0) => return Err((written, io::ErrorKind::WriteZero.into())),
                Ok(count) => {
                    written += count;
                    self.size += count as u64;
                    self.is_torn = lines[written - 1] != b'\n';
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err((written, error)),
            }
        }
        Ok(())
    }
}

impl LogSink for FileSink {
    fn write(&mut self, lines: Lines<'_>) -> Result<(), SinkError> {
        let all = lines.bytes();
        let mut done = 0;
        let mut trouble = None;
        while done < all.len() {
            let is_old = self.size > 0 && self.rotation.is_old(self.since, self.clock.now());
            let mut end = if is_old { 0 } else { self.rotation.fitting(self.size, &all[done..]) };
            if end == 0 {
                if let Err(error) = self.rotate() {
                    // The lines matter more than the size of the file.
                    trouble = Some(error);
                    end = all.len() - done;
                } else {
                    end = self.rotation.fitting(self.size, &all[done..]);
                }
            }
            if let Err((bytes, error)) = self.append(&all[done..done + end]) {
                return Err(SinkError::new(count(&all[..done + bytes]), error));
            }
            done += end;
        }
        match trouble {
            None => Ok(()),
            Some(error) => {
                let all = count(all);
                Err(SinkError::new(all, format!("the file cannot be put aside: {error}")))
            }
        }
    }

    /// Brings the data to the disk (`fdatasync`).
    fn flush(&mut self, _deadline: Duration) -> Result<(), SinkError> {
        Ok(self.file.sync_data()?)
    }

    fn reopen(&mut self) -> Result<(), SinkError> {
        Ok(self.open_again()?)
    }
}

/// The file, its size, when it began, and whether it ends in the middle of a line.
fn open(path: &Path, clock: &WallClock) -> io::Result<(File, u64, SystemTime, bool)> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
    let metadata = file.metadata()?;
    let size = metadata.len();
    if size == 0 {
        return Ok((file, 0, clock.now(), false));
    }
    // Where the file system does not keep it, the last change is the best guess.
    let since = metadata.created().or_else(|_| metadata.modified())?;
    let mut last = [0];
    let is_plain = metadata.is_file();
    if is_plain {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    Ok((file, size, since, is_plain && last != *b"\n"))
}

/// Whole lines.
fn count(bytes: &[u8]) -> usize {
    bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")).count()
}

fn wrong(problem: String) -> ConfigError {
    ConfigError::check(vec![problem]).expect_err("there is a problem")
}
