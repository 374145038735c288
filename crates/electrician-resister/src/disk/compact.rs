//! Keeping the log short.

use std::io;

use super::core::State;
use super::frame;
use super::log::Place;
use crate::time::Nanos;

/// How much is copied in one write.
const CHUNK: usize = 1 << 20;

/// Of a frame that cannot be read any more.
const GONE: Place = Place { segment: 0, offset: 0, length: 0 };

impl State {
    /// When more than half of the log is done with, writes what is left in the oldest segment
    /// again, at the end, and deletes it: one segment at a time, so that no call takes long.
    ///
    /// Going once around copies at most the half that is needed and deletes the half that is not.
    /// So the log takes at most about twice what is in it, plus what the slack allows, and each
    /// byte is copied about once for each byte that is written.
    pub(crate) fn compact(&mut self, now: Nanos) -> io::Result<()> {
        let slack = 2 * self.log.segment_bytes;
        if self.log.segments.len() < 2 || self.log.total <= 2 * self.line.bytes() + slack {
            return Ok(());
        }
        let oldest = self.log.segments[0].number;
        self.evacuate(oldest, now)?;
        // The copies must be safe, whatever the policy: the originals were.
        self.log.sync(now)?;
        self.log.trim(now)
    }

    /// Writes the elements of a segment again.
    fn evacuate(&mut self, number: u64, now: Nanos) -> io::Result<()> {
        let inside = self.line.entries().filter(|(_, entry)| entry.payload.segment == number);
        let mut places: Vec<(u32, Place)> =
            inside.map(|(place, entry)| (place, entry.payload)).collect();
        places.sort_unstable_by_key(|(_, place)| place.offset);
        let (mut chunk, mut members, mut buffer) = (Vec::new(), Vec::new(), Vec::new());
        for (place, source) in places {
            if let Err(error) = self.log.read(source, &mut buffer) {
                if error.kind() != io::ErrorKind::InvalidData {
                    return Err(error);
                }
                // It is found out when its turn comes. The segment is put aside, not deleted.
                self.line.entry_mut(place).payload = GONE;
                self.log.lose(source);
                continue;
            }
            frame::stamp(&mut buffer, &self.line.entry(place).ticket);
            members.push((place, chunk.len() as u64, source));
            chunk.extend_from_slice(&buffer);
            if chunk.len() >= CHUNK {
                self.move_in(&mut chunk, &mut members, now)?;
            }
        }
        self.move_in(&mut chunk, &mut members, now)
    }

    fn move_in(
        &mut self,
        chunk: &mut Vec<u8>,
        members: &mut Vec<(u32, u64, Place)>,
        now: Nanos,
    ) -> io::Result<()> {
        if chunk.is_empty() {
            return Ok(());
        }
        let base = self.line.next_number();
        let (segment, start) = self.log.append(chunk, base, now, false)?;
        for (place, at, source) in members.drain(..) {
            let target = Place { segment, offset: start + at, length: source.length };
            self.line.entry_mut(place).payload = target;
            self.log.gain(target);
            self.log.lose(source);
        }
        chunk.clear();
        Ok(())
    }
}
