use super::{Escaped, render, step};
use crate::race::Side;
use crate::report::figure::{Bar, Figure, Plot};
use crate::stats::Spread;

#[test]
fn steps_are_round() {
    let steps = [900.0, 400.0, 45.0, 8.0, 0.3].map(|range| step(range).to_string());
    assert_eq!(steps, ["200", "100", "10", "2", "0.05"]);
}

#[test]
fn markup_is_escaped() {
    assert_eq!(Escaped("a<b & \"c\"").to_string(), "a&lt;b &amp; &quot;c&quot;");
}

#[test]
fn a_whisker_beyond_the_edge_is_cut_there() {
    let spread = Spread { min: 1.0, median: 2.0, max: 1e9 };
    let bars = vec![Bar { label: "wire".into(), side: Side::Ours, spread }];
    let svg = render(&Figure { caption: String::new(), plot: Plot::Bars { unit: "ns", bars } });
    assert!(svg.contains("class=\"cut\""), "{svg}");
    assert!(!svg.contains("e9") && !svg.contains("000000"), "{svg}");
}
