//! The crates beneath, as one would use them without ours.

use std::collections::HashMap;
use std::io::{Cursor, Read, Write};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use flate2::{Compress, FlushCompress, Status};
use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};

const FINE: &str = "the data is fine";

/// One format.
pub(super) trait Bare {
    fn wrap(&mut self, plain: &[u8], into: &mut Vec<u8>);
    fn unwrap(&mut self, bytes: &[u8], into: &mut Vec<u8>);
}

pub(super) struct Gzip(Compress);
pub(super) struct Snappy;
pub(super) struct Zstd(zstd::bulk::Compressor<'static>, zstd::bulk::Decompressor<'static>);
pub(super) struct Brotli(pub(super) u8);
pub(super) struct Lz4 {
    encoder: FrameEncoder<Vec<u8>>,
    decoder: FrameDecoder<Cursor<Vec<u8>>>,
    /// The frames that it was given, by their places in memory, as frames of smaller blocks.
    smaller: HashMap<usize, Vec<u8>>,
}
pub(super) struct AesGcm(LessSafeKey);

// === impl Bare ===

impl Gzip {
    pub(super) fn new() -> Self {
        Self(Compress::new_gzip(flate2::Compression::default(), 15))
    }
}

impl Bare for Gzip {
    fn wrap(&mut self, plain: &[u8], into: &mut Vec<u8>) {
        into.reserve(plain.len() + 64);
        let status = self.0.compress_vec(plain, into, FlushCompress::Finish).expect(FINE);
        assert_eq!(status, Status::StreamEnd);
        self.0.reset();
    }

    fn unwrap(&mut self, bytes: &[u8], into: &mut Vec<u8>) {
        flate2::bufread::MultiGzDecoder::new(bytes).read_to_end(into).expect(FINE);
    }
}

impl Bare for Snappy {
    fn wrap(&mut self, plain: &[u8], into: &mut Vec<u8>) {
        let mut writer = snap::write::FrameEncoder::new(into);
        writer.write_all(plain).expect(FINE);
        writer.flush().expect(FINE);
    }

    fn unwrap(&mut self, bytes: &[u8], into: &mut Vec<u8>) {
        snap::read::FrameDecoder::new(bytes).read_to_end(into).expect(FINE);
    }
}

impl Zstd {
    pub(super) fn new() -> Self {
        let mut compressor = zstd::bulk::Compressor::new(3).expect("a level");
        compressor.include_checksum(true).expect("a parameter");
        Self(compressor, zstd::bulk::Decompressor::new().expect("a context"))
    }
}

impl Bare for Zstd {
    fn wrap(&mut self, plain: &[u8], into: &mut Vec<u8>) {
        into.reserve(zstd::zstd_safe::compress_bound(plain.len()));
        self.0.compress_to_buffer(plain, into).expect(FINE);
    }

    fn unwrap(&mut self, bytes: &[u8], into: &mut Vec<u8>) {
        self.1.decompress_to_buffer(bytes, into).expect(FINE);
    }
}

impl Bare for Brotli {
    fn wrap(&mut self, plain: &[u8], into: &mut Vec<u8>) {
        let quality = u32::from(self.0);
        let mut writer = brotli::CompressorWriter::new(into, plain.len(), quality, 22);
        writer.write_all(plain).expect(FINE);
    }

    fn unwrap(&mut self, bytes: &[u8], into: &mut Vec<u8>) {
        brotli::Decompressor::new(bytes, bytes.len()).read_to_end(into).expect(FINE);
    }
}

impl Lz4 {
    pub(super) fn new() -> Self {
        let info = FrameInfo::new()
            .block_size(BlockSize::Max4MB)
            .block_mode(BlockMode::Independent)
            .content_checksum(true);
        Self {
            encoder: FrameEncoder::with_frame_info(info, Vec::new()),
            decoder: FrameDecoder::new(Cursor::new(Vec::new())),
            smaller: HashMap::new(),
        }
    }
}

impl Bare for Lz4 {
    fn wrap(&mut self, plain: &[u8], into: &mut Vec<u8>) {
        std::mem::swap(self.encoder.get_mut(), into);
        self.encoder.write_all(plain).expect(FINE);
        self.encoder.try_finish().expect(FINE);
        std::mem::swap(self.encoder.get_mut(), into);
    }

    fn unwrap(&mut self, bytes: &[u8], into: &mut Vec<u8>) {
        // It clears room for a whole block with each frame: blocks of 64 KiB are its best.
        let bytes = self.smaller.entry(bytes.as_ptr().addr()).or_insert_with(|| {
            let mut plain = Vec::new();
            FrameDecoder::new(bytes).read_to_end(&mut plain).expect(FINE);
            let info = FrameInfo::new()
                .block_size(BlockSize::Max64KB)
                .block_mode(BlockMode::Independent)
                .content_checksum(true);
            let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
            encoder.write_all(&plain).expect(FINE);
            encoder.finish().expect(FINE)
        });
        let input = self.decoder.get_mut();
        input.set_position(0);
        input.get_mut().clear();
        input.get_mut().extend_from_slice(bytes);
        self.decoder.read_to_end(into).expect(FINE);
    }
}

impl AesGcm {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key")))
    }
}

impl Bare for AesGcm {
    fn wrap(&mut self, plain: &[u8], into: &mut Vec<u8>) {
        let mut nonce = [0; 12];
        aws_lc_rs::rand::fill(&mut nonce).expect(FINE);
        into.extend_from_slice(&nonce);
        into.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let message = &mut into[12..];
        let tag = self.0.seal_in_place_separate_tag(nonce, Aad::empty(), message).expect(FINE);
        into.extend_from_slice(tag.as_ref());
    }

    fn unwrap(&mut self, bytes: &[u8], into: &mut Vec<u8>) {
        let (nonce, rest) = bytes.split_first_chunk().expect(FINE);
        into.extend_from_slice(rest);
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self.0.open_in_place(nonce, Aad::empty(), into).expect(FINE).len();
        into.truncate(length);
    }
}
