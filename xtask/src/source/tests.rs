use std::path::Path;

use super::{code, is_test};

#[test]
fn blanks_comments_and_keeps_lines() {
    assert_eq!(code("a // todo\nb"), "a        \nb");
    assert_eq!(code("a /* x /* y */\nz */ b"), "a             \n     b");
    assert_eq!(code("/// doc.unwrap()\nfn f() {}").lines().nth(1), Some("fn f() {}"));
}

#[test]
fn blanks_strings_and_keeps_quotes() {
    assert_eq!(code(r#"f("dbg!(\"x\")") + 1"#), r#"f("           ") + 1"#);
    assert_eq!(code(r##"f(r#"a"b"#, x)"##), r##"f(r#"   "#, x)"##);
    assert_eq!(code(r#"f(br"\", x)"#), r#"f(br" ", x)"#);
    assert_eq!(code(r#"b"x" c"y" r"z""#), r#"b" " c" " r" ""#);
    assert_eq!(code("\"two\nlines\" x"), "\"   \n     \" x");
    assert_eq!(code("\"\""), "\"\"");
}

#[test]
fn tells_characters_from_lifetimes() {
    assert_eq!(code("['\"', x]"), "[' ', x]");
    assert_eq!(code(r"['\'', '\\', '\u{1F600}', b'\n'] x"), r"['  ', '  ', '         ', b'  '] x");
    assert_eq!(code("fn f<'a>(x: &'a str) -> &'a str"), "fn f<'a>(x: &'a str) -> &'a str");
    assert_eq!(code("'ä' x"), "' ' x");
}

#[test]
fn raw_identifiers_are_code() {
    assert_eq!(code(r#"r#type + for"x""#), r#"r#type + for" ""#);
}

#[test]
fn survives_what_does_not_end() {
    assert_eq!(code("\"open"), "\"    ");
    assert_eq!(code("r#\"open"), "r#\"    ");
    assert_eq!(code("/* open"), "       ");
}

#[test]
fn tests_are_known_by_their_place() {
    assert!(is_test(Path::new("crates/a/tests/it/main.rs")));
    assert!(is_test(Path::new("crates/a/src/queue/tests.rs")));
    assert!(is_test(Path::new("crates/a/src/queue/tests/model.rs")));
    assert!(!is_test(Path::new("crates/a/src/attests.rs")));
    assert!(!is_test(Path::new("crates/electrician-testkit/src/lib.rs")));
}
