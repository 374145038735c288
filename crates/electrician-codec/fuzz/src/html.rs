//! Pages.

use electrician_codec::{Decode, Html, scraper};

use crate::{LIMITS, memory};

/// A page becomes a tree that can be searched, or is refused.
pub fn html(bytes: &[u8]) {
    memory::within(4 << 20, || {
        let tree: Result<scraper::Html, _> = Html.decode(bytes, &LIMITS);
        if let Ok(tree) = tree {
            for node in tree.tree.nodes() {
                let depth = node.ancestors().filter(|it| it.value().is_element()).count();
                assert!(depth <= LIMITS.depth, "it is {depth} deep");
            }
        }
    });
}
