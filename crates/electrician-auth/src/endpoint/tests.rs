use super::*;

fn problem(url: &str, allows: bool) -> String {
    Endpoint::parse(url, allows).expect_err(url).to_string()
}

#[test]
fn https_goes_anywhere_and_http_nowhere_unless_told() {
    let endpoint = Endpoint::parse("https://auth.example.org/token?key=7", false).expect("https");
    assert_eq!(&**endpoint.name(), "https://auth.example.org/token");
    for url in ["http://localhost:1/x", "http://127.0.0.1:1", "http://127.8.9.1", "http://[::1]:1/"]
    {
        assert!(problem(url, false).contains("dangerously_allow_plaintext_on_loopback"));
        Endpoint::parse(url, true).expect(url);
    }
    for url in [
        "http://auth.example.org",
        "http://10.0.0.1/",
        "http://localhost.example.org/",
        "http://[::2]/",
        "http://0.0.0.0/",
    ] {
        assert!(problem(url, true).contains("use https"), "{url}");
    }
}

#[test]
fn what_is_no_address_says_what_would_be_one() {
    for url in ["", "token", "/token", "https://", "ftp://x/y", "https://a b/"] {
        assert!(problem(url, true).contains("https"), "{}", problem(url, true));
    }
}

#[test]
fn a_user_in_an_address_is_refused_and_not_shown() {
    for url in ["https://me:secret@auth.example.org/token", "https://me:secret@bad host/?secret"] {
        let error = problem(url, false);
        assert!(!error.contains("secret"), "{error}");
    }
}
