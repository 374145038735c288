use super::Template;

fn rendered(template: &str, value: &str) -> String {
    let mut text = b"before ".to_vec();
    Template::new(template).render(value.as_bytes(), &mut text);
    let text = String::from_utf8(text).expect("text");
    text.strip_prefix("before ").expect("what was there").to_owned()
}

#[test]
fn a_field_gives_its_text() {
    let value = r#"{"a": "x", "id": 1000000, "big": 12345678901234567890, "f": 1.50, "t": true}"#;
    assert_eq!(rendered("{a}", value), "x");
    assert_eq!(rendered("  {a}\n", value), "x");
    assert_eq!(rendered("{id}", value), "1000000");
    assert_eq!(rendered("{big}", value), "12345678901234567890");
    assert_eq!(rendered("{f}", value), "1.50");
    assert_eq!(rendered("{t}", value), "true");
}

#[test]
fn escapes_are_undone_and_names_may_have_them() {
    assert_eq!(rendered("{a}", r#"{"a": "x\"\u00e9\n"}"#), "x\"\u{e9}\n");
    assert_eq!(rendered("{é}", r#"{"\u00e9": "x"}"#), "x");
}

#[test]
fn arrays_and_objects_give_their_json_and_null_nothing() {
    assert_eq!(rendered("{a}", r#"{"a": [1, {"b":2}]}"#), r#"[1, {"b":2}]"#);
    assert_eq!(rendered("{a}", r#"{"a": null}"#), "");
}

#[test]
fn the_last_of_several_fields_of_a_name_counts() {
    assert_eq!(rendered("{a}", r#"{"a": 1, "a": 2}"#), "2");
}

#[test]
fn everything_else_is_a_literal() {
    assert_eq!(rendered("strikes", r#"{"strikes": 1}"#), "strikes");
    assert_eq!(rendered(" v1-{a} ", r#"{"a": 1}"#), " v1-{a} ");
    assert_eq!(rendered("{}", r#"{"": 1}"#), "{}");
    assert_eq!(rendered("{missing}", r#"{"a": {"missing": 1}}"#), "{missing}");
    assert_eq!(rendered(" {a}", "[1]"), " {a}");
    assert_eq!(rendered("{a}", "no JSON"), "{a}");
    assert_eq!(rendered("{a}", r#"{"a": 1, "b""#), "{a}");
    assert_eq!(rendered("{a}", ""), "{a}");
}

#[test]
fn a_value_may_end_its_line() {
    assert_eq!(rendered("{a}", "{\"a\":\"x\"}\n"), "x");
}
