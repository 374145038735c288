//! What can be read of a frame without decoding it: RFC 8878, section 3.1.1.

/// What a frame begins with.
pub(super) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The most that a block becomes.
const BLOCK: usize = 128 << 10;

/// The window that a whole header says it needs: none if that is the content, or a frame to skip.
/// RFC 8878, section 3.1.1.1.
pub(super) fn window(head: &[u8]) -> Option<u64> {
    let [0x28, 0xb5, 0x2f, 0xfd, descriptor, window, ..] = *head else { return None };
    let is_one_segment = descriptor & 0x20 != 0;
    let base = 1_u64 << (10 + (window >> 3));
    (!is_one_segment).then_some(base + base / 8 * u64::from(window & 7))
}

/// The length of the frame that `input` begins with, if it is all there, becomes no more than `most`
/// bytes, and can be taken at once: none if the decoder may refuse it in pieces all the same. It does
/// so for a block that is longer than the frame says, and may do so where a block refers to what is
/// further back than the window. So the frame has to be its own window and no larger than a block,
/// and has no dictionary. RFC 8878, sections 3.1.1.1 and 3.1.1.2.
pub(super) fn whole(input: &[u8], most: usize) -> Option<usize> {
    let (magic, [descriptor, rest @ ..]) = input.split_first_chunk()? else { return None };
    if *magic != MAGIC || descriptor & 0b0010_1011 != 0b0010_0000 {
        return None;
    }
    let (claim, mut rest) = match (descriptor >> 6, rest) {
        (0, [claim, rest @ ..]) => (usize::from(*claim), rest),
        (1, [low, high, rest @ ..]) => (256 + usize::from(u16::from_le_bytes([*low, *high])), rest),
        (2, [a, b, c, d, rest @ ..]) => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        _ => return None,
    };
    if claim > most.min(BLOCK) {
        return None;
    }
    loop {
        let ([low, middle, high], block) = rest.split_first_chunk()?;
        let head = u32::from_le_bytes([*low, *middle, *high, 0]);
        let (is_last, is_repeated) = (head & 1 != 0, head & 6 == 2);
        let size = if is_repeated { 1 } else { head as usize >> 3 };
        if size > claim {
            return None;
        }
        rest = block.get(size..)?;
        if is_last {
            let checksum = if descriptor & 4 != 0 { 4 } else { 0 };
            return Some(input.len() - rest.get(checksum..)?.len());
        }
    }
}
