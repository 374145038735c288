//! CSV, against RFC 4180 and the `csv` crate.

use electrician_codec::{CodecErrorKind, CsvDecoder, CsvEncoder, Limits};
use electrician_types::Encoder;
use proptest::prelude::*;
use serde::Serialize;

use crate::samples::{Trade, trade};
use crate::support::{read_all, records, write};

type Row = Vec<String>;

fn rows(text: &str) -> Vec<Result<Row, CodecErrorKind>> {
    read_all(CsvDecoder::new().without_header(), text)
}

fn good(rows: &[&[&str]]) -> Vec<Result<Row, CodecErrorKind>> {
    rows.iter().map(|row| Ok(row.iter().map(|&field| field.to_owned()).collect())).collect()
}

#[test]
fn the_header_names_the_fields() {
    let bytes = write(CsvEncoder::new(), &[trade(1), trade(2)]);
    let expected = "id,venue,price,is_sell\n1,XETR,12.5,false\n2,XETR,12.5,true\n";
    assert_eq!(String::from_utf8_lossy(&bytes), expected);
    let shuffled = "venue,id,more,is_sell,price\nXETR,1,x,false,12.5\n";
    assert_eq!(records::<Trade, _>(CsvDecoder::new(), shuffled), [trade(1)]);
    let none = write(CsvEncoder::new(), &[] as &[Trade]);
    assert_eq!(none, b"");
}

#[test]
fn without_header_fields_go_by_position() {
    let bytes = write(CsvEncoder::new().without_header().with_delimiter(b';'), &[trade(1)]);
    assert_eq!(bytes, b"1;XETR;12.5;false\n");
    let decoder = CsvDecoder::new().without_header().with_delimiter(b';');
    assert_eq!(records::<Trade, _>(decoder, bytes), [trade(1)]);
}

#[test]
fn decoders_of_several_delimiters_do_not_mix() {
    for _ in 0..2 {
        for (delimiter, row) in
            [(b',', ["a;b", "c\td"]), (b';', ["a,b", "c\td"]), (b'\t', ["a;b", "c,d"])]
        {
            let text = row.join(str::from_utf8(&[delimiter]).unwrap());
            let decoder = CsvDecoder::new().with_delimiter(delimiter).without_header();
            assert_eq!(read_all::<Row, _>(decoder, &text), good(&[&row]));
        }
    }
}

#[test]
fn quotes_hold_anything() {
    let text = "\"a,b\",\"c\"\"d\",\"e\r\nf\ng\"\r\nx,\"\",y\n";
    assert_eq!(rows(text), good(&[&["a,b", "c\"d", "e\r\nf\ng"], &["x", "", "y"]]));
    assert_eq!(rows("a\"b,c\"\n"), good(&[&["a\"b", "c\""]]));
    assert_eq!(rows("a,\n,b"), good(&[&["a", ""], &["", "b"]]));
    assert_eq!(rows("a\n\r\n\nb\n"), good(&[&["a"], &["b"]]), "empty lines are no rows");
}

#[test]
fn a_wrong_row_is_one_error_and_the_next_one_follows() {
    let text =
        "id,venue,price,is_sell\n1,XETR,x,false\n2,XETR,12.5,true\n3,XETR\n4,XETR,12.5,true\n";
    let said = read_all::<Trade, _>(CsvDecoder::new(), text);
    let malformed = || Err(CodecErrorKind::Malformed);
    assert_eq!(said, [malformed(), Ok(trade(2)), malformed(), Ok(trade(4))]);
    let mut decoder = CsvDecoder::new();
    let error = decoder.decode::<Trade>(&mut text.as_bytes()).unwrap_err();
    assert_eq!(error.offset(), Some(23));
    assert!(error.to_string().contains("field 2"), "{error}");
}

#[test]
fn rows_are_as_wide_as_the_first() {
    let said = rows("a,b\nc\nd,e,f\ng,h\n");
    let wrong = || Err(CodecErrorKind::Malformed);
    let [first, last] = [["a", "b"], ["g", "h"]].map(|row| Ok(row.map(str::to_owned).to_vec()));
    assert_eq!(said, [first, wrong(), wrong(), last]);
}

