//! HTML whose trees the standard itself gives: "An introduction to error handling and strange cases
//! in the parser", and its section on character references.

use electrician_codec::scraper::Selector;
use electrician_codec::{Decode, Html, Limits};

/// What the body of a page becomes.
fn body(text: &str) -> String {
    let page = Html.decode(text.as_bytes(), &Limits::DEFAULT).unwrap();
    let selector = Selector::parse("body").unwrap();
    page.select(&selector).next().unwrap().inner_html()
}

#[test]
fn tags_that_overlap() {
    let tree = "<p>1<b>2<i>3</i></b><i>4</i>5</p>";
    assert_eq!(body("<p>1<b>2<i>3</b>4</i>5</p>"), tree);
    assert_eq!(body("<b>1<p>2</b>3</p>"), "<b>1</b><p><b>2</b>3</p>");
}

#[test]
fn what_a_table_cannot_hold_stands_before_it() {
    let tree = "<b></b><b>bbb</b><table><tbody><tr><td>aaa</td></tr></tbody></table><b>ccc</b>";
    assert_eq!(body("<table><b><tr><td>aaa</td></tr>bbb</table>ccc"), tree);
}

#[test]
fn formats_that_are_left_open_go_on() {
    let text = "<!DOCTYPE html><p><b class=x><b class=x><b><b class=x><b class=x><b>X\n\
                <p>X\n<p><b><b class=x><b>X\n<p></b></b></b></b></b></b>X";
    let x = r#"<b class="x">"#;
    let tree = [
        format!("<p>{x}{x}<b>{x}{x}<b>X\n{}</p>", "</b>".repeat(6)),
        format!("<p>{x}<b>{x}{x}<b>X\n{}</p>", "</b>".repeat(5)),
        format!("<p>{x}<b>{x}{x}<b><b>{x}<b>X\n{}</p>", "</b>".repeat(8)),
        "<p>X</p>".to_owned(),
    ];
    assert_eq!(body(text), tree.concat());
}

#[test]
fn names_of_characters_may_lack_their_end() {
    assert_eq!(body("I'm &notit; I tell you"), "I'm ¬it; I tell you");
    assert_eq!(body("I'm &notin; I tell you"), "I'm ∉ I tell you");
}
