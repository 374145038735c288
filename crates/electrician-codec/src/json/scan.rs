//! Where a JSON value ends, without reading it.

use memchr::memchr2;

/// A walk over the bytes of one value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Walk {
    depth: usize,
    is_text: bool,
    is_escaped: bool,
    is_begun: bool,
}

/// How far a walk got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) taken: usize,
    pub(super) is_whole: bool,
}

// === impl Walk ===

impl Walk {
    /// Goes on over `bytes`, until the value ends. A number or a word ends before what follows it.
    pub(super) fn over(&mut self, bytes: &[u8]) -> Step {
        let mut place = 0;
        while let Some(&byte) = bytes.get(place) {
            if self.is_escaped {
                self.is_escaped = false;
                place += 1;
                continue;
            }
            if self.is_text {
                let Some(next) = memchr2(b'"', b'\\', &bytes[place..]) else { break };
                self.is_escaped = bytes[place + next] == b'\\';
                self.is_text = self.is_escaped;
                place += next + 1;
                if !self.is_text && self.depth == 0 {
                    return self.whole(place);
                }
                continue;
            }
            let is_word = self.is_begun && self.depth == 0;
            match byte {
                b'"' | b'{' | b'[' if is_word => return self.whole(place),
                b'"' => self.is_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    if self.depth <= 1 {
                        // A closing bracket without an opening one is a value that nobody can read.
                        let end = if is_word { place } else { place + 1 };
                        return self.whole(end);
                    }
                    self.depth -= 1;
                }
                b',' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                    // At the begin it is a value that nobody can read: one byte, so that it ends.
                    return self.whole(if self.is_begun { place } else { place + 1 });
                }
                _ => {}
            }
            self.is_begun = true;
            place += 1;
        }
        Step { taken: bytes.len(), is_whole: false }
    }

    fn whole(&mut self, taken: usize) -> Step {
        *self = Self::default();
        Step { taken, is_whole: true }
    }
}

/// How deep arrays and objects nest.
pub(super) fn depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest, mut place) = (0_usize, 0, 0);
    while let Some(byte) = bytes.get(place) {
        place += 1;
        match byte {
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                while let Some(next) = memchr2(b'"', b'\\', &bytes[place.min(bytes.len())..]) {
                    let is_end = bytes[place + next] == b'"';
                    place += next + if is_end { 1 } else { 2 };
                    if is_end {
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    deepest
}

/// How many bytes of white space there are at the front.
pub(super) fn blank(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count()
}
