//! Dead letters, kept for the page.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

use electrician_wire::DeadLetter;
use serde::Serialize;

/// What a text is cut to, in bytes.
const LONGEST: usize = 2048;

/// The latest dead letters as text. Clones share it.
///
/// It keeps what it is shown as text and leaves the letter to whoever handles it: note each letter
/// before you store it or send it on.
#[derive(Clone)]
pub struct LetterBook(Arc<Book>);

struct Book {
    room: usize,
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    /// How many were noted, ever.
    count: u64,
    letters: VecDeque<Letter>,
}

/// A dead letter as text.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Letter {
    /// Its number, from 1.
    number: u64,
    stage: Arc<str>,
    attempts: u32,
    /// Milliseconds since 1970.
    first_seen: u64,
    kind: String,
    error: String,
    item: String,
}

/// Cuts what is written to it.
struct Cut {
    text: String,
    is_cut: bool,
}

// === impl LetterBook ===

impl LetterBook {
    pub(crate) fn new(room: usize) -> Self {
        let pages = Mutex::new(Pages::default());
        Self(Arc::new(Book { room, pages }))
    }

    /// Notes a letter, its item as `Debug` writes it. Texts are cut after 2 KiB.
    pub fn note<T: fmt::Debug>(&self, letter: &DeadLetter<T>) {
        self.note_as(letter, letter.item.value());
    }

    /// Notes a letter with another text in the place of its item: one without what nobody should
    /// see.
    pub fn note_as<T>(&self, letter: &DeadLetter<T>, item: impl fmt::Debug) {
        let error = cut(format_args!("{}", Causes(&letter.error)));
        let first_seen = letter.first_seen.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut letter = Letter {
            number: 0,
            stage: Arc::clone(&letter.stage),
            attempts: letter.attempts,
            first_seen: u64::try_from(first_seen.as_millis()).unwrap_or(u64::MAX),
            kind: format!("{:?}", letter.error.kind()),
            error,
            item: cut(format_args!("{item:?}")),
        };
        let mut pages = self.pages();
        pages.count += 1;
        letter.number = pages.count;
        if pages.letters.len() == self.0.room {
            pages.letters.pop_front();
        }
        pages.letters.push_back(letter);
    }

    /// How many were noted, ever.
    pub fn count(&self) -> u64 {
        self.pages().count
    }

    /// Those that are kept, the latest first.
    pub(crate) fn latest(&self) -> Vec<Letter> {
        self.pages().letters.iter().rev().cloned().collect()
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LetterBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LetterBook").field("count", &self.count()).finish_non_exhaustive()
    }
}

/// An error with its causes, on one line.
struct Causes<'a>(&'a (dyn std::error::Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

// === impl Cut ===

fn cut(arguments: fmt::Arguments<'_>) -> String {
    let mut cut = Cut { text: String::new(), is_cut: false };
    // It fails when it is full, which is meant.
    let _: fmt::Result = cut.write_fmt(arguments);
    if cut.is_cut {
        cut.text.push('…');
    }
    cut.text
}

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LONGEST - self.text.len();
        if text.len() <= room {
            self.text.push_str(text);
            return Ok(());
        }
        self.is_cut = true;
        self.text.push_str(&text[..text.floor_char_boundary(room)]);
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests;
