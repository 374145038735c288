use proptest::prelude::*;

use super::*;

fn escaped(text: &str, limit: usize) -> String {
    let mut out = String::new();
    escape(&mut out, text, limit, 0);
    out
}

#[test]
fn control_characters_quotes_and_backslashes_are_escaped() {
    assert_eq!(escaped("a\"b\\c\nd\re\tf\u{0}g\u{1b}", 99), r#"a\"b\\c\nd\re\tf\u0000g\u001b"#);
    assert_eq!(escaped("żółw 🐢", 99), "żółw 🐢");
}

#[test]
fn what_is_too_long_is_cut_and_says_how_much() {
    assert_eq!(escaped("abcdefgh", 8), "abcdefgh");
    assert_eq!(escaped("abcdefghi", 8), "abcdefgh…[cut 1 bytes]");
    assert_eq!(escaped("żżż", 3), "ż…[cut 4 bytes]");
    let mut out = String::new();
    escape(&mut out, "abc", 8, 7);
    assert_eq!(out, "abc…[cut 7 bytes]");
}

#[test]
fn numbers_that_json_lacks_are_text() {
    let show = |write: &dyn Fn(&mut String)| {
        let mut out = String::new();
        write(&mut out);
        out
    };
    assert_eq!(show(&|out| integer(out, i128::from(i64::MIN))), "-9223372036854775808");
    assert_eq!(show(&|out| integer(out, i128::from(u64::MAX))), "18446744073709551615");
    assert_eq!(show(&|out| integer(out, i128::from(u64::MAX) + 1)), "\"18446744073709551616\"");
    assert_eq!(show(&|out| float(out, 0.1)), "0.1");
    assert_eq!(show(&|out| float(out, 1e300)), "1e300");
    assert_eq!(show(&|out| float(out, f64::NAN)), "\"NaN\"");
    assert_eq!(show(&|out| float(out, f64::NEG_INFINITY)), "\"-inf\"");
}

proptest! {
    #[test]
    fn escaped_text_reads_back(text: String) {
        let json = format!("\"{}\"", escaped(&text, usize::MAX));
        prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn cut_text_is_still_the_beginning_of_a_string(
        text in "[\\x00-\\x22\\\\a-cż🐢]{0,60}",
        limit in 0_usize..80,
    ) {
        let whole = escaped(&text, usize::MAX);
        let kept = cut(&whole, limit);
        prop_assert!(kept.len() <= limit);
        let json = format!("\"{kept}\"");
        prop_assert!(text.starts_with(&serde_json::from_str::<String>(&json).unwrap()));
        let bounded = escaped(&text, limit);
        let json = format!("\"{bounded}\"");
        prop_assert!(serde_json::from_str::<String>(&json).is_ok());
        prop_assert!(bounded.len() <= limit.max(whole.len().min(limit)) + 6 + 40);
    }
}
