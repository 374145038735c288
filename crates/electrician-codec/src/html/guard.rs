//! What a document may cost.

use ego_tree::iter::Edge;
use html5ever::driver::Parser;
use scraper::{Html as Tree, Node};

use super::FORMAT;
use super::sink::Sink;
use crate::{CodecError, Limits};

/// The comparisons of attributes that are allowed, which take well below a second.
const COMPARISONS: u64 = 1 << 27;

/// Watches a tree grow.
pub(super) struct Guard<'a> {
    limits: &'a Limits,
    text: usize,
    steps: u64,
    /// How many attributes there may be in the tag that is being read.
    attributes: u64,
    comparisons: u64,
}

// === impl Guard ===

impl<'a> Guard<'a> {
    pub(super) const fn new(limits: &'a Limits, text: usize) -> Self {
        Self { limits, text, steps: 0, attributes: 0, comparisons: 0 }
    }

    /// Looks at what became of `piece`, before so much of it gets deep or large that looking takes
    /// long.
    pub(super) fn look(&mut self, piece: &str, parser: &Parser<Sink>) -> Result<(), CodecError> {
        let sink = &parser.tokenizer.sink.sink;
        self.check_tag(piece, sink.steps.get())?;
        let tree = sink.tree.0.borrow();
        for element in sink.fresh.borrow_mut().drain(..) {
            let element = tree.tree.get(element);
            let depth = element.map_or(0, |it| it.ancestors().take(self.limits.depth + 1).count());
            self.check_depth(depth)?;
        }
        self.check_size(tree.tree.nodes().len())
    }

    /// The whole tree: elements may have moved since they were new.
    pub(super) fn check(&self, tree: &Tree) -> Result<(), CodecError> {
        let mut depth = 0;
        for edge in tree.tree.root().traverse() {
            match edge {
                Edge::Open(node) if node.value().is_element() => {
                    depth += 1;
                    self.check_depth(depth)?;
                }
                Edge::Close(node) if node.value().is_element() => depth -= 1,
                _ => {}
            }
        }
        self.check_size(tree.tree.nodes().len())
    }

    /// A parser compares the name of an attribute with all before it. What could be one begins
    /// behind white space, a slash or a quote.
    fn check_tag(&mut self, piece: &str, steps: u64) -> Result<(), CodecError> {
        let marks = piece.bytes().filter(|byte| b" \t\n\r\x0c/\"'".contains(byte)).count() as u64;
        if steps != self.steps {
            self.steps = steps;
            self.attributes = 0;
        }
        self.comparisons += self.attributes * marks;
        self.attributes += marks;
        if self.comparisons <= COMPARISONS {
            return Ok(());
        }
        let what = format_args!("a tag of about {} attributes", self.attributes);
        Err(CodecError::too_large(FORMAT, what, "what is compared quickly, about 16,000"))
    }

    /// The document itself is the first ancestor.
    fn check_depth(&self, depth: usize) -> Result<(), CodecError> {
        if depth <= self.limits.depth {
            return Ok(());
        }
        let limit = format_args!("{} levels", self.limits.depth);
        Err(CodecError::too_large(FORMAT, "the nesting", limit))
    }

    fn check_size(&self, nodes: usize) -> Result<(), CodecError> {
        // A node and its five places among others.
        let node = size_of::<Node>() + 5 * size_of::<usize>();
        self.limits.check_decoded(FORMAT, nodes * node + self.text)
    }
}
