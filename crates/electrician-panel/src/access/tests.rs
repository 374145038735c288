use super::*;

fn access(local: &str, token: Option<&str>) -> Access {
    Access::new(local.parse().expect("an address"), token.map(Into::into))
}

fn asked(uri: &str, headers: &[(header::HeaderName, &str)]) -> (Uri, HeaderMap) {
    let headers =
        headers.iter().map(|(name, value)| (name.clone(), value.parse().expect("a value")));
    (uri.parse().expect("an address"), headers.collect())
}

fn decide(access: &Access, uri: &str, headers: &[(header::HeaderName, &str)]) -> Verdict {
    let (uri, headers) = asked(uri, headers);
    access.decide(&uri, &headers)
}

const LOCAL: &str = "127.0.0.1:4000";
const TOKEN: &str = "correct-horse-battery";

#[test]
fn a_loopback_panel_answers_to_names_of_this_machine_alone() {
    let panel = access(LOCAL, None);
    for host in ["localhost:4000", "127.0.0.1:4000", "127.0.0.1", "[::1]:4000", "[::1]"] {
        assert_eq!(decide(&panel, "/", &[(header::HOST, host)]), Verdict::Granted, "{host}");
    }
    for host in
        ["evil.example:4000", "localhost.evil.example", "127.0.0.1.evil.example", "[::2]", ""]
    {
        assert_eq!(decide(&panel, "/", &[(header::HOST, host)]), Verdict::Foreign, "{host}");
    }
    assert_eq!(decide(&panel, "/", &[]), Verdict::Foreign);
}

#[test]
fn a_token_comes_by_address_cookie_or_header() {
    let panel = access("192.0.2.1:4000", Some(TOKEN));
    assert_eq!(decide(&panel, "/", &[]), Verdict::Unknown);
    let Verdict::Remember(cookie) = decide(&panel, &format!("/?token={TOKEN}"), &[]) else {
        panic!("the right token");
    };
    assert!(
        cookie.starts_with(&format!("electrician_panel_4000={TOKEN}; HttpOnly; SameSite=Strict"))
    );
    let kept = cookie.split(';').next().expect("a pair");
    let others = format!("theme=dark; {kept}; x=y");
    assert_eq!(decide(&panel, "/events", &[(header::COOKIE, &others)]), Verdict::Granted);
    let bearer = format!("bearer {TOKEN}");
    assert_eq!(decide(&panel, "/", &[(header::AUTHORIZATION, &bearer)]), Verdict::Granted);
}

#[test]
fn a_wrong_token_is_none() {
    let panel = access("192.0.2.1:4000", Some(TOKEN));
    for uri in ["/?token=", "/?token=correct-horse-batter", "/?token=correct-horse-battery2"] {
        assert_eq!(decide(&panel, uri, &[]), Verdict::Unknown, "{uri}");
    }
    let other = format!("electrician_panel_4001={TOKEN}");
    assert_eq!(decide(&panel, "/", &[(header::COOKIE, &other)]), Verdict::Unknown);
    let basic = format!("Basic {TOKEN}");
    assert_eq!(decide(&panel, "/", &[(header::AUTHORIZATION, &basic)]), Verdict::Unknown);
}
