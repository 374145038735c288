//! HTML, by `html5ever`, into a tree of `scraper`.

mod guard;
mod sink;

use guard::Guard;
use html5ever::driver::{ParseOpts, parse_document};
use html5ever::tendril::{StrTendril, TendrilSink};
use scraper::Html as Tree;
use sink::Sink;

use crate::{CodecError, Decode, Limits};

const FORMAT: &str = "html";

/// How much is parsed before the tree is looked at.
const PIECE: usize = 1024;

/// A record is an HTML document, which is only read: into a [`scraper::Html`], a tree that can be
/// searched by CSS selectors.
///
/// Malformed markup is no error: HTML5 says what it means, as in a browser. Bytes that are not UTF-8
/// are read as U+FFFD. Refused are elements that nest deeper than [`Limits::depth`], a tree that
/// takes more than [`Limits::decoded_bytes`], and tags with so many attributes that comparing them
/// would take seconds. Scripts are not run, nothing is fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Html;

// === impl Html ===

impl Decode<Tree> for Html {
    fn decode(&mut self, bytes: &[u8], limits: &Limits) -> Result<Tree, CodecError> {
        let text = String::from_utf8_lossy(bytes);
        let mut guard = Guard::new(limits, text.len());
        let mut parser = parse_document(Sink::new(), ParseOpts::default());
        let mut rest = &*text;
        while !rest.is_empty() {
            let (piece, next) = rest.split_at(rest.floor_char_boundary(PIECE).max(first(rest)));
            rest = next;
            parser.process(StrTendril::from_slice(piece));
            guard.look(piece, &parser)?;
        }
        let tree = parser.finish();
        guard.check(&tree)?;
        Ok(tree)
    }
}

/// The width of the first letter.
fn first(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}
