//! Drawings, without colours of their own: the page has a style for each class.

/// Writes markup to a string.
macro_rules! draw {
    ($svg:expr, $($what:tt)*) => {
        write!($svg, $($what)*).expect("a string takes everything")
    };
}

mod bars;
mod lines;

use std::fmt::{self, Display};

use super::figure::{Figure, Plot};
use super::number::show;
use crate::race::Side;

/// Width of every drawing.
const WIDTH: f64 = 880.0;

/// Text in which nothing is taken for markup.
pub(super) struct Escaped<'a>(pub(super) &'a str);

pub(super) fn render(figure: &Figure) -> String {
    match &figure.plot {
        Plot::Bars { unit, bars } => bars::render(unit, bars),
        Plot::Lines { axes, lines } => lines::render(axes, lines),
    }
}

/// The class of what belongs to a side.
const fn class(side: Side) -> &'static str {
    match side {
        Side::Bare => "bare",
        Side::Other => "other",
        Side::Ours => "ours",
    }
}

/// The largest of 1, 2 and 5 times a power of ten that divides `range` into at least four steps.
fn step(range: f64) -> f64 {
    let rough = range / 4.0;
    let power = 10_f64.powf(rough.log10().floor());
    let digit = [5.0, 2.0, 1.0].into_iter().find(|digit| digit * power <= rough).unwrap_or(1.0);
    digit * power
}

/// A round number beside an axis.
fn tick(mark: f64) -> String {
    if mark < 1000.0 { mark.to_string() } else { show(mark) }
}

// === impl Escaped ===

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                _ => write!(f, "{letter}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
