use super::{missing_rows, paths, stale_rows};

const README: &str = "\
# Electrician

Not a row: electrician-meter.

| crate | what it is |
|---|---|
| `electrician` | the facade |
| [`electrician-wire`](crates/electrician-wire) | a stage, see electrician-types |
";

#[test]
fn every_crate_has_a_row() {
    assert!(missing_rows(README, &["electrician", "electrician-wire"]).is_empty());
    assert_eq!(
        missing_rows(README, &["electrician-wire", "electrician-meter", "electrician-wir"]),
        [
            "README.md: no row of a table names electrician-meter",
            "README.md: no row of a table names electrician-wir"
        ]
    );
}

#[test]
fn every_row_has_a_crate() {
    assert!(stale_rows(README, &["electrician", "electrician-wire"]).is_empty());
    let stale = stale_rows(README, &["electrician"]);
    assert_eq!(stale.len(), 1, "only the first cell says what the row is about: {stale:?}");
    assert!(stale[0].contains("electrician-wire"));
}

#[test]
fn finds_the_files_that_are_named() {
    let text = "As `electrician-wire/tests/it/cancel.rs`, `src/a.rs` and `electrician::wire` say.";
    assert_eq!(paths(text).collect::<Vec<_>>(), ["electrician-wire/tests/it/cancel.rs"]);
}
