//! What is known of the numbers of a stream.

/// What is known of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Number {
    /// It was not seen, or was refused for now.
    #[default]
    New,
    UnderWay,
    Done,
    Rejected,
    /// It was seen, or skipped, so long ago that nothing is known of it.
    TooOld,
}

/// The last numbers of a stream, whose payloads come in the order of their numbers, and again from
/// some number on after a reconnection.
#[derive(Debug)]
pub(super) struct Numbers {
    /// By the number, modulo the length.
    window: Box<[Number]>,
    highest: u64,
    /// All numbers up to here are done.
    floor: u64,
}

// === impl Numbers ===

impl Numbers {
    /// Which remembers so many.
    pub(super) fn new(window: usize) -> Self {
        Self { window: vec![Number::New; window].into_boxed_slice(), highest: 0, floor: 0 }
    }

    /// The sender will not send what is below `first` again.
    pub(super) fn settled_below(&mut self, first: u64) {
        self.highest = self.highest.max(first.saturating_sub(1));
        self.floor = self.floor.max(first.saturating_sub(1));
        self.advance();
    }

    /// All from the floor on without a gap, which the sender may not know yet.
    pub(super) const fn done_through(&self) -> u64 {
        self.floor
    }

    /// A payload of that number came: what was known of it before.
    pub(super) fn arrive(&mut self, seq: u64) -> Number {
        if seq <= self.highest {
            return self.known(seq);
        }
        let skipped = usize::try_from(seq - self.highest).unwrap_or(usize::MAX);
        for back in 0..skipped.min(self.window.len()) {
            let slot = self.slot(seq - back as u64);
            self.window[slot] = Number::New;
        }
        self.highest = seq;
        Number::New
    }

    /// Something new is known of a number.
    pub(super) fn note(&mut self, seq: u64, number: Number) {
        if self.known(seq) == Number::TooOld || seq <= self.floor {
            return;
        }
        let slot = self.slot(seq);
        self.window[slot] = number;
        if number == Number::Done {
            self.advance();
        }
    }

    fn known(&self, seq: u64) -> Number {
        if seq <= self.floor {
            return Number::Done;
        }
        if self.highest.saturating_sub(seq) >= self.window.len() as u64 {
            return Number::TooOld;
        }
        self.window[self.slot(seq)]
    }

    fn advance(&mut self) {
        while self.floor < self.highest && self.known(self.floor + 1) == Number::Done {
            self.floor += 1;
        }
    }

    fn slot(&self, seq: u64) -> usize {
        usize::try_from(seq % self.window.len() as u64).expect("below the window's length")
    }
}

#[cfg(test)]
mod tests;
