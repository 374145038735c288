//! HTML, on samples of what pages look like.

mod known;

use std::fmt::Write;

use electrician_codec::scraper::{self, Selector};
use electrician_codec::{CodecError, CodecErrorKind, Decode, Html, Limits};

fn page(text: &str) -> Result<scraper::Html, CodecError> {
    Html.decode(text.as_bytes(), &Limits::DEFAULT)
}

fn texts(text: &str, selector: &str) -> Vec<String> {
    let page = page(text).unwrap();
    let selector = Selector::parse(selector).unwrap();
    page.select(&selector).map(|element| element.text().collect()).collect()
}

#[test]
fn a_page_is_searched() {
    let text = r#"<!doctype html><html lang=en><head><title>Orders &amp; more</title>
        <script>if (a < b && "<p>") { run() }</script></head>
        <body><table id="orders"><tr><th>id<th>total<tr class="new big"><td>7<td>12&euro;
        <tr class=new><td>8<td>13&euro;</table><p>One<p>Two<br/>Three</body></html>"#;
    assert_eq!(texts(text, "title"), ["Orders & more"]);
    assert_eq!(texts(text, "#orders tr.new td:first-child"), ["7", "8"]);
    assert_eq!(texts(text, "tr.big > td + td")[0].trim(), "12€");
    assert_eq!(texts(text, "body > p"), ["One", "TwoThree"]);
}

#[test]
fn malformed_markup_means_something() {
    assert_eq!(texts("<p>a<b>b<i>c</b>d</i>", "i"), ["c", "d"]);
    assert_eq!(texts("<table><p>out</table>", "body > p"), ["out"]);
    assert_eq!(texts("</nonsense><<a href='x'>&xyzzy;", "a"), ["&xyzzy;"]);
    assert_eq!(texts("", "body"), [""]);
    let lossy = Html.decode(b"<p>\xff</p>", &Limits::DEFAULT).unwrap();
    assert!(lossy.html().contains('\u{fffd}'));
}

#[test]
fn a_page_is_read_in_pieces_without_a_trace() {
    let mut text = String::from("<ul>");
    for index in 0..5_000 {
        write!(text, "<li>ä€{index}</li>").unwrap();
    }
    let found = texts(&text, "li");
    assert_eq!(found.len(), 5_000);
    assert!(found.iter().enumerate().all(|(index, text)| *text == format!("ä€{index}")));
    assert_eq!(page(&text).unwrap(), scraper::Html::parse_document(&text));
}

#[test]
fn elements_nest_as_deep_as_allowed() {
    // `html` and `body` are two.
    let nested = |depth| "<div>".repeat(depth);
    assert!(page(&nested(126)).is_ok());
    assert_eq!(page(&nested(127)).unwrap_err().kind(), CodecErrorKind::TooLarge);
    for part in [
        "<div>",
        "<b id=x>",
        "<p><b>",
        "<table><a>",
        "<svg><g>",
        "<template>",
        "<a><b><p>",
        "<table><tr><td>",
    ] {
        let text = part.repeat((4 << 20) / part.len());
        let error = page(&text).unwrap_err();
        assert_eq!(error.kind(), CodecErrorKind::TooLarge, "{part}");
    }
}

#[test]
fn elements_that_are_left_open_in_paragraphs_are_bounded() {
    let mut text = String::new();
    for index in 0..100_000 {
        write!(text, "<p><b id={index}></p>").unwrap();
    }
    assert_eq!(page(&text).unwrap_err().kind(), CodecErrorKind::TooLarge);
}

#[test]
fn a_tag_with_very_many_attributes_is_refused() {
    let attributes = |count: usize| {
        (0..count).fold(String::from("<x"), |mut text, index| {
            write!(text, " a{index}").unwrap();
            text
        }) + ">"
    };
    assert!(page(&attributes(1_000)).is_ok());
    for start in ["", "<x q='>' ", "<!-- <x q=\" --><y q=\">\" "] {
        let error = page(&(start.to_owned() + &attributes(1_000_000))).unwrap_err();
        assert_eq!(error.kind(), CodecErrorKind::TooLarge, "{start}");
    }
    let script = format!("<script>{}</script>", "a < b ".repeat(500_000));
    assert!(page(&script).is_ok(), "text is no tag");
}

#[test]
fn the_tree_is_limited() {
    let limits = Limits::DEFAULT.with_decoded_bytes(100_000);
    let text = "<br>".repeat(2_000);
    let error = Html.decode(text.as_bytes(), &limits).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::TooLarge);
    assert!(Html.decode("<br>".repeat(10).as_bytes(), &limits).is_ok());
}
