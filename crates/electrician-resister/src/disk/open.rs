//! Opening a directory: who holds it, what is in it, what of that is whole.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::file;
use super::frame::{self, ACK_FRAME, Frame, HEADER, VERSION};
use super::known::Known;
use super::log::{Fsync, Log, Place, Segment, segment_path};
use super::scan::{self, End, Scanner};
use super::{OpenError, OpenReport};
use crate::line::{Line, Ticket};
use crate::time::Nanos;

/// What comes out of the segments, one frame at a time.
struct Replay<'a> {
    line: &'a mut Line<Place>,
    segments: VecDeque<Segment>,
    known: Known,
    report: OpenReport,
    /// The latest time that was written.
    latest: Nanos,
}

/// The log in `dir`, with its elements in `line`. The latest time in it comes along.
pub(crate) fn open(
    dir: &Path,
    segment_bytes: u64,
    fsync: Fsync,
    line: &mut Line<Place>,
) -> Result<(Log, OpenReport, Nanos), OpenError> {
    let lock = acquire(dir)?;
    tidy(dir)?;
    let mut replay = Replay {
        line,
        segments: VecDeque::new(),
        known: Known::default(),
        report: OpenReport::default(),
        latest: 0,
    };
    let mut scanner = Scanner::new();
    let mut expected = None;
    for number in numbers(dir)? {
        // Those in front of the first are gone because they were done.
        let expected = expected.replace(number + 1).unwrap_or(number);
        replay.report.missing += number.saturating_sub(expected);
        replay.segment(dir, number, &mut scanner)?;
    }
    let Replay { segments, mut report, latest, line, .. } = replay;
    report.records = line.waiting() as u64;
    line.counters.recovered = report.records;
    let total = segments.iter().map(|segment| segment.length).sum();
    let log = Log {
        dir: dir.to_owned(),
        segments,
        segment_bytes,
        fsync,
        total,
        last_sync: 0,
        dirty: None,
        is_sealed: false,
        lock,
        #[cfg(test)]
        disk: super::log::tests::FakeDisk::default(),
    };
    Ok((log, report, latest))
}

/// Makes the directory ours, if it is there, writable, and nobody's.
fn acquire(dir: &Path) -> Result<File, OpenError> {
    let refused = |source: io::Error| match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            OpenError::NotWritable { dir: dir.to_owned(), source }
        }
        _ => OpenError::Io { path: dir.to_owned(), source },
    };
    fs::create_dir_all(dir).map_err(refused)?;
    let path = dir.join("lock");
    let lock =
        OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(refused)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::Locked { dir: dir.to_owned() }),
        Err(TryLockError::Error(source)) => return Err(refused(source)),
    }
    // That the lock can be opened does not say that segments can be created.
    let probe = dir.join("probe.tmp");
    File::create(&probe).and_then(|_| fs::remove_file(&probe)).map_err(refused)?;
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        // Not everybody may open the parent, and then it is not ours to sync.
        file::sync_dir(parent).ok();
    }
    file::sync_dir(dir).map_err(refused)?;
    Ok(lock)
}

/// Deletes files that were being created when the process ended.
fn tidy(dir: &Path) -> Result<(), OpenError> {
    for path in files(dir, "tmp")? {
        fs::remove_file(&path).map_err(OpenError::io(&path))?;
    }
    Ok(())
}

