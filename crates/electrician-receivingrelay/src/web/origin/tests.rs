use super::parse;

#[test]
fn what_browsers_send_is_an_origin() {
    for origin in [
        "https://app.example.org",
        "http://localhost:3000",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "https://xn--bcher-kva.example",
        "chrome-extension://abcdefghijklmnop",
    ] {
        assert_eq!(parse(origin).unwrap(), origin);
    }
}

#[test]
fn what_no_browser_sends_is_explained() {
    for (origin, part) in [
        ("*", "from_any_origin"),
        ("null", "anybody"),
        ("app.example.org", "no scheme"),
        ("", "no scheme"),
        ("https://", "no host"),
        ("https://app.example.org/", "\"https://app.example.org\""),
        ("https://app.example.org/page?x", "\"https://app.example.org\""),
        ("https://App.example.org", "\"https://app.example.org\""),
        ("HTTPS://app.example.org", "\"https://app.example.org\""),
        ("https://bücher.example", "xn--"),
        ("https://app.example.org:443", "\"https://app.example.org\""),
        ("http://localhost:80", "\"http://localhost\""),
        ("http://localhost:", "1 to 65535"),
        ("http://localhost:080", "1 to 65535"),
        ("http://localhost:65536", "1 to 65535"),
        ("http://localhost:0", "port 0"),
        ("http://user@localhost", "no host"),
        ("http://local host", "no host"),
        ("http://*.example.org", "no host"),
        ("http://[::1", "IPv6"),
        ("http://[::0001]", "\"[::1]\""),
        ("http://[::1]x", "IPv6"),
        ("1://host", "no scheme"),
    ] {
        let error = parse(origin).unwrap_err();
        assert!(error.contains(part), "{origin:?}: {error}");
        assert!(error.contains(&format!("{origin:?}")), "{error}");
    }
}
