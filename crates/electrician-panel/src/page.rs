//! The page. It is part of the program, and asks nobody else for anything.

pub(crate) const HTML: &str = include_str!("page/index.html");
pub(crate) const STYLE: &str = include_str!("page/style.css");
pub(crate) const SCRIPT: &str = include_str!("page/panel.js");
pub(crate) const GRAPH: &str = include_str!("page/graph.js");
pub(crate) const FORMAT: &str = include_str!("page/format.js");
pub(crate) const ICON: &str = include_str!("page/icon.svg");
