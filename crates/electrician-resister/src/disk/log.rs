//! The segments of a log: appending, reading, deleting.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::file;
use super::frame::{self, Frame, HEADER};
use crate::time::{Nanos, nanos};

/// When what was written is forced to the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fsync {
    /// Before a push returns; once for all items of a batch. A power failure loses nothing that was
    /// accepted.
    #[default]
    EveryWrite,
    /// With the first write after so long, when a segment is full, at `sync` and at the end. A power
    /// failure loses at most what was accepted since.
    Every(Duration),
    /// When the system likes to. A power failure loses what it has not written yet. The end of the
    /// process alone, kill included, loses nothing.
    Never,
}

/// Where a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The number of the segment; 0 when the frame cannot be read any more.
    pub(crate) segment: u64,
    pub(crate) offset: u64,
    pub(crate) length: u32,
}

#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    /// How much of it is good.
    pub(crate) length: u64,
    /// How many elements it holds.
    pub(crate) live: u64,
    /// It is damaged, and is not to be deleted.
    pub(crate) is_kept: bool,
}

/// All segments, oldest first; appended to at the end, deleted at the front.
///
/// An acknowledgement stands in the same segment as its push or in a later one. As segments go
/// front first, it never goes before its push does.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) dir: PathBuf,
    pub(crate) segments: VecDeque<Segment>,
    pub(crate) segment_bytes: u64,
    pub(crate) fsync: Fsync,
    /// Bytes in all segments.
    pub(crate) total: u64,
    pub(crate) last_sync: Nanos,
    /// The first segment that holds what was not forced to the disk.
    pub(crate) dirty: Option<u64>,
    /// The last segment may end in rubbish: the next write begins another.
    pub(crate) is_sealed: bool,
    /// Holds the directory.
    pub(crate) lock: File,
    #[cfg(test)]
    pub(crate) disk: tests::FakeDisk,
}

// === impl Log ===

impl Log {
    /// Appends whole frames, in one write. What does not succeed leaves nothing behind.
    pub(crate) fn append(
        &mut self,
        frames: &[u8],
        base: u64,
        now: Nanos,
        is_durable: bool,
    ) -> io::Result<(u64, u64)> {
        let added = frames.len() as u64;
        let is_full = self.segments.back().is_none_or(|last| {
            last.length > HEADER as u64 && last.length + added > self.segment_bytes
        });
        if is_full || self.is_sealed {
            self.begin(base)?;
        }
        #[cfg(test)]
        let disk = self.disk.clone();
        let last = self.segments.back_mut().expect("one was begun");
        let start = last.length;
        #[cfg(test)]
        let written = disk.write(&last.file, frames, start);
        #[cfg(not(test))]
        let written = file::write_at(&last.file, frames, start);
        if let Err(error) = written {
            #[cfg(test)]
            let cut = disk.set_len(&last.file, start);
            #[cfg(not(test))]
            let cut = file::set_len(&last.file, start);
            self.is_sealed = cut.is_err();
            return Err(error);
        }
        last.length += added;
        self.total += added;
        let number = last.number;
        self.dirty.get_or_insert(number);
        let is_due = match self.fsync {
            Fsync::EveryWrite => true,
            Fsync::Every(interval) => now.saturating_sub(self.last_sync) >= nanos(interval),
            Fsync::Never => false,
        };
        if is_due
            && is_durable
            && let Err(error) = self.sync(now)
        {
            // What the disk holds now is unknown. What was given back must not be in the file.
            if let Some(last) = self.segments.back_mut() {
                last.length = start;
                file::set_len(&last.file, start).ok();
            }
            self.total -= added;
            return Err(error);
        }
        Ok((number, start))
    }

    /// Forces what was written to the disk.
    pub(crate) fn sync(&mut self, now: Nanos) -> io::Result<()> {
        let Some(dirty) = self.dirty else { return Ok(()) };
        for segment in self.segments.iter().filter(|segment| segment.number >= dirty) {
            #[cfg(test)]
            let synced = self.disk.sync(&segment.file);
            #[cfg(not(test))]
            let synced = file::sync(&segment.file);
            if let Err(error) = synced {
                // The system may have forgotten what it could not write, and say yes next time.
                self.is_sealed = true;
                return Err(error);
            }
        }
        self.dirty = None;
        self.last_sync = now;
        Ok(())
    }

    /// Begins another segment.
    fn begin(&mut self, base: u64) -> io::Result<()> {
        if self.is_sealed {
            if let Some(last) = self.segments.back() {
                // What was given back should not be found there, and may be cut off by now.
                file::set_len(&last.file, last.length).ok();
            }
        } else if self.fsync != Fsync::Never {
            self.sync(self.last_sync)?;
        }
        let number = self.segments.back().map_or(1, |last| last.number + 1);
        let path = segment_path(&self.dir, number);
        #[cfg(test)]
        self.disk.check(HEADER)?;
        let file = file::create(&self.dir, &path, &frame::header(number, base))?;
        let length = HEADER as u64;
        self.segments.push_back(Segment { number, path, file, length, live: 0, is_kept: false });
        self.total += length;
        self.is_sealed = false;
        Ok(())
    }

    pub(crate) fn segment(&mut self, number: u64) -> Option<&mut Segment> {
        let index = self.segments.binary_search_by_key(&number, |segment| segment.number).ok()?;
        self.segments.get_mut(index)
    }

    /// Reads the frame at `place` into `buffer`, and says whether it is what was written.
    pub(crate) fn read(&mut self, place: Place, buffer: &mut Vec<u8>) -> io::Result<()> {
        let gone = || io::Error::new(io::ErrorKind::NotFound, "the record was damaged on disk");
        let segment = self.segment(place.segment).ok_or_else(gone)?;
        buffer.resize(place.length as usize, 0);
        file::read_at(&segment.file, buffer, place.offset)?;
        match frame::read(buffer) {
            Ok((Frame::Push { .. }, length)) if length == buffer.len() => Ok(()),
            _ => {
                segment.is_kept = true;
                Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum is wrong"))
            }
        }
    }

    /// Counts an element of this place.
    pub(crate) fn gain(&mut self, place: Place) {
        if let Some(segment) = self.segment(place.segment) {
            segment.live += 1;
        }
    }

    /// An element of this place is not there any more.
    pub(crate) fn lose(&mut self, place: Place) {
        if let Some(segment) = self.segment(place.segment) {
            segment.live -= 1;
        }
    }

    /// Deletes the segments in front that hold nothing. The last one stays.
    pub(crate) fn trim(&mut self, now: Nanos) -> io::Result<()> {
        let is_done = |segments: &VecDeque<Segment>| segments.len() > 1 && segments[0].live == 0;
        if !is_done(&self.segments) {
            return Ok(());
        }
        // What replaced the elements in there should be safe before they go.
        if self.fsync != Fsync::Never {
            self.sync(now)?;
        }
        while is_done(&self.segments) {
            let first = &self.segments[0];
            if first.is_kept {
                file::put_aside(&self.dir, &first.path)?;
            } else {
                file::remove(&first.path)?;
            }
            self.total -= first.length;
            self.segments.pop_front();
        }
        file::sync_dir(&self.dir)
    }
}

/// The file of segment `number`.
pub(crate) fn segment_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:020}.log"))
}

#[cfg(test)]
pub(crate) mod tests;
