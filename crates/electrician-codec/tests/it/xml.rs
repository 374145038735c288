//! XML, on samples of what documents look like.

mod known;

use electrician_codec::{
    CodecErrorKind, Decode, FramedDecoder, FramedEncoder, Limits, Whole, Xml, XmlElements,
};
use serde::{Deserialize, Serialize};

use crate::samples::{Trade, trade};
use crate::support::{read_all, records, text, write};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    #[serde(rename = "@id")]
    id: u32,
    #[serde(rename = "item", default)]
    items: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    #[serde(rename = "@sku")]
    sku: String,
    #[serde(rename = "$text")]
    text: String,
}

fn order(text: &str) -> Result<Order, CodecErrorKind> {
    Xml::new().decode(text.as_bytes(), &Limits::DEFAULT).map_err(|error| error.kind())
}

#[test]
fn a_record_is_an_element() {
    let expected =
        "<Trade><id>1</id><venue>XETR</venue><price>12.5</price><is_sell>false</is_sell></Trade>";
    assert_eq!(text(Xml::new(), &trade(1)), expected);
    let named = text(Xml::new().with_name("trade"), &trade(1));
    assert_eq!(named, expected.replace("Trade", "trade"));
}

#[test]
fn a_document_is_read() {
    let document = r#"<?xml version="1.0" encoding="UTF-8"?>
        <!DOCTYPE order SYSTEM "order.dtd">
        <!-- made by hand: <order> -->
        <order id='7' xmlns="urn:example:orders">
            <item sku="a>b">one &amp; two &#x20AC;</item>
            <item sku="c"><![CDATA[<three> ]] ]]></item>
            <?render fast?>
            <note/>
        </order>
        <!-- the end -->"#;
    let expected = Order {
        id: 7,
        items: vec![
            Item { sku: "a>b".into(), text: "one & two €".into() },
            Item { sku: "c".into(), text: "<three> ]] ".into() },
        ],
        note: Some(String::new()),
    };
    assert_eq!(order(document), Ok(expected));
}

#[test]
fn records_follow_each_other_in_a_root_or_alone() {
    let orders =
        || [Order { id: 1, items: vec![], note: None }, Order { id: 2, items: vec![], note: None }];
    let rooted =
        FramedEncoder::new(Xml::new().with_name("order"), XmlElements::with_root("orders"));
    let bytes = write(rooted, &orders());
    assert_eq!(
        String::from_utf8_lossy(&bytes),
        r#"<orders><order id="1"/><order id="2"/></orders>"#
    );
    let decoder = || FramedDecoder::new(Xml::new(), XmlElements::with_root("orders"));
    assert_eq!(records::<Order, _>(decoder(), &bytes), orders());
    let spaced = "<?xml version='1.0'?> <!-- a --> <o> <!-- b --> <a id='1'/><?c?>\n<b id='2'></b> </o> <!-- d -->";
    assert_eq!(records::<Order, _>(decoder(), spaced), orders());
    let alone = FramedDecoder::new(Xml::new(), XmlElements::new());
    assert_eq!(records::<Order, _>(alone, "<a id='1'/> <!-- x --><b id='2'></b>"), orders());
    assert_eq!(records::<Order, _>(decoder(), "<orders/>"), []);
    let empty = write(FramedEncoder::new(Xml::new(), XmlElements::with_root("r")), &[] as &[Order]);
    assert_eq!(empty, b"<r></r>");
}

#[test]
fn a_wrong_record_is_one_error_and_the_next_one_follows() {
    let decoder = FramedDecoder::new(Xml::new(), XmlElements::new());
    let said = read_all::<Order, _>(decoder, "<a id='1'/><b id='x'/><c/><d id='4'/>");
    let ids: Vec<_> = said.into_iter().map(|said| said.map(|order| order.id)).collect();
    let malformed = Err(CodecErrorKind::Malformed);
    assert_eq!(ids, [Ok(1), malformed, malformed, Ok(4)]);
}

#[test]
fn what_is_no_document_is_an_error() {
    for (text, kind) in [
        ("", CodecErrorKind::Truncated),
        ("  ", CodecErrorKind::Truncated),
        ("<a id='1'>", CodecErrorKind::Truncated),
        ("<a id='1'", CodecErrorKind::Truncated),
        ("<a id='1'/><!-- ", CodecErrorKind::Truncated),
        ("<a id='1'/><b/>", CodecErrorKind::Malformed),
        ("<a id='1'/>text", CodecErrorKind::Malformed),
        ("text<a id='1'/>", CodecErrorKind::Malformed),
        ("<a id='1'></b>", CodecErrorKind::Malformed),
        ("</a>", CodecErrorKind::Malformed),
        ("< a id='1'/>", CodecErrorKind::Malformed),
        ("<!ELEMENT a>", CodecErrorKind::Malformed),
        ("<a id='1'><note>&bomb;</note></a>", CodecErrorKind::Malformed),
    ] {
        assert_eq!(order(text), Err(kind), "{text}");
    }
    let latin = Xml::new().decode(b"<a id='1'><note>\xe4</note></a>", &Limits::DEFAULT);
    assert_eq!(latin.map(|order: Order| order.id).unwrap_err().offset(), Some(16));
}

