use super::{Names, go_case, is_alike, snake};

#[test]
fn words_begin_where_the_case_says() {
    for (go, rust) in [
        ("CustomerID", "customer_id"),
        ("HTTPServer", "http_server"),
        ("BaseURL", "base_url"),
        ("X", "x"),
        ("OAuthToken", "o_auth_token"),
        ("Md5Sum", "md5_sum"),
        ("A_B", "a_b"),
        ("Größe", "größe"),
    ] {
        assert_eq!(snake(go), rust);
    }
}

#[test]
fn initialisms_are_in_upper_case() {
    for (rust, go) in [
        ("customer_id", "CustomerID"),
        ("base_url", "BaseURL"),
        ("http_server", "HTTPServer"),
        ("x", "X"),
        ("größe", "Größe"),
        ("_hidden", "Hidden"),
    ] {
        assert_eq!(go_case(rust), go);
    }
}

#[test]
fn alike_is_equal_but_for_case_and_underscores() {
    assert!(is_alike("OAuthToken", "oauth_token"));
    assert!(!is_alike("Token", "tokens"));
}

#[test]
fn an_exact_name_wins() {
    assert_eq!(Names::Snake.find("ID", &["id", "ID"]), Some("ID"));
    assert_eq!(Names::Snake.find("Id", &["id", "ID"]), Some("id"));
    assert_eq!(Names::Exact.find("Id", &["id", "ID"]), None);
    assert_eq!(Names::Snake.go("ID"), "ID");
}
