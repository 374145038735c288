//! Records as bytes, out of a stream.

use crate::{CodecError, Framing, Limits};

/// Cuts a stream of bytes into the bytes of its records.
///
/// A record that lies in one chunk is not copied. One that does not is put together in a buffer of
/// at most [`Limits::record_bytes`], which is used again.
#[derive(Debug)]
pub struct Frames<F> {
    framing: F,
    limits: Limits,
    kept: Vec<u8>,
    state: State,
    taken: u64,
    start: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between records, or within one.
    Reading,
    /// What was kept has been given out.
    Given,
    /// The record under way is too large: its bytes are let go, its error was told.
    Skipping,
    /// The place of the next record is lost.
    Broken,
}

// === impl Frames ===

impl<F: Framing> Frames<F> {
    /// Records as `framing` sets them apart.
    pub const fn new(framing: F, limits: Limits) -> Self {
        Self { framing, limits, kept: Vec::new(), state: State::Reading, taken: 0, start: 0 }
    }

    /// The bytes of the next record, as [`Decoder::decode`](electrician_types::Decoder::decode)
    /// takes them.
    ///
    /// A record of more than [`Limits::record_bytes`] is an error at once, and is then passed over.
    pub fn next<'a, 'input: 'a>(
        &'a mut self,
        input: &mut &'input [u8],
    ) -> Result<Option<&'a [u8]>, CodecError> {
        if self.state == State::Broken {
            return Err(self.broken());
        }
        if self.state == State::Given {
            self.let_go();
        }
        while !input.is_empty() {
            let scan = match self.framing.scan(input, &self.limits) {
                Ok(scan) => scan,
                Err(error) => return Err(self.break_at(error)),
            };
            debug_assert!(scan.taken() > 0 || scan.is_whole, "a scan gets on");
            let chunk = *input;
            let (front, rest) = chunk.split_at(scan.taken());
            let found = &front[scan.skip..scan.skip + scan.keep];
            *input = rest;
            if self.kept.is_empty() && self.state == State::Reading {
                self.start = self.taken + scan.skip as u64 - scan.prefix.len() as u64;
                self.kept.extend_from_slice(scan.prefix);
            }
            self.taken += front.len() as u64;

            if self.state == State::Skipping {
                if scan.is_whole {
                    self.state = State::Reading;
                }
                continue;
            }
            if self.kept.len() + found.len() > self.limits.record_bytes {
                self.let_go();
                if !scan.is_whole {
                    self.state = State::Skipping;
                }
                let limit = format_args!("{} bytes", self.limits.record_bytes);
                return Err(CodecError::too_large("framing", "a record", limit).at(self.start));
            }
            if !scan.is_whole {
                self.kept.extend_from_slice(found);
            } else if self.kept.is_empty() {
                if let Some(range) = self.framing.trim(found) {
                    return Ok(Some(&found[range]));
                }
            } else {
                self.kept.extend_from_slice(found);
                if let Some(range) = self.framing.trim(&self.kept) {
                    self.state = State::Given;
                    return Ok(Some(&self.kept[range]));
                }
                self.let_go();
            }
        }
        Ok(None)
    }

    /// Ends the stream, as [`Decoder::finish`](electrician_types::Decoder::finish) does.
    pub fn finish(&mut self) -> Result<Option<&[u8]>, CodecError> {
        let state = self.state;
        if state == State::Given {
            self.let_go();
        }
        let taken = std::mem::take(&mut self.taken);
        if matches!(state, State::Broken | State::Skipping) {
            // Its error has been told.
            self.reset();
            return Ok(None);
        }
        let is_record = self.framing.finish(&self.kept);
        self.framing.reset();
        match is_record {
            Ok(true) => {
                self.state = State::Given;
                Ok(self.framing.trim(&self.kept).map(|range| &self.kept[range]))
            }
            Ok(false) => {
                self.reset();
                Ok(None)
            }
            Err(error) => {
                self.reset();
                Err(error.at(taken))
            }
        }
    }

    /// Whether an error has lost the place of the next record.
    pub fn is_broken(&self) -> bool {
        self.state == State::Broken
    }

    /// Where the last record began, in bytes from the begin of the stream.
    pub const fn offset(&self) -> u64 {
        self.start
    }

    /// The limits that hold.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Forgets the stream, for the next one.
    pub fn reset(&mut self) {
        self.framing.reset();
        self.let_go();
        self.taken = 0;
        self.start = 0;
    }

    fn let_go(&mut self) {
        self.kept.clear();
        self.state = State::Reading;
    }

    fn break_at(&mut self, error: CodecError) -> CodecError {
        self.kept = Vec::new();
        self.state = State::Broken;
        match error.offset() {
            Some(offset) => error.at(self.taken + offset),
            None => error,
        }
    }

    fn broken(&self) -> CodecError {
        let message = "an earlier error lost the place of the next record: start a new stream";
        CodecError::malformed("framing", message).at(self.taken)
    }
}
