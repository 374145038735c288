//! A key and what it does.

use std::fmt;

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rand;
use data_encoding::{BASE64, DecodeError, DecodeKind, Encoding, HEXLOWER_PERMISSIVE};
use electrician_types::{Error, ErrorKind};
use zeroize::Zeroizing;

use crate::{CodecError, CodecErrorKind, Layer, Limits};

const NAME: &str = "aes-gcm";

const NONCE: usize = 12;
const TAG: usize = 16;

/// How many bytes longer a sealed message is: 28.
pub const OVERHEAD: usize = NONCE + TAG;

/// An AES key of 128, 192 or 256 bits. Sealing and opening take it shared, from any thread.
///
/// Each constructor reads one notation and no other. Some peers guess, and take a key of 32
/// hexadecimal digits, which says 16 bytes, for 32 raw ones; whoever must talk to them passes the
/// digits themselves to [`from_bytes`](Self::from_bytes).
///
/// The memory of the key is overwritten when it is dropped, and copies made on the way as well; what
/// the caller passed in is the caller's to wipe. `Debug` shows the number of bits alone.
///
/// ```
/// # #[cfg(feature = "aes-gcm")] {
/// use electrician_codec::seal::SealKey;
///
/// let key = SealKey::from_hex("000102030405060708090a0b0c0d0e0f").unwrap();
/// let (mut sealed, mut plain) = (Vec::new(), Vec::new());
/// key.seal(b"live wire", &mut sealed).unwrap();
/// key.open(&sealed, &mut plain).unwrap();
/// assert_eq!(plain, b"live wire");
/// assert_eq!(format!("{key:?}"), "SealKey(AES-128, ..)");
/// # }
/// ```
pub struct SealKey {
    key: LessSafeKey,
}

/// A key that cannot be read. It never shows any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealKeyError {
    /// The wrong number of bytes.
    #[error("the key has {0} bytes, it needs 16, 24 or 32")]
    Length(usize),
    /// Hexadecimal text of the wrong length.
    #[error("{0} characters are no hexadecimal key: it has 32, 48 or 64 digits")]
    HexLength(usize),
    /// The character at this position, from 0 on, is no hexadecimal digit.
    #[error("character {0} of the key (from 0) is no hexadecimal digit")]
    HexDigit(usize),
    /// Base64 of the wrong length.
    #[error("{0} characters are no base64 key: it has 24, 32 or 44 with its padding")]
    Base64Length(usize),
    /// The character at this position, from 0 on, is not of standard base64, or cannot stand there.
    #[error("character {0} of the key (from 0) is not of standard base64")]
    Base64Character(usize),
}

// === impl SealKeyError ===

impl From<SealKeyError> for Error {
    fn from(error: SealKeyError) -> Self {
        Self::new(ErrorKind::Config, "sealing").with_source(error)
    }
}

// === impl SealKey ===

