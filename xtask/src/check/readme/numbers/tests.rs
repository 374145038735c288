use super::{Mark, Report, marks};

const REPORT: &str = r#"{
    "machine": { "cores": 2 },
    "rows": [
        { "name": "wire/noop", "metric": "ns_per_item", "unit": "ns", "value": 100, "ratio": 7.5 },
        { "name": "wire/noop", "metric": "allocations", "value": 0, "ratio": null }
    ]
}"#;

fn contradiction(text: &str) -> Option<String> {
    let mark = marks(text).next().expect("a mark").expect("a whole mark");
    Report::parse(REPORT).expect("a report").contradicts(&mark)
}

#[test]
fn reads_marks() {
    let text = "x\n<!-- num:a.b -->1.5<!-- /num --> and <!-- num:c.d.e -->12,000<!-- /num -->";
    let read: Vec<_> = marks(text).map(|mark| mark.expect("a whole mark")).collect();
    let mark = |row: &str, metric: &str, shown| Mark {
        line: 2,
        row: row.into(),
        metric: metric.into(),
        shown,
    };
    assert_eq!(read, [mark("a", "b", 1.5), mark("c.d", "e", 12_000.0)]);
}

#[test]
fn names_broken_marks() {
    for broken in [
        "<!-- num:a.b -->1.5",
        "<!-- num:a -->1.5<!-- /num -->",
        "<!-- num:a.b -->fast<!-- /num -->",
    ] {
        let error = marks(broken).next().expect("a mark").expect_err(broken);
        assert!(error.starts_with("1: a mark should be like"), "{error}");
    }
}

#[test]
fn a_quarter_is_near() {
    assert_eq!(contradiction("<!-- num:wire/noop.ns_per_item -->125<!-- /num -->"), None);
    assert_eq!(contradiction("<!-- num:wire/noop.ns_per_item -->75<!-- /num -->"), None);
    assert_eq!(contradiction("<!-- num:wire/noop.allocations -->0<!-- /num -->"), None);
    assert_eq!(contradiction("<!-- num:wire/noop.ratio -->7<!-- /num -->"), None);
}

#[test]
fn more_is_a_contradiction() {
    assert_eq!(
        contradiction("<!-- num:wire/noop.ns_per_item -->126<!-- /num -->"),
        Some("1: wire/noop.ns_per_item is 100, the text says 126".into())
    );
    assert!(contradiction("<!-- num:wire/noop.ns_per_item -->74<!-- /num -->").is_some());
    assert!(contradiction("<!-- num:wire/noop.allocations -->0.1<!-- /num -->").is_some());
}

#[test]
fn what_was_not_measured_is_a_contradiction() {
    let missing = contradiction("<!-- num:wire/noop.watts -->1<!-- /num -->");
    assert_eq!(missing, Some("1: the report has no wire/noop.watts".into()));
}
