//! The header of a page, as far as it says how large the page is.
//!
//! It is read here before the decoder reads it, because a decoder that believes it allocates what it
//! claims. The form is Thrift's compact protocol; field numbers are those of `PageHeader` in
//! <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>.

/// How deep a header may nest; it has three levels.
const DEPTH: usize = 8;

/// What a page says about itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) uncompressed: i64,
    pub(super) compressed: i64,
    pub(super) values: i64,
    pub(super) is_dictionary: bool,
    /// Bytes at the begin of the page that are not compressed.
    pub(super) levels: i64,
    pub(super) is_stored: bool,
}

/// Why there is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It goes on beyond these bytes.
    Short,
    /// It is none.
    Malformed,
}

type Result<T> = std::result::Result<T, Wrong>;

struct Bytes<'a> {
    all: &'a [u8],
    at: usize,
}

// Types of fields.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const I32: u8 = 5;
const STRUCT: u8 = 12;

// === impl Header ===

impl Header {
    /// The header at the begin of `bytes`, and how many of them it takes.
    pub(super) fn parse(bytes: &[u8]) -> Result<(Self, usize)> {
        let mut header = Self::default();
        let mut bytes = Bytes { all: bytes, at: 0 };
        bytes.fields(DEPTH, &mut |bytes, field, kind| {
            match (field, kind) {
                (2, I32) => header.uncompressed = bytes.integer()?,
                (3, I32) => header.compressed = bytes.integer()?,
                (5 | 7 | 8, STRUCT) => {
                    header.is_dictionary = field == 7;
                    return header.page(bytes, field).map(|()| true);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok((header, bytes.at))
    }

    fn page(&mut self, bytes: &mut Bytes<'_>, page: i64) -> Result<()> {
        bytes.fields(DEPTH - 1, &mut |bytes, field, kind| {
            match (page, field, kind) {
                (_, 1, I32) => self.values = bytes.integer()?,
                (8, 5 | 6, I32) => self.levels = self.levels.saturating_add(bytes.integer()?),
                (8, 7, TRUE | FALSE) => self.is_stored = kind == FALSE,
                _ => return Ok(false),
            }
            Ok(true)
        })
    }
}

// === impl Bytes ===

impl Bytes<'_> {
    fn next(&mut self) -> Result<u8> {
        let byte = self.all.get(self.at).ok_or(Wrong::Short)?;
        self.at += 1;
        Ok(*byte)
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.next()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Wrong::Malformed)
    }

    fn integer(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    fn pass(&mut self, len: u64) -> Result<()> {
        let len = usize::try_from(len).map_err(|_| Wrong::Malformed)?;
        let end = self.at.checked_add(len).ok_or(Wrong::Malformed)?;
        if end > self.all.len() {
            return Err(Wrong::Short);
        }
        self.at = end;
        Ok(())
    }

    /// The fields of a struct; `take` says whether it took the value, which is passed over if not.
    fn fields(
        &mut self,
        depth: usize,
        take: &mut dyn FnMut(&mut Self, i64, u8) -> Result<bool>,
    ) -> Result<()> {
        let mut field = 0_i64;
        loop {
            let head = self.next()?;
            if head == 0 {
                return Ok(());
            }
            let (step, kind) = (i64::from(head >> 4), head & 0xf);
            field = if step == 0 { self.integer()? } else { field.saturating_add(step) };
            if !take(self, field, kind)? {
                self.skip(kind, depth)?;
            }
        }
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Result<()> {
        let depth = depth.checked_sub(1).ok_or(Wrong::Malformed)?;
        match kind {
            TRUE | FALSE => Ok(()),
            3 => self.pass(1),
            4..=6 => self.varint().map(drop),
            7 => self.pass(8),
            8 => {
                let len = self.varint()?;
                self.pass(len)
            }
            STRUCT => self.fields(depth, &mut |_, _, _| Ok(false)),
            // Lists, sets and maps: a page header has none.
            _ => Err(Wrong::Malformed),
        }
    }
}

#[cfg(test)]
mod tests;
