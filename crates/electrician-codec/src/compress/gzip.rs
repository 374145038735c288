//! Gzip: members of RFC 1952 around deflate.

mod header;

use flate2::{Compress, Crc, Decompress, FlushCompress, FlushDecompress, Status};

use super::GzipLevel;
use super::engine::{Expand, Flow, Squeeze, make_room};
use super::pending::Pending;
use crate::{CodecError, CodecErrorKind, Limits};
use header::Header;

const NAME: &str = "gzip";

/// The largest window that deflate has, as a power of two.
const WINDOW_BITS: u8 = 15;

pub(super) struct Writer {
    deflate: Compress,
}

pub(super) struct Reader {
    inflate: Decompress,
    state: State,
    crc: Crc,
    pending: Pending,
    has_member: bool,
}

enum State {
    Header(Header),
    Body,
    Trailer,
    /// A member has ended: another may follow.
    Between,
}

// === impl Writer ===

impl Writer {
    pub(super) fn new(level: GzipLevel) -> Self {
        let level = flate2::Compression::new(u32::from(level.level()));
        Self { deflate: Compress::new_gzip(level, WINDOW_BITS) }
    }

    /// Runs until nothing more comes out.
    fn run(
        &mut self,
        mut chunk: &[u8],
        flush: FlushCompress,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        loop {
            make_room(into, (chunk.len() / 2).max(512));
            let before = self.deflate.total_in();
            let status = self
                .deflate
                .compress_vec(chunk, into, flush)
                .map_err(|error| CodecError::malformed(NAME, error.to_string()))?;
            chunk = &chunk[taken(self.deflate.total_in() - before)..];
            let is_done = match flush {
                FlushCompress::Finish => status == Status::StreamEnd,
                // A full output may hide that there is more.
                _ => chunk.is_empty() && into.len() < into.capacity(),
            };
            if is_done {
                return Ok(());
            }
        }
    }
}

impl Squeeze for Writer {
    fn push(&mut self, chunk: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.run(chunk, FlushCompress::None, into)
    }

    fn flush(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.run(&[], FlushCompress::Sync, into)
    }

    fn finish(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.run(&[], FlushCompress::Finish, into)?;
        self.reset();
        Ok(())
    }

    fn reset(&mut self) {
        self.deflate.reset();
    }

    fn whole(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.run(plain, FlushCompress::Finish, into)?;
        self.reset();
        Ok(())
    }
}

// === impl Reader ===

impl Reader {
    pub(super) fn new() -> Self {
        Self {
            inflate: Decompress::new(false),
            state: State::Header(Header::default()),
            crc: Crc::new(),
            pending: Pending::default(),
            has_member: false,
        }
    }

    /// Some of the deflated data; whether it has ended.
    fn inflate(&mut self, input: &mut &[u8], into: &mut Vec<u8>) -> Result<bool, CodecError> {
        let (read, start) = (self.inflate.total_in(), into.len());
        let status = self.inflate.decompress_vec(input, into, FlushDecompress::None);
        *input = &input[taken(self.inflate.total_in() - read)..];
        self.crc.update(&into[start..]);
        // In whose words depends on how much came out before.
        let status = status.map_err(|error| {
            CodecError::malformed(NAME, "the deflated data is damaged").with_source(error)
        })?;
        Ok(status == Status::StreamEnd)
    }

    fn check(&self, trailer: [u8; 8]) -> Result<(), CodecError> {
        let [c0, c1, c2, c3, l0, l1, l2, l3] = trailer;
        let (crc, length) =
            (u32::from_le_bytes([c0, c1, c2, c3]), u32::from_le_bytes([l0, l1, l2, l3]));
        if crc != self.crc.sum() {
            let message = "the CRC-32 of the data does not match the trailer";
            return Err(CodecError::new(CodecErrorKind::Corrupt, NAME, message));
        }
        if length != self.crc.amount() {
            let message = "the length of the data does not match the trailer";
            return Err(CodecError::new(CodecErrorKind::Corrupt, NAME, message));
        }
        Ok(())
    }
}

impl Expand for Reader {
    fn step(
        &mut self,
        input: &mut &[u8],
        into: &mut Vec<u8>,
        _: usize,
    ) -> Result<Flow, CodecError> {
        loop {
            match &mut self.state {
                State::Between if input.is_empty() => return Ok(Flow::Hungry),
                State::Between => self.state = State::Header(Header::default()),
                State::Header(header) => match header.read(input) {
                    Ok(false) => return Ok(Flow::Hungry),
                    Ok(true) => self.state = State::Body,
                    Err(_) if self.has_member && header.is_at_magic() => {
                        let message = "bytes follow the last member, which begin no other";
                        return Err(CodecError::malformed(NAME, message).at(0));
                    }
                    Err(error) => return Err(error),
                },
                State::Body => {
                    let left = input.len();
                    if self.inflate(input, into)? {
                        self.state = State::Trailer;
                    } else if into.len() == into.capacity()
                        || input.len() < left && !input.is_empty()
                    {
                        return Ok(Flow::More);
                    } else if input.is_empty() {
                        return Ok(Flow::Hungry);
                    } else {
                        return Err(CodecError::malformed(NAME, "the deflated data is stuck"));
                    }
                }
                State::Trailer => {
                    let Some(trailer) = self.pending.array(input) else {
                        return Ok(Flow::Hungry);
                    };
                    self.check(trailer)?;
                    self.crc.reset();
                    self.inflate.reset(false);
                    self.has_member = true;
                    self.state = State::Between;
                }
            }
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.state, State::Between)
    }

    fn reset(&mut self, _: &Limits) {
        if !matches!(&self.state, State::Header(_)) || self.has_member {
            self.inflate.reset(false);
        }
        self.crc.reset();
        self.pending.clear();
        self.has_member = false;
        self.state = State::Header(Header::default());
    }
}

/// A count of bytes of a slice, which fits.
fn taken(count: u64) -> usize {
    usize::try_from(count).expect("no more than the slice has")
}