/// The numbers of the segments, in order.
fn numbers(dir: &Path) -> Result<Vec<u64>, OpenError> {
    let files = files(dir, "log")?;
    let number = |path: &PathBuf| {
        let number = path.file_stem()?.to_str()?.parse().ok()?;
        (segment_path(dir, number) == *path && number > 0).then_some(number)
    };
    let mut numbers: Vec<u64> = files.iter().filter_map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn files(dir: &Path, extension: &str) -> Result<Vec<PathBuf>, OpenError> {
    let list = || {
        let paths = fs::read_dir(dir)?.map(|entry| Ok(entry?.path()));
        let wanted = |path: &PathBuf| path.extension().is_some_and(|found| found == extension);
        paths.filter(|path| path.as_ref().map_or(true, wanted)).collect::<io::Result<Vec<_>>>()
    };
    list().map_err(OpenError::io(dir))
}

// === impl Replay ===

impl Replay<'_> {
    fn segment(&mut self, dir: &Path, number: u64, scanner: &mut Scanner) -> Result<(), OpenError> {
        let path = segment_path(dir, number);
        let failed = || OpenError::io(&path);
        let file = file::open(&path).map_err(failed())?;
        let length = file.metadata().map_err(failed())?.len();
        self.report.segments += 1;
        self.report.bytes_read += length;
        let mut header = [0; HEADER];
        let is_read = length >= HEADER as u64;
        if is_read {
            file::read_at(&file, &mut header, 0).map_err(failed())?;
        }
        match frame::read_header(&header).filter(|_| is_read) {
            Some((found, ..)) if found > VERSION => {
                return Err(OpenError::Version { file: path, found, supported: VERSION });
            }
            Some((_, named, base)) if named == number => {
                self.line.skip(base.saturating_sub(1));
                self.known.begin(base);
            }
            _ => {
                let kept = file::put_aside(dir, &path).map_err(failed())?;
                self.report.damaged.push(kept);
                return Ok(());
            }
        }
        let mut segment =
            Segment { number, path: path.clone(), file, length, live: 0, is_kept: false };
        let handle = segment.file.try_clone().map_err(failed())?;
        segment.length = HEADER as u64;
        self.segments.push_back(segment);
        let good = scanner
            .frames(&handle, length, |frame, offset, size| self.frame(frame, number, offset, size))
            .map_err(failed())?;
        match scan::end(&handle, good, length).map_err(failed())? {
            End::Clean => {}
            End::Torn => {
                self.report.torn += 1;
                self.report.bytes_cut += length - good;
                cut(&handle, good).map_err(failed())?;
            }
            End::Damaged => {
                let kept = file::keep_copy(dir, &path).map_err(failed())?;
                self.report.damaged.push(kept);
                cut(&handle, good).map_err(failed())?;
            }
        }
        if let Some(segment) = self.segments.back_mut() {
            segment.length = good;
        }
        Ok(())
    }

    fn frame(&mut self, frame: Frame<'_>, segment: u64, offset: u64, size: usize) {
        self.report.frames += 1;
        match frame {
            Frame::Push { ticket, .. } => {
                let length = u32::try_from(size).expect("a frame has at most 32 bits");
                self.push(ticket, Place { segment, offset, length });
            }
            Frame::Ack { id } => {
                self.line.skip(id);
                if let Some(place) = self.known.remove(id) {
                    let entry = self.line.forget(place);
                    self.lose(entry.payload);
                }
            }
            Frame::Requeue { id, sequence, priority, retries, queued } => {
                self.line.skip(id.max(sequence));
                self.latest = self.latest.max(queued);
                if let Some(place) = self.known.get(id) {
                    let ticket = &mut self.line.entry_mut(place).ticket;
                    (ticket.sequence, ticket.priority) = (sequence, priority);
                    (ticket.retries, ticket.queued) = (retries, queued);
                    self.line.stand(place);
                }
            }
        }
    }

    fn push(&mut self, ticket: Ticket, place: Place) {
        self.line.skip(ticket.id.max(ticket.sequence));
        self.latest = self.latest.max(ticket.queued);
        let id = ticket.id;
        let ticket = Ticket { bytes: u64::from(place.length) + ACK_FRAME, ..ticket };
        if let Some(known) = self.known.get(id) {
            let former = self.line.replace(known, ticket, place);
            self.lose(former);
        } else {
            let known = self.line.insert(ticket, place);
            self.known.insert(id, known);
        }
        if let Some(segment) = self.segments.back_mut() {
            segment.live += 1;
        }
    }

    fn lose(&mut self, place: Place) {
        let number = place.segment;
        let index = self.segments.binary_search_by_key(&number, |segment| segment.number);
        if let Ok(index) = index {
            self.segments[index].live -= 1;
        }
    }
}

/// Ends the file after its good part.
fn cut(file: &File, good: u64) -> io::Result<()> {
    file::set_len(file, good)?;
    file::sync(file)
}
