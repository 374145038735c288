//! The writing half.

use std::hash::Hasher;

use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};
use twox_hash::XxHash32;

use super::descriptor::Descriptor;
use super::{MAGIC, NAME, STORED};
use crate::CodecError;
use crate::compress::engine::Squeeze;

/// The most plain bytes of a block.
const BLOCK: usize = 4 * 1024 * 1024;

/// Shorter blocks take a table of 16-bit entries, which is cleared in half the time. What is longer
/// takes one that finds more: it hashes five bytes instead of four, and saves more than it costs.
const SMALL: usize = 1024;

pub(in crate::compress) struct Writer {
    small: CompressTable,
    large: CompressTable,
    content: XxHash32,
    /// Plain bytes that are no whole block yet.
    block: Vec<u8>,
    /// Compressed bytes of one block.
    scratch: Vec<u8>,
    has_begun: bool,
}

// === impl Writer ===

impl Writer {
    pub(in crate::compress) fn new() -> Self {
        Self {
            small: CompressTable::small(),
            large: CompressTable::large(),
            content: XxHash32::with_seed(0),
            block: Vec::new(),
            scratch: Vec::new(),
            has_begun: false,
        }
    }

    fn begin(&mut self, into: &mut Vec<u8>) {
        if !self.has_begun {
            into.extend_from_slice(&MAGIC.to_le_bytes());
            into.extend_from_slice(&Descriptor::written());
            self.content = XxHash32::with_seed(0);
            self.has_begun = true;
        }
    }

    fn gathered(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        if !self.block.is_empty() {
            let block = std::mem::take(&mut self.block);
            let done = self.block(&block, into);
            self.block = block;
            self.block.clear();
            done?;
        }
        Ok(())
    }

    /// One block, stored as it is if it does not shrink.
    fn block(&mut self, block: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.content.write(block);
        let most = get_maximum_output_size(block.len());
        if self.scratch.len() < most {
            self.scratch.resize(most, 0);
        }
        let table = if block.len() < SMALL { &mut self.small } else { &mut self.large };
        let size = compress_into_with_table(block, &mut self.scratch, table);
        let size = size.map_err(|error| CodecError::malformed(NAME, error.to_string()))?;
        let (flag, data) =
            if size < block.len() { (0, &self.scratch[..size]) } else { (STORED, block) };
        let size = u32::try_from(data.len()).expect("at most a block");
        into.extend_from_slice(&(size | flag).to_le_bytes());
        into.extend_from_slice(data);
        Ok(())
    }

    fn end(&mut self, into: &mut Vec<u8>) {
        into.extend_from_slice(&[0; 4]);
        into.extend_from_slice(&self.content.finish_32().to_le_bytes());
        self.reset();
    }
}

impl Squeeze for Writer {
    fn push(&mut self, mut chunk: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.begin(into);
        if !self.block.is_empty() {
            let missing = (BLOCK - self.block.len()).min(chunk.len());
            let (head, rest) = chunk.split_at(missing);
            self.block.extend_from_slice(head);
            chunk = rest;
            if self.block.len() == BLOCK {
                self.gathered(into)?;
            }
        }
        let mut blocks = chunk.chunks_exact(BLOCK);
        for block in &mut blocks {
            self.block(block, into)?;
        }
        self.block.extend_from_slice(blocks.remainder());
        Ok(())
    }

    fn flush(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.begin(into);
        self.gathered(into)
    }

    fn finish(&mut self, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.flush(into)?;
        self.end(into);
        Ok(())
    }

    fn reset(&mut self) {
        self.block.clear();
        self.has_begun = false;
    }

    fn whole(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.begin(into);
        plain.chunks(BLOCK).try_for_each(|block| self.block(block, into))?;
        self.end(into);
        Ok(())
    }
}
