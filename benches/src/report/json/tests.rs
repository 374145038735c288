use serde_json::{Value, json};

use super::row;
use crate::goals::Goal;
use crate::report::Row;

#[test]
fn a_row_says_what_it_is_compared_with_and_whether_it_is_good_enough() {
    let samples = [8.0, 4.0, 2.0].into_iter().collect();
    let judged = Row::of("wire", "speed", "Wire", &samples, "×")
        .against("flume", 2.0)
        .higher_is_better()
        .with_goal(Goal { required: 3.0, aim: 7.0 });
    assert_eq!(
        row(&judged),
        json!({
            "name": "wire", "metric": "speed", "value": 4.0, "unit": "×", "min": 2.0, "max": 8.0,
            "baseline": "flume", "ratio": 2.0, "higher_is_better": true,
            "required": 3.0, "aim": 7.0, "met": true,
        })
    );
}

#[test]
fn a_row_without_a_baseline_says_so() {
    let plain = row(&Row::new("flume", "ns_per_item", "Flume", 400.0, "ns"));
    assert_eq!(plain["baseline"], Value::Null);
    assert_eq!(plain.get("met"), None);
}
