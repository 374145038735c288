//! The dialect of Go, against what Go itself made.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use electrician_codec::{
    CodecErrorKind, Decode, GoJson, Limits, Rfc3339, format_rfc3339, parse_rfc3339,
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteBuf, Bytes};

use crate::support::text;

/// What the generator beside it wrote.
const VECTORS: &str = include_str!("../vectors/json.txt");

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Feedback {
    customer_id: String,
    content: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    category: String,
    is_negative: bool,
    tags: Option<Vec<String>>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Various {
    text: String,
    count: i64,
    small: u8,
    share: f64,
    half: f32,
    data: Option<ByteBuf>,
    list: Option<Vec<i32>>,
    map: Option<HashMap<String, i32>>,
    by_id: Option<HashMap<i64, String>>,
    when: Rfc3339,
    maybe: Option<i32>,
    nested: Option<Vec<Feedback>>,
}

impl Default for Various {
    fn default() -> Self {
        Self {
            text: String::new(),
            count: 0,
            small: 0,
            share: 0.0,
            half: 0.0,
            data: None,
            list: None,
            map: None,
            by_id: None,
            when: Rfc3339(parse_rfc3339("0001-01-01T00:00:00Z").unwrap()),
            maybe: None,
            nested: None,
        }
    }
}

fn vectors(kind: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = VECTORS.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    lines.filter(move |line| line[0] == kind)
}

/// Our text of what Go wrote as `name`.
fn ours(name: &str) -> String {
    let words: Vec<&str> = name.split(' ').collect();
    match words[0] {
        "letters" => {
            let letters: String = (0..=0xff_u8).map(char::from).collect();
            text(GoJson, &format!("{letters}\u{2027}\u{2028}\u{2029}\u{202a}\u{17f}\u{1f600}"))
        }
        "html" => text(GoJson, "<a href=\"x\">&'</a>"),
        "floats" => text(
            GoJson,
            &[
                0.0,
                -0.0,
                1.0,
                -1.0,
                100.0,
                0.1,
                1.5,
                1e-5,
                1e-6,
                9.99e-7,
                1e-7,
                1.25e-10,
                123_456_789.0,
                1e20,
                123_456_789_012_345_680_000.0,
                1e21,
                1.5e22,
                -1e21,
                f64::MAX,
                5e-324,
                std::f64::consts::PI,
            ][..],
        ),
        "floats32" => {
            text(GoJson, &[0.0, 0.1, 1e-6, 1e-7, 16_777_216.0, 1e20, 1e21, f32::MAX, 1e-45_f32][..])
        }
        "integers" => text(GoJson, &[0, -1, i64::MIN, i64::MAX]),
        "unsigned" => text(GoJson, &[0, u64::MAX]),
        "sorted" => {
            let names = ["b", "a", "B", "ä", "aa", "", "<", "10", "9"];
            text(GoJson, &names.into_iter().zip(1..).collect::<HashMap<_, _>>())
        }
        "numbered" => text(GoJson, &HashMap::from([(10_i64, "ten"), (9, "nine"), (-1, "minus")])),
        "nil" if words.len() == 1 => text(GoJson, &None::<Vec<i32>>),
        "nil" => {
            let (customer_id, category) = ("C002".into(), "Delivery".into());
            text(GoJson, &Feedback { customer_id, category, ..Feedback::default() })
        }
        "empty" => text(GoJson, &[0_u8; 0][..]),
        "feedback" => text(
            GoJson,
            &Feedback {
                customer_id: "C001".into(),
                content: "late & <cold>".into(),
                is_negative: true,
                tags: Some(vec!["a".into()]),
                ..Feedback::default()
            },
        ),
        bytes if bytes.starts_with("bytes") => {
            let size: usize = bytes[5..].parse().unwrap();
            text(GoJson, Bytes::new(&[0xfb, 0xff, 0, 1, 2][..size]))
        }
        _ => {
            let (seconds, nanos): (i64, u64) =
                (words[1].parse().unwrap(), words[2].parse().unwrap());
            let size = Duration::from_secs(seconds.unsigned_abs());
            let whole = if seconds < 0 { UNIX_EPOCH - size } else { UNIX_EPOCH + size };
            text(GoJson, &Rfc3339(whole + Duration::from_nanos(nanos)))
        }
    }
}

#[test]
fn what_is_written_is_what_go_writes() {
    let mut count = 0;
    for line in vectors("encode") {
        assert_eq!(ours(line[1]), line[2], "{}", line[1]);
        count += 1;
    }
    assert!(count >= 25, "{count} vectors");
}

fn again<T: Default + Serialize + for<'de> Deserialize<'de>>(input: &str) -> String {
    match Decode::<T>::decode(&mut GoJson, input.as_bytes(), &Limits::DEFAULT) {
        Ok(value) => text(GoJson, &value),
        Err(_) => "error".to_owned(),
    }
}

#[test]
fn what_is_read_is_what_go_reads() {
    let mut count = 0;
    for line in vectors("decode") {
        // Go keeps the offset of a time; here a time is a time.
        let expected = line[3].replace("03:04:05.12+02:00", "01:04:05.12Z");
        let found = match line[1] {
            "feedback" => again::<Feedback>(line[2]),
            _ => again::<Various>(line[2]),
        };
        assert_eq!(found, expected, "{}", line[2]);
        count += 1;
    }
    assert!(count >= 40, "{count} vectors");
}

/// The vectors are what the Go at hand makes, where there is one.
#[test]
fn go_still_writes_the_vectors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/go/json");
    let mut go = Command::new("go");
    go.args(["run", "."])
        .current_dir(folder)
        .env("GOFLAGS", "-mod=mod")
        .env("GOTOOLCHAIN", "local");
    match go.output() {
        Ok(output) if output.status.success() => {
            assert_eq!(String::from_utf8(output.stdout).unwrap(), VECTORS);
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            // An older Go refuses the module; the vectors stay as they are.
            assert!(said.contains("requires go"), "{said}");
        }
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
    }
}