#[test]
fn a_byte_order_mark_is_of_no_row() {
    let mark = "\u{feff}";
    assert_eq!(rows(&format!("{mark}\n")), [], "nothing else is there");
    assert_eq!(rows(&format!("{mark}\n{mark}\n{mark}")), good(&[&[mark], &[mark]]));
    assert_eq!(rows(&format!("{mark}{mark}\n")), good(&[&[mark]]), "one is enough");
    assert_eq!(rows(&format!("{mark}\"a\nb\",c\n")), good(&[&["a\nb", "c"]]), "quotes are quotes");

    let mut decoder = CsvDecoder::new().without_header();
    for (bytes, said) in [
        (b"\xef\xbb\xbfa,b".to_vec(), good(&[&["a", "b"]])),
        (b"\xef\xbb".to_vec(), vec![Err(CodecErrorKind::Truncated)]),
        (b"\xef\xbba\nb\n".to_vec(), vec![Err(CodecErrorKind::Malformed), Ok(vec!["b".into()])]),
        ("\u{feef},b\n".into(), good(&[&["\u{feef}", "b"]])),
    ] {
        for cuts in [vec![], vec![1], vec![2], vec![3], vec![1, 2, 3]] {
            assert_eq!(crate::support::read::<Row, _>(&mut decoder, &bytes, &cuts), said);
        }
    }
}

#[test]
fn quotes_must_be_closed() {
    assert_eq!(rows("a\n\"b\nc"), [Ok(vec!["a".to_owned()]), Err(CodecErrorKind::Truncated)]);
}

#[test]
fn a_row_that_is_too_large_is_passed_over() {
    let limits = Limits::DEFAULT.with_record_bytes(8);
    let decoder = CsvDecoder::with_limits(limits).without_header();
    let said = read_all::<Row, _>(decoder, "a,b\n\"123\n45678\",b\nc,d\n");
    let mut expected = good(&[&["a", "b"], &["c", "d"]]);
    expected.insert(1, Err(CodecErrorKind::TooLarge));
    assert_eq!(said, expected);
}

#[test]
fn a_decoder_finishes_with_its_header() {
    let mut decoder = CsvDecoder::new();
    for text in
        ["id,venue,price,is_sell\n1,XETR,12.5,false", "price,is_sell,id,venue\n12.5,false,1,XETR"]
    {
        let said = crate::support::read::<Trade, _>(&mut decoder, text.as_bytes(), &[]);
        assert_eq!(said, [Ok(trade(1))]);
    }
    assert_eq!(read_all::<Trade, _>(CsvDecoder::new(), "id,venue,price,is_sell\n"), []);
}

#[derive(Serialize)]
struct Deep {
    id: u8,
    inner: Trade,
}

#[test]
fn a_record_that_is_not_flat_is_refused_and_leaves_nothing() {
    let mut encoder = CsvEncoder::new();
    let mut bytes = Vec::new();
    let error = encoder.encode(&Deep { id: 1, inner: trade(1) }, &mut bytes).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::Unencodable);
    assert_eq!(bytes, b"");
    encoder.encode(&trade(1), &mut bytes).unwrap();
    assert_eq!(
        bytes, b"id,venue,price,is_sell\n1,XETR,12.5,false\n",
        "the header is still to come"
    );
    encoder.encode(&Deep { id: 1, inner: trade(1) }, &mut bytes).unwrap_err();
    bytes.clear();
    encoder.encode(&trade(2), &mut bytes).unwrap();
    assert_eq!(bytes, b"2,XETR,12.5,true\n", "and comes once");
    Encoder::<Trade>::begin(&mut encoder, &mut bytes).unwrap();
    bytes.clear();
    encoder.encode(&trade(2), &mut bytes).unwrap();
    assert_eq!(bytes, b"id,venue,price,is_sell\n2,XETR,12.5,true\n", "in each run");
}

proptest! {
    /// Rows are those of the `csv` crate, where it does not end rows with a lone carriage return.
    #[test]
    fn rows_are_those_of_another_reader(text in "[a\",\n]{0,40}") {
        let open = text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let theirs: Vec<Row> = reader.deserialize().map(Result::unwrap).collect();
        let width = theirs.first().map(Vec::len);
        let ours = rows(&text);
        if !open {
            for (ours, theirs) in ours.iter().zip(&theirs) {
                match ours {
                    Ok(row) => prop_assert_eq!(row, theirs),
                    Err(kind) if Some(theirs.len()) == width => prop_assert_eq!(*kind, CodecErrorKind::Truncated),
                    Err(_) => {}
                }
            }
            prop_assert_eq!(ours.len(), theirs.len());
        }
    }
}
