//! Headers with fixed values, in whatever holds them.

use std::collections::{BTreeMap, HashMap};

use electrician_auth::{HeaderView, Repeated, StaticHeaders};
use http::HeaderMap;

fn both() -> StaticHeaders {
    StaticHeaders::new([("X-Tenant", "local"), ("x-key", "s3cret")]).expect("two headers")
}

#[test]
fn all_must_be_there_once_and_to_the_letter() {
    let policy = both();
    let right = [("x-TENANT", "local"), ("X-Key", "s3cret"), ("other", "x")];
    policy.check(&right).expect("both are there");
    for (headers, name) in [
        (vec![("x-tenant", "local")], "x-key"),
        (vec![("x-key", "s3cret")], "x-tenant"),
        (vec![("x-tenant", "Local"), ("x-key", "s3cret")], "x-tenant"),
        (vec![("x-tenant", "local"), ("x-key", "s3cre")], "x-key"),
        (vec![("x-tenant", "local"), ("x-key", "s3crets")], "x-key"),
        (vec![("x-tenant", "local"), ("x-key", "")], "x-key"),
        (vec![("x-tenant", "local"), ("x-key", "s3cret"), ("X-Key", "s3cret")], "x-key"),
        (vec![("x-tenant", " local"), ("x-key", "s3cret")], "x-tenant"),
    ] {
        let error = policy.check(&headers).expect_err("not right").to_string();
        assert_eq!(error, format!("header {name}: it is missing or wrong"));
    }
}

#[test]
fn a_policy_that_proves_nothing_is_refused() {
    let nothing: [(&str, &str); 0] = [];
    for (headers, wanted) in [
        (nothing.to_vec(), "no headers are demanded"),
        (vec![("x-key", "")], "header x-key: an empty value proves nothing"),
        (vec![("x key", "a")], "\"x key\" is no name of a header"),
        (vec![("x-key", "a"), ("X-KEY", "b")], "header x-key: it is demanded twice"),
    ] {
        let error = StaticHeaders::new(headers).expect_err("it proves nothing").to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn headers_are_found_wherever_they_are() {
    let mut map = HeaderMap::new();
    map.insert("x-tenant", "local".parse().expect("a value"));
    map.append("x-twice", "a".parse().expect("a value"));
    map.append("x-twice", "b".parse().expect("a value"));
    let text = [("X-Tenant", "local"), ("x-twice", "a"), ("X-Twice", "b")];
    let owned: Vec<(String, String)> =
        text.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let hash: HashMap<String, String> = owned.iter().cloned().collect();
    let tree: BTreeMap<String, Vec<u8>> =
        owned.iter().map(|(name, value)| (name.clone(), value.clone().into_bytes())).collect();
    let views: [&dyn HeaderView; 5] = [&map, &text, &owned, &hash, &tree];
    for view in views {
        assert_eq!(view.only("x-tenant"), Ok(Some(&b"local"[..])));
        assert_eq!(view.only("x-twice"), Err(Repeated));
        assert_eq!(view.only("x-none"), Ok(None));
    }
}
