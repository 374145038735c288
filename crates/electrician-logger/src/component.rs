//! A component as a value of a field.

use std::fmt;

use electrician_types::Metadata;

/// Between the parts of a component that asks for them.
pub(crate) const SEPARATOR: char = '\u{1f}';

/// A component, for the field `component`.
///
/// The JSON layer writes the object `{id, type, name}`, any other subscriber the name.
///
/// ```
/// use electrician_logger::Component;
/// use electrician_types::{ComponentKind, Metadata};
///
/// let wire = Metadata::new(ComponentKind::Wire, "parse");
/// tracing::info!(component = %Component(&wire), "started");
/// assert_eq!(Component(&wire).to_string(), "parse");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Component<'a>(pub &'a Metadata);

// === impl Component ===

impl fmt::Display for Component<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Metadata { id, kind, name } = self.0;
        // The layer asks with `+`, which means nothing for text: values reach it as `dyn Debug`,
        // so that there is no other way to hand it three parts without allocating.
        if f.sign_plus() {
            write!(f, "{id}{SEPARATOR}{kind}{SEPARATOR}{name}")
        } else {
            f.write_str(name)
        }
    }
}
