use super::{contradicts, promises};

const README: &str = "\
In 7 lines of prose.

| example | shows |
|---|---|
| `hello` | a stage in 3 lines |
| `ordered` | lines in order |
";

const HELLO: &str = "\
//! Shows nothing.

fn main() { // a comment
    /* another */

    println!(\"// three\");
}
";

#[test]
fn reads_what_rows_promise() {
    assert_eq!(promises(README).collect::<Vec<_>>(), [("hello".to_owned(), 3)]);
}

#[test]
fn counts_code() {
    assert_eq!(contradicts("hello", 3, HELLO), None);
    assert_eq!(
        contradicts("hello", 4, HELLO).as_deref(),
        Some("README.md: hello has 3 lines of code, its row says 4")
    );
}
