//! Bytes of a header or block that arrive in pieces.

/// Puts together what a chunk cut apart. Memory follows what has arrived.
#[derive(Debug, Default)]
pub(super) struct Pending {
    bytes: Vec<u8>,
    /// Whether the bytes were handed out already.
    is_given: bool,
}

// === impl Pending ===

impl Pending {
    /// The next `need` bytes, taken from the front of `input`; nothing, and all of `input` is kept,
    /// as long as they are not all there. Copies nothing if `input` holds them all.
    pub(super) fn take<'a, 'i: 'a>(
        &'a mut self,
        need: usize,
        input: &mut &'i [u8],
    ) -> Option<&'a [u8]> {
        if self.is_given {
            self.clear();
        }
        if self.bytes.is_empty()
            && let Some((taken, rest)) = input.split_at_checked(need)
        {
            *input = rest;
            return Some(taken);
        }
        let missing = need.saturating_sub(self.bytes.len()).min(input.len());
        let (taken, rest) = input.split_at(missing);
        self.bytes.extend_from_slice(taken);
        *input = rest;
        (self.bytes.len() == need).then(|| {
            self.is_given = true;
            &*self.bytes
        })
    }

    /// An array of the next bytes.
    pub(super) fn array<const N: usize>(&mut self, input: &mut &[u8]) -> Option<[u8; N]> {
        self.take(N, input)?.try_into().ok()
    }

    /// Whether nothing waits for the rest of it.
    #[cfg(any(feature = "lz4", feature = "snappy"))]
    pub(super) fn is_empty(&self) -> bool {
        self.is_given || self.bytes.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.is_given = false;
    }
}
