//! Horizontal bars from zero, with whiskers.

use std::fmt::Write;

use super::{Escaped, WIDTH, class, step, tick};
use crate::report::figure::Bar;
use crate::report::number::show;

const LEFT: f64 = 214.0;
const RIGHT: f64 = 74.0;
const ROW: f64 = 30.0;
const BAR: f64 = 16.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 40.0;

/// How far the axis goes beyond the longest bar; a whisker beyond its end is cut.
const HEADROOM: f64 = 1.3;

pub(super) fn render(unit: &str, bars: &[Bar]) -> String {
    let longest = bars.iter().map(|bar| bar.spread.median).fold(f64::MIN_POSITIVE, f64::max);
    let widest = bars.iter().map(|bar| bar.spread.max).fold(longest, f64::max);
    let axis = Axis { end: widest.min(longest * HEADROOM) };
    let below = TOP + ROW * bars.len() as f64;
    let mut svg = String::new();
    draw!(
        svg,
        "<svg viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" aria-label=\"{} of each contestant\">",
        below + BOTTOM,
        Escaped(unit),
    );
    let step = step(axis.end);
    for mark in (0..).map(|index| f64::from(index) * step).take_while(|mark| *mark <= axis.end) {
        let x = axis.place(mark);
        draw!(
            svg,
            "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{below:.1}\"/>\
             <text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            below + 16.0,
            tick(mark),
        );
    }
    draw!(
        svg,
        "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        WIDTH - RIGHT,
        below + 34.0,
        Escaped(unit),
    );
    for (index, bar) in bars.iter().enumerate() {
        axis.bar(&mut svg, TOP + ROW * index as f64 + ROW / 2.0, bar);
    }
    svg.push_str("</svg>");
    svg
}

struct Axis {
    end: f64,
}

impl Axis {
    fn place(&self, value: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (value / self.end).clamp(0.0, 1.0)
    }

    fn bar(&self, svg: &mut String, y: f64, bar: &Bar) {
        let class = class(bar.side);
        let spread = bar.spread;
        let (low, end, high) =
            (self.place(spread.min), self.place(spread.median), self.place(spread.max));
        draw!(
            svg,
            "<g class=\"{class}\"><title>{label}: {median}, {min} to {max}</title>\
             <text class=\"label\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>\
             <rect class=\"bar\" x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{BAR}\" rx=\"2\"/>\
             <line class=\"whisker\" x1=\"{low:.1}\" x2=\"{high:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>",
            LEFT - 12.0,
            y + 4.5,
            y - BAR / 2.0,
            (end - LEFT).max(1.0),
            label = Escaped(&bar.label),
            median = show(spread.median),
            min = show(spread.min),
            max = show(spread.max),
        );
        cap(svg, low, y);
        if spread.max > self.end {
            // An arrow head: the slowest round lies further out.
            draw!(svg, "<path class=\"cut\" d=\"M{:.1} {:.1}l6 4-6 4z\"/>", high - 1.0, y - 4.0,);
        } else {
            cap(svg, high, y);
        }
        draw!(
            svg,
            "<text class=\"value\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text></g>",
            WIDTH - 4.0,
            y + 4.5,
            show(spread.median),
        );
    }
}

fn cap(svg: &mut String, x: f64, y: f64) {
    draw!(
        svg,
        "<line class=\"whisker\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>",
        y - 4.0,
        y + 4.0,
    );
}
