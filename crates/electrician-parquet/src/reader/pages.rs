//! The pages of a row group, looked at before they are decoded.

use std::io::Read;

use bytes::Bytes;
use parquet::basic::{Compression, Type};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};
use parquet::file::reader::{ChunkReader, Length};

use super::header::{Header, Wrong};
use crate::input::Input;
use crate::{FileLimits, ParquetError};

/// How much of a page is read to find its header, at first and at most.
const HEADER: (usize, usize) = (256, 1 << 20);

/// A byte of Deflate becomes at most so many.
const DEFLATE_RATIO: u64 = 1032;

/// Claims up to here need no reason: about the size of one page of an ordinary writer, times 16.
const FREE: u64 = 16 << 20;

/// A larger claim needs a compressed byte for so many.
const RATIO: u64 = 1 << 14;

/// Checks that nothing in the chosen columns of a row group claims more than `limits` allow, and
/// that no page becomes more than it claims.
pub(super) fn check(
    input: &Input,
    group: &RowGroupMetaData,
    chosen: impl Fn(usize) -> bool,
    limits: &FileLimits,
) -> Result<(), ParquetError> {
    let rows = u64::try_from(group.num_rows()).map_err(|_| wrong("a negative number of rows"))?;
    let mut total = 0_u64;
    for (index, chunk) in group.columns().iter().enumerate().filter(|(index, _)| chosen(*index)) {
        let _ = index;
        let column = Column { input, chunk, limits, rows };
        let name = || format!("column {}", chunk.column_path());
        let size = column.check().map_err(|error| error.within(name()))?;
        total = total.saturating_add(size);
        if total > limits.row_group_bytes {
            let (what, limit) = (format!("a row group of {total} bytes"), limits.row_group_bytes);
            return Err(ParquetError::too_large(what, limit));
        }
    }
    Ok(())
}

struct Column<'a> {
    input: &'a Input,
    chunk: &'a ColumnChunkMetaData,
    limits: &'a FileLimits,
    rows: u64,
}

// === impl Column ===

impl Column<'_> {
    /// How many bytes its pages become.
    fn check(&self) -> Result<u64, ParquetError> {
        let (start, len) = self.chunk.byte_range();
        let end = start.checked_add(len).filter(|end| *end <= self.input.len());
        let end = end.ok_or_else(|| wrong("its pages are beyond the end of the file"))?;
        if self.chunk.compression() == Compression::LZ4 {
            let what = "LZ4 in its first form, which is deprecated; LZ4_RAW is its successor";
            return Err(ParquetError::unsupported(what));
        }
        let values = u64::try_from(self.chunk.num_values());
        let values = values.map_err(|_| wrong("a negative number of values"))?;
        let is_list = self.chunk.column_descr().max_rep_level() > 0;
        if is_list && values > self.limits.list_values {
            let limit = self.limits.list_values;
            return Err(ParquetError::too_large(
                format!("a list column of {values} values"),
                limit,
            ));
        }
        if !is_list && values > self.rows {
            return Err(wrong("more values than the row group has rows"));
        }
        let (mut at, mut found, mut total) = (start, 0_u64, 0_u64);
        while at < end && found < values {
            let (header, size) = self.header(at, end)?;
            at += size as u64;
            let page = self.page(&header, at, end)?;
            if !header.is_dictionary {
                found = found.saturating_add(page.values);
            }
            if found > values {
                return Err(wrong("pages with more values than the column"));
            }
            at += page.compressed;
            total = total.saturating_add(page.uncompressed);
        }
        Ok(total)
    }

    fn header(&self, at: u64, end: u64) -> Result<(Header, usize), ParquetError> {
        for size in [HEADER.0, HEADER.1] {
            let size = usize::try_from(end - at).unwrap_or(usize::MAX).min(size);
            match Header::parse(&self.input.get_bytes(at, size)?) {
                Ok(found) => return Ok(found),
                Err(Wrong::Short) => {}
                Err(Wrong::Malformed) => return Err(wrong("a page without a header")),
            }
        }
        Err(wrong("the header of a page does not end"))
    }

    fn page(&self, header: &Header, at: u64, end: u64) -> Result<Page, ParquetError> {
        let number =
            |value: i64| u64::try_from(value).map_err(|_| wrong("a page of negative size"));
        let page = Page {
            compressed: number(header.compressed)?,
            uncompressed: number(header.uncompressed)?,
            values: number(header.values)?,
            levels: number(header.levels)?,
        };
        if page.compressed > end - at {
            return Err(wrong("a page that goes beyond its column"));
        }
        let limit = self.limits.page_bytes as u64;
        if page.uncompressed > limit {
            let what = format!("a page of {} bytes", page.uncompressed);
            return Err(ParquetError::too_large(what, limit));
        }
        if page.uncompressed > FREE.max(page.compressed.saturating_mul(RATIO)) {
            let what =
                format!("a page that claims {} bytes of {}", page.uncompressed, page.compressed);
            return Err(ParquetError::too_large(what, format!("{RATIO} to 1")));
        }
        if page.levels > page.compressed || page.levels > page.uncompressed {
            return Err(wrong("a page whose levels are longer than itself"));
        }
        let least =
            if self.chunk.column_descr().physical_type() == Type::BYTE_ARRAY { 4 } else { 1 };
        if header.is_dictionary && page.values.saturating_mul(least) > page.uncompressed {
            return Err(wrong("a dictionary of more values than bytes"));
        }
        if !header.is_stored {
            self.unpack(&page, at)?;
        }
        Ok(page)
    }

    /// Checks that the page does not become more than it claims, where the decoder would not.
    fn unpack(&self, page: &Page, at: u64) -> Result<(), ParquetError> {
        let is_safe = match self.chunk.compression() {
            Compression::GZIP(_) => {
                page.compressed.saturating_mul(DEFLATE_RATIO) <= page.uncompressed.max(FREE)
            }
            Compression::BROTLI(_) => false,
            _ => true,
        };
        if is_safe {
            return Ok(());
        }
        let start = at + page.levels;
        let len = usize::try_from(page.compressed - page.levels).map_err(|_| wrong("no size"))?;
        let bytes: Bytes = self.input.get_bytes(start, len)?;
        let claimed = page.uncompressed - page.levels;
        let mut output: Box<dyn Read + '_> = match self.chunk.compression() {
            Compression::GZIP(_) => Box::new(flate2::read::MultiGzDecoder::new(&*bytes)),
            _ => Box::new(brotli::Decompressor::new(&*bytes, 1 << 16)),
        };
        let copied = std::io::copy(&mut output.by_ref().take(claimed + 1), &mut std::io::sink());
        match copied {
            Ok(size) if size > claimed => {
                let what = "a page becomes more than the size that it claims";
                Err(ParquetError::too_large(what, claimed))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(wrong("a page that cannot be decompressed").with_source(error)),
        }
    }
}

struct Page {
    compressed: u64,
    uncompressed: u64,
    values: u64,
    levels: u64,
}

fn wrong(what: &str) -> ParquetError {
    ParquetError::malformed(format!("the file is damaged: {what}"))
}
