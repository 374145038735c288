use super::{Options, parse};

fn parsed(words: &[&str]) -> Result<Options, String> {
    parse(&words.iter().map(ToString::to_string).collect::<Vec<_>>())
}

#[test]
fn a_checkout_can_be_named() {
    assert_eq!(parsed(&[]), Ok(Options { go_module: None }));
    let named = Options { go_module: Some("../library".into()) };
    assert_eq!(parsed(&["--go-module", "../library"]), Ok(named));
}

#[test]
fn anything_else_is_an_error_that_says_what_would_be_right() {
    for words in [&["--go-module"][..], &["../library"], &["--go-module", "a", "b"]] {
        let error = parsed(words).unwrap_err();
        assert!(error.contains("--go-module PATH"), "{error}");
    }
}
