//! What can be drawn.

use crate::race::{Entry, Side};
use crate::stats::Spread;

/// A drawing with a caption.
pub(crate) struct Figure {
    pub(crate) caption: String,
    pub(crate) plot: Plot,
}

pub(crate) enum Plot {
    /// Bars that start at zero, shorter is better.
    Bars { unit: &'static str, bars: Vec<Bar> },
    /// Lines over labelled places on the x axis, values on a logarithmic y axis.
    Lines { axes: Axes, lines: Vec<Line> },
}

pub(crate) struct Bar {
    pub(crate) label: String,
    pub(crate) side: Side,
    pub(crate) spread: Spread,
}

pub(crate) struct Axes {
    pub(crate) x: &'static str,
    pub(crate) y: &'static str,
    /// Where the x axis has a mark, from 0 to 1, and what it says.
    pub(crate) marks: Vec<(f64, String)>,
}

pub(crate) struct Line {
    pub(crate) label: String,
    pub(crate) side: Side,
    /// `x` from 0 to 1.
    pub(crate) points: Vec<Point>,
}

#[derive(Clone, Copy)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
    /// The range of the rounds, where `y` is their median.
    pub(crate) range: Option<(f64, f64)>,
}

// === impl Figure ===

impl Figure {
    /// Nanoseconds per item of every contestant.
    pub(crate) fn of_race(caption: impl Into<String>, entries: &[Entry]) -> Self {
        let bar = |entry: &Entry| Bar {
            label: entry.label.to_owned(),
            side: entry.side,
            spread: entry.ns.spread(),
        };
        let plot = Plot::Bars { unit: "ns per item", bars: entries.iter().map(bar).collect() };
        Self { caption: caption.into(), plot }
    }
}