#[test]
fn a_float_that_is_not_finite_is_refused() {
    let mut bytes = Vec::new();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = electrician_codec::Encode::encode(&mut GoJson, &value, &mut bytes).unwrap_err();
        assert_eq!(error.kind(), CodecErrorKind::Unencodable);
    }
    assert!(electrician_codec::Encode::encode(&mut GoJson, &f32::NAN, &mut bytes).is_err());
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Empty,
    One(u8),
    Two(u8, String),
    Named { width: u8 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[test]
fn every_kind_of_value_comes_back() {
    type All = (Vec<Shape>, Unit, (), Option<char>, BTreeMap<bool, u8>, i128);
    let shapes =
        vec![Shape::Empty, Shape::One(1), Shape::Two(2, "x".into()), Shape::Named { width: 3 }];
    let all: All = (shapes, Unit, (), Some('ß'), BTreeMap::from([(true, 1), (false, 0)]), -5);
    let written = text(GoJson, &all);
    let expected = concat!(
        r#"[["Empty",{"One":1},{"Two":[2,"x"]},{"Named":{"width":3}}],"#,
        r#"{},null,"ß",{"false":0,"true":1},-5]"#
    );
    assert_eq!(written, expected);
    let back: All = GoJson.decode(written.as_bytes(), &Limits::DEFAULT).unwrap();
    assert_eq!(back, all);
}

#[test]
fn what_a_record_takes_in_memory_is_limited() {
    let zeros = format!("[{}0]", "0,".repeat(10_000));
    let limits = Limits::DEFAULT.with_decoded_bytes(100_000);
    let error = Decode::<Vec<u8>>::decode(&mut GoJson, zeros.as_bytes(), &limits).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::TooLarge);
    assert!(Decode::<Vec<u8>>::decode(&mut GoJson, zeros.as_bytes(), &Limits::DEFAULT).is_ok());
    let limits = Limits::DEFAULT.with_depth(2);
    let error = Decode::<serde_json::Value>::decode(&mut GoJson, b"[[[]]]", &limits).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::TooLarge);
}

#[test]
fn a_time_is_a_time() {
    for wrong in [
        "",
        "2026-01-02",
        "2026-01-02T03:04:05",
        "2026-13-02T03:04:05Z",
        "2026-00-02T03:04:05Z",
        "2026-01-00T03:04:05Z",
        "2026-04-31T03:04:05Z",
        "1900-02-29T03:04:05Z",
        "2026-01-02T24:04:05Z",
        "2026-01-02T03:60:05Z",
        "2026-01-02T03:04:60Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02t03:04:05Z",
        "2026-01-02T03:04:05+1:00",
        "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05Zx",
        "ä026-01-02T03:04:05Z",
    ] {
        assert!(parse_rfc3339(wrong).is_err(), "{wrong}");
    }
    let late = UNIX_EPOCH + Duration::from_hours(70_389_528);
    assert_eq!(format_rfc3339(late).unwrap_err().kind(), CodecErrorKind::Unencodable);
    let early = UNIX_EPOCH - Duration::from_hours(17_268_672) - Duration::from_nanos(1);
    assert_eq!(format_rfc3339(early).unwrap_err().kind(), CodecErrorKind::Unencodable);
    let offset = parse_rfc3339("2026-01-01T00:30:00.123456789999-01:30").unwrap();
    assert_eq!(format_rfc3339(offset).unwrap(), "2026-01-01T02:00:00.123456789Z");
}

proptest! {
    #[test]
    fn a_time_comes_back(seconds in -62_167_219_200_i64..253_402_300_800, nanos in 0..1_000_000_000_u32) {
        let size = Duration::from_secs(seconds.unsigned_abs());
        let whole = if seconds < 0 { UNIX_EPOCH - size } else { UNIX_EPOCH + size };
        let time: SystemTime = whole + Duration::from_nanos(nanos.into());
        prop_assert_eq!(parse_rfc3339(&format_rfc3339(time).unwrap()).unwrap(), time);
    }

    /// `serde_json` reads what is written, and writes what is read.
    #[test]
    fn it_is_json(floats in proptest::collection::vec(any::<f64>().prop_filter("finite", |f| f.is_finite()), 0..5),
                  words in proptest::collection::hash_map(".{0,5}", any::<i64>(), 0..5)) {
        let all = (floats, words);
        let back: (Vec<f64>, HashMap<String, i64>) = serde_json::from_str(&text(GoJson, &all)).unwrap();
        prop_assert_eq!(&back, &all);
        let json = serde_json::to_vec(&all).unwrap();
        let back: (Vec<f64>, HashMap<String, i64>) = GoJson.decode(&json, &Limits::DEFAULT).unwrap();
        prop_assert_eq!(&back, &all);
    }
}
