use super::*;

fn error(text: &str) -> String {
    text.parse::<LogFilter>().unwrap_err().to_string()
}

#[test]
fn the_longest_target_wins() {
    let filter: LogFilter = "WARN, a=info,a::b=Debug,a::c=off".parse().unwrap();
    assert!(filter.admits("x", Level::WARN) && !filter.admits("x", Level::INFO));
    assert!(filter.admits("a::x", Level::INFO) && !filter.admits("a::x", Level::DEBUG));
    assert!(filter.admits("a::b", Level::DEBUG) && !filter.admits("a::b", Level::TRACE));
    assert!(!filter.admits("a::c", Level::ERROR));
    assert_eq!(filter.to_string(), "warn,a=info,a::b=debug,a::c=off");
    assert_eq!(filter.to_string().parse(), Ok(filter));
}

#[test]
fn a_target_alone_leaves_the_others_at_info() {
    let filter: LogFilter = "a=trace".parse().unwrap();
    assert!(filter.admits("x", Level::INFO) && !filter.admits("x", Level::DEBUG));
    assert_eq!(LogFilter::default().to_string(), "info");
}

#[test]
fn an_error_says_what_would_be_right() {
    let expected = "expected off, error, warn, info, debug or trace";
    assert_eq!(error("loud"), format!("unknown level \"loud\" in \"loud\": {expected}"));
    assert_eq!(error("info,a=loud"), format!("unknown level \"loud\" in \"a=loud\": {expected}"));
    assert!(error("a::b").ends_with("for a target write \"a::b=debug\""));
    assert!(error("info,debug").contains("expected one"));
    assert!(error("=debug").contains("expected a module path"));
    assert!(error("a[span]=debug").contains("expected a module path"));
    assert!(error("").contains(expected));
}

#[test]
fn code_says_the_same_as_text() {
    let code = LogFilter::level(Level::WARN).with_target("a", Level::DEBUG).with_target("b", None);
    assert_eq!("warn,a=debug,b=off".parse(), Ok(code));
}
