//! Lines over a labelled x axis and a logarithmic y axis.

use std::fmt::Write;

use super::{Escaped, WIDTH, class, tick};
use crate::report::figure::{Axes, Line, Point};
use crate::report::number::show;

const LEFT: f64 = 62.0;
const RIGHT: f64 = 168.0;
const TOP: f64 = 26.0;
const HEIGHT: f64 = 290.0;
const BOTTOM: f64 = 44.0;

/// Names at the ends of lines stay this far apart.
const NAME: f64 = 17.0;

/// The y axis: decimal logarithms.
struct Scale {
    low: f64,
    high: f64,
}

pub(super) fn render(axes: &Axes, lines: &[Line]) -> String {
    let scale = Scale::around(lines);
    let below = TOP + HEIGHT;
    let mut svg = String::new();
    draw!(
        svg,
        "<svg viewBox=\"0 0 {WIDTH} {:.0}\" role=\"img\" aria-label=\"{} over {}\">\
         <text class=\"tick\" x=\"4\" y=\"12\">{}</text>",
        below + BOTTOM,
        Escaped(axes.y),
        Escaped(axes.x),
        Escaped(axes.y),
    );
    for (mark, is_labelled) in scale.marks() {
        let y = scale.place(mark);
        draw!(
            svg,
            "<line class=\"{}\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>",
            if is_labelled { "grid" } else { "grid faint" },
            WIDTH - RIGHT,
        );
        if is_labelled {
            draw!(
                svg,
                "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                y + 4.0,
                tick(mark),
            );
        }
    }
    for (x, label) in &axes.marks {
        let x = across(*x);
        draw!(
            svg,
            "<line class=\"grid faint\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{below}\"/>\
             <text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            below + 18.0,
            Escaped(label),
        );
    }
    draw!(
        svg,
        "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        WIDTH - RIGHT,
        below + 36.0,
        Escaped(axes.x),
    );
    let names = places_of_names(&scale, lines);
    for ((index, line), name) in lines.iter().enumerate().zip(names) {
        scale.line(&mut svg, line, index, name);
    }
    svg.push_str("</svg>");
    svg
}

fn across(x: f64) -> f64 {
    LEFT + (WIDTH - LEFT - RIGHT) * x
}

/// Where the names of the lines stand: beside their last points, without touching.
fn places_of_names(scale: &Scale, lines: &[Line]) -> Vec<f64> {
    let end = |line: &Line| line.points.last().map_or(TOP, |point| scale.place(point.y));
    let mut places: Vec<f64> = lines.iter().map(end).collect();
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by(|a, b| places[*a].total_cmp(&places[*b]));
    for pair in order.windows(2) {
        places[pair[1]] = places[pair[1]].max(places[pair[0]] + NAME);
    }
    places
}

// === impl Scale ===

impl Scale {
    fn around(lines: &[Line]) -> Self {
        let values = || {
            let points = lines.iter().flat_map(|line| &line.points);
            points.flat_map(|point| {
                let (low, high) = point.range.unwrap_or((point.y, point.y));
                [low, high]
            })
        };
        let low = values().fold(f64::INFINITY, f64::min).max(f64::MIN_POSITIVE);
        let high = values().fold(low * 2.0, f64::max);
        let room = 0.04 * (high / low).log10();
        Self { low: low.log10() - room, high: high.log10() + room }
    }

    fn place(&self, value: f64) -> f64 {
        TOP + HEIGHT * (self.high - value.log10()) / (self.high - self.low)
    }

    /// Round values on the axis, and whether they are labelled.
    fn marks(&self) -> Vec<(f64, bool)> {
        let (low, high) = (10_f64.powf(self.low), 10_f64.powf(self.high));
        let is_wide = self.high - self.low > 2.5;
        let mut marks = Vec::new();
        let mut power = 10_f64.powf(self.low.floor());
        while power <= high {
            for digit in 1..10 {
                let mark = power * f64::from(digit);
                let is_round = matches!(digit, 1 | 2 | 5);
                if (low..=high).contains(&mark) && (is_round || !is_wide) {
                    marks.push((mark, if is_wide { digit == 1 } else { is_round }));
                }
            }
            power *= 10.0;
        }
        marks
    }

    fn line(&self, svg: &mut String, line: &Line, index: usize, name: f64) {
        draw!(svg, "<g class=\"{} line-{index}\">", class(line.side));
        let places: Vec<String> = line
            .points
            .iter()
            .map(|Point { x, y, .. }| format!("{:.1},{:.1}", across(*x), self.place(*y)))
            .collect();
        draw!(svg, "<polyline class=\"line\" points=\"{}\"/>", places.join(" "));
        for point in &line.points {
            self.point(svg, &line.label, point);
        }
        draw!(
            svg,
            "<text class=\"label\" x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
            line.points.last().map_or(LEFT, |point| across(point.x)) + 12.0,
            name + 4.5,
            Escaped(&line.label),
        );
    }

    fn point(&self, svg: &mut String, label: &str, Point { x, y, range }: &Point) {
        let (x, y, value) = (across(*x), self.place(*y), *y);
        if let Some((low, high)) = range {
            draw!(
                svg,
                "<line class=\"range\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>",
                self.place(*high),
                self.place(*low),
            );
        }
        draw!(
            svg,
            "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"><title>{}: {}</title></circle>",
            Escaped(label),
            show(value),
        );
    }
}