#[test]
fn entities_cannot_be_declared() {
    let bomb = r#"<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]><a id="1"><note>&y;</note></a>"#;
    assert_eq!(order(bomb), Err(CodecErrorKind::Unsupported));
    let decoder = FramedDecoder::new(Xml::new(), XmlElements::new());
    assert_eq!(read_all::<Order, _>(decoder, bomb), [Err(CodecErrorKind::Unsupported)]);
}

#[test]
fn text_between_records_loses_the_place() {
    for text in ["<r>text<a id='1'/></r>", "<r><![CDATA[x]]></r>", "<r/><r/>", "<r></r>x"] {
        let decoder = FramedDecoder::new(Xml::new(), XmlElements::with_root("r"));
        assert_eq!(read_all::<Order, _>(decoder, text), [Err(CodecErrorKind::Malformed)], "{text}");
    }
    for text in ["", "<r>", "<r><a id='1'", "<!-- "] {
        let decoder = FramedDecoder::new(Xml::new(), XmlElements::with_root("r"));
        assert_eq!(read_all::<Order, _>(decoder, text), [Err(CodecErrorKind::Truncated)], "{text}");
    }
}

/// Holds more of itself.
#[derive(Debug, Deserialize)]
struct Nest {
    #[serde(default)]
    #[expect(dead_code, reason = "it is only read")]
    n: Vec<Nest>,
}

#[test]
fn elements_nest_as_deep_as_allowed() {
    let nested = |depth: usize| format!("{}{}", "<n>".repeat(depth), "</n>".repeat(depth));
    let read = |text: String, limits: Limits| {
        Xml::new().decode(text.as_bytes(), &limits).map(|_: Nest| ())
    };
    assert!(read(nested(128), Limits::DEFAULT).is_ok());
    let error = read(nested(129), Limits::DEFAULT).unwrap_err();
    assert_eq!(error.to_string(), "xml: the nesting exceeds the limit of 128 levels at byte 384");
    assert!(read("<n>".repeat(1 << 20), Limits::DEFAULT).is_err());
    assert!(read("<n><n/></n>".into(), Limits::DEFAULT.with_depth(1)).is_err());
    assert!(read("<n><n/></n>".into(), Limits::DEFAULT.with_depth(2)).is_ok());
}

#[test]
fn a_document_is_a_whole_stream() {
    let bytes = text(Xml::new(), &trade(3));
    assert_eq!(
        records::<Trade, _>(FramedDecoder::new(Xml::new(), Whole::new()), bytes),
        [trade(3)]
    );
}

#[test]
fn a_record_that_is_too_large_is_passed_over() {
    for record_bytes in [0, 1, 10] {
        let limits = Limits::DEFAULT.with_record_bytes(record_bytes);
        let decoder = || FramedDecoder::with_limits(Xml::new(), XmlElements::new(), limits);
        let bytes = b"<a id='1'/><a id='12345678'/>";
        for cuts in [vec![], vec![1], (0..bytes.len()).collect()] {
            let said = crate::support::read::<Order, _>(&mut decoder(), bytes, &cuts);
            assert_eq!(said, [Err(CodecErrorKind::TooLarge), Err(CodecErrorKind::TooLarge)]);
        }
    }
    let limits = Limits::DEFAULT.with_record_bytes(11);
    let decoder = FramedDecoder::with_limits(Xml::new(), XmlElements::new(), limits);
    let said = read_all::<Order, _>(decoder, "<a id='1'/><a id='12345678'/><a id='3'/>");
    let ids: Vec<_> = said.into_iter().map(|said| said.map(|order| order.id)).collect();
    assert_eq!(ids, [Ok(1), Err(CodecErrorKind::TooLarge), Ok(3)]);
}

#[test]
fn how_a_stream_is_cut_changes_no_error() {
    let limits = Limits::DEFAULT.with_record_bytes(4);
    for bytes in [&b"<a> <!x"[..], b"<a id='1'> < ", b"<a/> \n x"] {
        let every: Vec<usize> = (0..bytes.len()).collect();
        let said = |cuts: &[usize]| {
            let mut decoder = FramedDecoder::with_limits(Xml::new(), XmlElements::new(), limits);
            let mut said = Vec::new();
            let mut start = 0;
            for end in cuts.iter().copied().chain([bytes.len()]) {
                let mut chunk = &bytes[start..end];
                start = end;
                while !chunk.is_empty() && !is_broken(&decoder) {
                    if let Err(error) = decoder.decode::<Order>(&mut chunk) {
                        said.push(error.to_string());
                    }
                }
            }
            said
        };
        assert_eq!(said(&every), said(&[]));
        assert_eq!(said(&[]).len(), 2, "too large or no order, then malformed");
    }
}

fn is_broken(decoder: &FramedDecoder<Xml, XmlElements>) -> bool {
    electrician_types::Decoder::<Order>::is_broken(decoder)
}
