use proptest::prelude::*;

use super::*;

fn cleaned(text: &str) -> String {
    let (mut text, mut spare) = (text.to_owned(), String::new());
    Secrets::default().clean(&mut text, &mut spare);
    text
}

#[test]
fn names_are_secret_by_their_words() {
    let secrets = Secrets::default();
    for name in [
        "authorization",
        "Authorization",
        "http.authorization",
        "proxy-authorization",
        "token",
        "access_token",
        "accessToken",
        "ACCESS_TOKEN",
        "password",
        "db.password",
        "dbPassword",
        "secret",
        "client_secret",
        "api_key",
        "apiKey",
        "X-Api-Key",
        "apikey",
        "private_key",
        "set-cookie",
        "passwd",
    ] {
        assert!(secrets.is_secret(name), "{name}");
    }
    for name in
        ["tokens_left", "secretary", "author", "key", "api", "monkey", "keyboard", "", "pass"]
    {
        assert!(!secrets.is_secret(name), "{name}");
    }
}

#[test]
fn users_add_names() {
    let mut secrets = Secrets::default();
    assert!(secrets.add("card number") && secrets.add("IBAN") && !secrets.add("--"));
    for name in ["card_number", "CARD-NUMBER", "customer.cardNumber", "iban", "from_iban"] {
        assert!(secrets.is_secret(name), "{name}");
    }
    assert!(!secrets.is_secret("card") && !secrets.is_secret("number"));
}

#[test]
fn credentials_in_text_are_replaced() {
    for (text, expected) in [
        ("Bearer abc.def-1", "Bearer [redacted]"),
        ("sent bEaReR   abc, and BEARER def", "sent bEaReR   [redacted], and BEARER [redacted]"),
        ("Basic dXNlcjpwYXNz", "Basic [redacted]"),
        ("Authorization: Bearer abc", "Authorization: Bearer [redacted]"),
        ("authorization: Token abc", "authorization: Token [redacted]"),
        ("authorization=abc def", "authorization=[redacted] def"),
        ("?api_key=abc&x=1", "?api_key=[redacted]&x=1"),
        (r#"{"password":"hunter2","x":1}"#, r#"{"password":"[redacted]","x":1}"#),
        (
            r#"Login { user: "a", password: "hunter2" }"#,
            r#"Login { user: "a", password: "[redacted]" }"#,
        ),
        ("postgres://user:pa:ss@host/db", "postgres://user:[redacted]@host/db"),
        ("jwt eyJhbGciOiJIUzI1NiJ9.e30.c2ln end", "jwt [redacted] end"),
    ] {
        assert_eq!(cleaned(text), expected);
    }
}

#[test]
fn other_text_stays() {
    for text in [
        "",
        "basic training of bears",
        "forbearer x",
        "http://host:80/a",
        "http://host/a@b:c",
        "a: b, c=d",
        "token",
        "password:",
        "12:30:45",
        "eyJust",
        "x::y::Bearer",
    ] {
        assert_eq!(cleaned(text), text);
    }
}

proptest! {
    #[test]
    fn whatever_the_text_a_bearer_goes(
        before in "[^a-zA-Z0-9]{0,8}",
        token in "[A-Za-z0-9._~+/-]{6,30}",
        after in "( \\PC{0,8})?",
    ) {
        let text = cleaned(&format!("{before}Bearer {token}{after}"));
        let left = text.replace(&after, "");
        prop_assert!(!left.contains(&token), "{}", text);
    }

    #[test]
    fn cleaning_ends_and_does_not_split_characters(text in "([bB]earer |[:=/@\"' ]|://|eyJ|password|ż|a){0,20}") {
        let once = cleaned(&text);
        prop_assert_eq!(cleaned(&once), once);
    }
}