impl SealKey {
    /// From the bytes themselves: 16, 24 or 32.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SealKeyError> {
        let algorithm = match bytes.len() {
            16 => &AES_128_GCM,
            24 => &AES_192_GCM,
            32 => &AES_256_GCM,
            length => return Err(SealKeyError::Length(length)),
        };
        let key = UnboundKey::new(algorithm, bytes);
        let key = key.map_err(|_| SealKeyError::Length(bytes.len()))?;
        Ok(Self { key: LessSafeKey::new(key) })
    }

    /// From 32, 48 or 64 hexadecimal digits, lower or upper case, and nothing around them.
    pub fn from_hex(digits: &str) -> Result<Self, SealKeyError> {
        decode(&HEXLOWER_PERMISSIVE, digits, SealKeyError::HexLength, SealKeyError::HexDigit)
    }

    /// From 24, 32 or 44 characters of standard base64 (`+` and `/`, padded), and nothing around.
    pub fn from_base64(text: &str) -> Result<Self, SealKeyError> {
        decode(&BASE64, text, SealKeyError::Base64Length, SealKeyError::Base64Character)
    }

    /// Its length: 128, 192 or 256.
    pub fn bits(&self) -> usize {
        self.key.algorithm().key_len() * 8
    }

    /// Appends `nonce ‖ ciphertext ‖ tag` of `plain` to `into`.
    pub fn seal(&self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.seal_with_aad(plain, &[], into)
    }

    /// [`seal`](Self::seal), and binds the message to `aad`, which is not in it but needed to open
    /// it. Peers of the relay use none.
    pub fn seal_with_aad(
        &self,
        plain: &[u8],
        aad: &[u8],
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        let start = into.len();
        into.reserve(plain.len() + OVERHEAD);
        into.extend_from_slice(&[0; NONCE]);
        into.extend_from_slice(plain);
        self.close(start, aad, into)
    }

    /// Makes `nonce ‖ ciphertext ‖ tag` of what `buffer` holds, within it. On error it is empty.
    pub fn seal_in_place(&self, buffer: &mut Vec<u8>) -> Result<(), CodecError> {
        let length = buffer.len();
        buffer.reserve(OVERHEAD);
        buffer.resize(length + NONCE, 0);
        buffer.copy_within(..length, NONCE);
        self.close(0, &[], buffer)
    }

    /// Appends the plain bytes of `sealed` to `into`. On error `into` is as it was.
    pub fn open(&self, sealed: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.open_with_aad(sealed, &[], into)
    }

    /// [`open`](Self::open) of what was bound to `aad`.
    pub fn open_with_aad(
        &self,
        sealed: &[u8],
        aad: &[u8],
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        let (nonce, rest) = split(sealed)?;
        if self.is_opened(nonce, rest, aad, into) { Ok(()) } else { Err(unopened()) }
    }

    /// Appends what is sealed in `rest`, ciphertext with tag, unless the key is another one.
    pub(super) fn is_opened(
        &self,
        nonce: [u8; NONCE],
        rest: &[u8],
        aad: &[u8],
        into: &mut Vec<u8>,
    ) -> bool {
        let (ciphertext, tag) = rest.split_at(rest.len() - TAG);
        let start = into.len();
        into.resize(start + ciphertext.len(), 0);
        let nonce = Nonce::assume_unique_for_key(nonce);
        let plain = &mut into[start..];
        let opened = self.key.open_separate_gather(nonce, Aad::from(aad), ciphertext, tag, plain);
        if opened.is_err() {
            into.truncate(start);
        }
        opened.is_ok()
    }

    /// Opens what `buffer` holds, within it. On error it is empty.
    pub fn open_in_place(&self, buffer: &mut Vec<u8>) -> Result<(), CodecError> {
        let nonce = split(buffer).map(|(nonce, _)| Nonce::assume_unique_for_key(nonce));
        let opened = nonce.and_then(|nonce| {
            let plain = self.key.open_within(nonce, Aad::empty(), buffer, NONCE..);
            plain.map(|plain| plain.len()).map_err(|_| unopened())
        });
        buffer.truncate(*opened.as_ref().unwrap_or(&0));
        opened.map(drop)
    }

    /// Seals what stands behind the place of the nonce at `start`. On error cuts it off.
    fn close(&self, start: usize, aad: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        let mut nonce = [0; NONCE];
        let (place, message) = into[start..].split_at_mut(NONCE);
        let sealed = rand::fill(&mut nonce).and_then(|()| {
            place.copy_from_slice(&nonce);
            let nonce = Nonce::assume_unique_for_key(nonce);
            self.key.seal_in_place_separate_tag(nonce, Aad::from(aad), message)
        });
        let tag = sealed.map_err(|_| {
            let message = "the message is longer than 64 GiB, or no random bytes can be had";
            CodecError::new(CodecErrorKind::Unencodable, NAME, message)
        });
        let tag = tag.inspect_err(|_| into.truncate(start))?;
        into.extend_from_slice(tag.as_ref());
        Ok(())
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKey(AES-{}, ..)", self.bits())
    }
}

impl Layer for SealKey {
    fn wrap(&mut self, plain: &[u8], into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.seal(plain, into)
    }

    fn unwrap(
        &mut self,
        wrapped: &[u8],
        limits: &Limits,
        into: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        limits.check_decoded(NAME, wrapped.len().saturating_sub(OVERHEAD))?;
        self.open(wrapped, into)
    }
}

/// The nonce, and ciphertext with tag.
pub(super) fn split(sealed: &[u8]) -> Result<([u8; NONCE], &[u8]), CodecError> {
    let parts = sealed.split_first_chunk().filter(|(_, rest)| rest.len() >= TAG);
    parts.map(|(nonce, rest)| (*nonce, rest)).ok_or_else(|| {
        let message = format!("{} bytes, a sealed message has at least {OVERHEAD}", sealed.len());
        CodecError::truncated(NAME, message)
    })
}

pub(super) fn unopened() -> CodecError {
    let message = "the tag does not match: it was sealed with another key, or changed since";
    CodecError::new(CodecErrorKind::Corrupt, NAME, message)
}

/// A key in a text `encoding`, with the errors for a wrong length and a wrong character.
fn decode(
    encoding: &Encoding,
    text: &str,
    of_length: fn(usize) -> SealKeyError,
    of_character: fn(usize) -> SealKeyError,
) -> Result<SealKey, SealKeyError> {
    let length = text.chars().count();
    let bytes = encoding.decode(text.as_bytes()).map(Zeroizing::new);
    let bytes = bytes.map_err(|DecodeError { position, kind }| match kind {
        DecodeKind::Length => of_length(length),
        DecodeKind::Symbol | DecodeKind::Trailing | DecodeKind::Padding => {
            of_character(text.char_indices().take_while(|(index, _)| *index < position).count())
        }
    })?;
    SealKey::from_bytes(&bytes).map_err(|_| of_length(length))
}
