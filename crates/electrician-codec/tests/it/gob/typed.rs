//! The vectors as the Rust types that their users would write.

use std::collections::{BTreeMap, HashMap};

use electrician_codec::gob::{Complex, GoTime, Gob, Interface, Names, Value, from_slice};
use electrician_codec::{CodecErrorKind, Limits};
use serde::Deserialize;

use super::types::{
    Arrays, Base, Circle, Crate, Drawing, Embedded, Feedback, Inner, List, Maps, Nested, Pointers,
    Scalars, Selves, Shape, Slices, Square, Times, Tree,
};
use super::vector;

const INSTANT: i64 = 1_709_209_845;

fn instant() -> GoTime {
    GoTime::from_unix(INSTANT, 123_456_789).unwrap()
}

#[test]
fn scalars_have_their_values() {
    let expected = Scalars {
        bool: true,
        int: -1,
        int8: -2,
        int16: -300,
        int32: -70_000,
        int64: -5_000_000_000,
        uint: 1,
        uint8: 2,
        uint16: 300,
        uint32: 70_000,
        uint64: 5_000_000_000,
        float32: 1.5,
        float64: -2.25,
        rune: 'ß',
        text: "Grüße".into(),
        data: vec![0, 1, 255],
    };
    assert_eq!(from_slice::<Scalars>(&vector("scalars")).unwrap(), expected);
}

#[test]
fn what_go_leaves_out_is_zero() {
    assert_eq!(from_slice::<Scalars>(&vector("scalars_zero")).unwrap(), Scalars::default());
}

#[test]
fn integers_reach_their_ends() {
    let least: Scalars = from_slice(&vector("scalars_min")).unwrap();
    assert_eq!((least.int, least.int8, least.int16), (i64::MIN, i8::MIN, i16::MIN));
    assert_eq!((least.int32, least.int64), (i32::MIN, i64::MIN));
    assert_eq!((least.float32, least.float64), (f32::MIN, f64::MIN));
    let most: Scalars = from_slice(&vector("scalars_max")).unwrap();
    assert_eq!((most.int, most.int8, most.int16), (i64::MAX, i8::MAX, i16::MAX));
    assert_eq!((most.uint, most.uint8, most.uint16), (u64::MAX, u8::MAX, u16::MAX));
    assert_eq!((most.uint32, most.uint64, most.rune), (u32::MAX, u64::MAX, char::MAX));
    assert_eq!((most.float32, most.float64), (f32::MAX, f64::MAX));
}

#[test]
fn a_number_out_of_range_names_its_field() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    #[expect(dead_code, reason = "it is not made")]
    struct Narrow {
        int16: i8,
    }

    let error = from_slice::<Narrow>(&vector("scalars")).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::Malformed);
    assert!(error.offset().is_some());
    let message = error.to_string();
    assert!(message.contains("`Scalars.Int16`") && message.contains("-300"), "{message}");
}

#[test]
fn a_float_out_of_range_is_refused() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    #[expect(dead_code, reason = "it is not made")]
    struct Narrow {
        float64: f32,
    }

    let error = from_slice::<Narrow>(&vector("scalars_max")).unwrap_err();
    assert!(error.to_string().contains("f32"), "{error}");
}

#[test]
fn structs_nest_and_embed() {
    let inner = |name: &str, count| Inner { name: name.into(), count };
    let nested: Nested = from_slice(&vector("nested")).unwrap();
    assert_eq!(
        nested,
        Nested {
            id: 1,
            inner: inner("a", 2),
            pointer: Some(Box::new(inner("b", 3))),
            nil: None,
            last: "z".into(),
        }
    );
    let embedded: Embedded = from_slice(&vector("embedded")).unwrap();
    let base = Base { key: "k".into() };
    assert_eq!(embedded, Embedded { base, inner: Some(inner("i", 1)), value: 9 });
}

#[test]
fn a_struct_behind_a_nil_pointer_is_zero_where_there_is_no_option() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Bare {
        nil: Inner,
    }

    let bare: Bare = from_slice(&vector("nested")).unwrap();
    assert_eq!(bare.nil, Inner::default());
}

#[test]
fn slices_and_arrays_have_their_elements() {
    let inner = |name: &str, count| Inner { name: name.into(), count };
    assert_eq!(
        from_slice::<Slices>(&vector("slices")).unwrap(),
        Slices {
            ints: vec![0, -1, 64, 1 << 40],
            texts: vec![String::new(), "x".into()],
            rows: vec![vec![1], vec![], vec![2, 3]],
            inners: vec![Inner::default(), inner("n", 1)],
            refs: vec![Some(inner("p", 2))],
            blobs: vec![vec![1], vec![], vec![2, 3]],
            floats: vec![0.0, 0.5],
            bools: vec![true, false],
            empty: vec![],
            nil: None,
            nothing: vec![(), (), ()],
        }
    );
    assert_eq!(
        from_slice::<Arrays>(&vector("arrays")).unwrap(),
        Arrays {
            ints: [1, 0, -3],
            bytes: [1, 2, 0, 255],
            inners: [inner("q", 0), Inner::default()],
            rows: [[1, 2], [3, 4]],
            zeros: [0; 5],
            nil: [0; 3],
        }
    );
}

#[test]
fn an_array_of_another_length_is_refused() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    #[expect(dead_code, reason = "it is not made")]
    struct Short {
        ints: [i64; 2],
    }

    let error = from_slice::<Short>(&vector("arrays")).unwrap_err();
    assert!(error.to_string().contains("1 elements more"), "{error}");
}

#[test]
fn maps_have_their_entries() {
    let maps: Maps = from_slice(&vector("maps")).unwrap();
    assert_eq!(maps.counts, HashMap::from([("one".into(), 1), ("zero".into(), 0)]));
    assert_eq!(maps.names, BTreeMap::from([(-5, "m".into()), (5, "p".into())]));
    assert_eq!(maps.lists["l"], ["a", "b"]);
    assert_eq!(maps.points.len(), 1);
    assert_eq!(maps.deep["d"]["e"].to_bits(), 0.5_f64.to_bits());
    assert_eq!(maps.flags, BTreeMap::from([(false, 0), (true, 1)]));
    assert!(maps.empty.is_empty() && maps.nil.is_none());
}

#[test]
fn pointers_are_what_they_point_at() {
    let pointers: Pointers = from_slice(&vector("pointers")).unwrap();
    assert_eq!((pointers.int, pointers.text.as_deref()), (Some(42), Some("deep")));
    // Go does not tell a pointer to zero from nil.
    assert_eq!((pointers.zero, pointers.nil), (None, None));
    assert_eq!(pointers.slice, Some(vec![7, 8]));
}

#[test]
fn interfaces_are_enums_or_named_or_plain() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Plain {
        main: Circle,
        any: Any,
    }

    #[derive(Debug, Deserialize)]
    struct Any {
        nil: Option<i64>,
        bytes: Vec<u8>,
        time: GoTime,
        point: serde_json::Value,
        map: serde_json::Value,
    }

    let drawing: Drawing = from_slice(&vector("interfaces")).unwrap();
    assert_eq!(drawing.main, Some(Shape::Circle(Circle { radius: 2.0 })));
    let square = Shape::Square(Square { side: 3.0 });
    let circle = Shape::Circle(Circle { radius: 1.0 });
    assert_eq!(drawing.shapes, [square, circle, Shape::Unit]);
    assert_eq!(drawing.none, None);
    assert_eq!(drawing.any["int"], Some(Interface::new("int", Value::Int(5))));
    assert_eq!(drawing.any["nil"], None);
    assert_eq!(drawing.after, 7);

    let plain: Plain = from_slice(&vector("interfaces")).unwrap();
    assert_eq!(plain.main, Circle { radius: 2.0 });
    assert_eq!((plain.any.nil, plain.any.bytes, plain.any.time), (None, vec![1, 2], instant()));
    assert_eq!(plain.any.map, serde_json::json!({ "in": [1, "two", null] }));
    assert_eq!(plain.any.point, serde_json::json!({ "X": 1, "Y": 2 }));
}

#[test]
fn a_name_that_is_no_variant_is_refused() {
    #[derive(Debug, Deserialize)]
    enum Other {
        #[serde(rename = "main.Square")]
        #[expect(dead_code, reason = "it is not made")]
        Square(Square),
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    #[expect(dead_code, reason = "it is not made")]
    struct Odd {
        main: Other,
    }

    let error = from_slice::<Odd>(&vector("interfaces")).unwrap_err();
    assert!(error.to_string().contains("main.Circle"), "{error}");
}

#[test]
fn types_are_defined_in_the_midst_of_a_value() {
    let parcel: Crate = from_slice(&vector("crates")).unwrap();
    assert_eq!((parcel.label.as_str(), parcel.weight), ("outer", 3));
    let content = parcel.content.unwrap();
    assert_eq!(content.name, "main.Crate");
    assert_eq!(content.value.field("Weight"), Some(&Value::Int(2)));
}

#[test]
fn times_have_their_zones() {
    let times: Times = from_slice(&vector("times")).unwrap();
    assert_eq!(times.utc, instant());
    assert_eq!(times.zone, instant().with_offset(19_800).unwrap());
    assert_eq!(times.west, instant().with_offset(-28_800).unwrap());
    assert_eq!(times.odd, instant().with_offset(-17_762).unwrap());
    assert!(times.zero.is_zero());
    assert_eq!(times.list, [instant(), GoTime::ZERO]);
    assert_eq!((times.reference, times.nil), (Some(instant()), None));
    assert_eq!(times.spent, 1_500_000_000);
    assert_eq!(times.zone.to_string(), "2024-02-29T18:00:45.123456789+05:30");
}

#[test]
fn what_writes_itself_is_bytes_or_text() {
    let selves: Selves = from_slice(&vector("selves")).unwrap();
    assert_eq!((selves.version, selves.level), (vec![1, 2], 3));
    assert_eq!(selves.secret, "<s>");
    assert_eq!(selves.link.as_deref(), Some("https://example.com/a"));
    assert_eq!(selves.versions, [[0, 0], [3, 4]]);
    assert_eq!(selves.nil, None);
}

#[test]
fn complex_numbers_have_two_parts() {
    let complex: Complex = from_slice(&vector("top_complex")).unwrap();
    assert_eq!(complex, Complex::new(1.0, -1.0));
}

#[test]
fn types_that_hold_themselves_end() {
    let list: List = from_slice(&vector("list")).unwrap();
    assert_eq!(list.next.unwrap().next.unwrap().value, 3);
    let tree: Tree = from_slice(&vector("tree")).unwrap();
    assert_eq!(tree.children[1].children[0].name, "rr");
    assert_eq!(tree.byname["k"].name, "kk");
}

#[test]
fn floats_keep_every_bit() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Specials {
        #[serde(rename = "NaN")]
        nan: f64,
        infinite: f64,
        negative: f64,
        minus_nil: f64,
        tiny: f64,
    }

    let specials: Specials = from_slice(&vector("specials")).unwrap();
    assert!(specials.nan.is_nan());
    assert_eq!((specials.infinite, specials.negative), (f64::INFINITY, f64::NEG_INFINITY));
    // Go leaves minus zero out.
    assert_eq!(specials.minus_nil.to_bits(), 0);
    assert_eq!(specials.tiny.to_bits(), 1);
}

#[test]
fn a_string_of_other_bytes_is_bytes() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    #[expect(dead_code, reason = "it is not made")]
    struct Text {
        latin: String,
    }

    let value: Value = from_slice(&vector("specials")).unwrap();
    assert_eq!(value.field("Latin"), Some(&Value::Bytes(b"caf\xe9".to_vec())));
    let error = from_slice::<Text>(&vector("specials")).unwrap_err();
    assert!(error.to_string().contains("UTF-8"), "{error}");
}

#[test]
fn snake_case_fields_meet_those_of_go() {
    let mut gob = Gob::new().with_names(Names::Snake);
    for name in ["feedback", "feedback_v2"] {
        let bytes = vector(name);
        let feedback: Feedback<'_> = gob.read(&bytes, &Limits::DEFAULT).unwrap();
        assert!(feedback.customer_id.starts_with("c-1"));
    }
    let bytes = vector("feedback");
    let feedback: Feedback<'_> = gob.read(&bytes, &Limits::DEFAULT).unwrap();
    assert_eq!((feedback.http_status, feedback.base_url), (200, "https://example.com"));
    assert_eq!((feedback.tags, feedback.sent_at), (vec!["web", "eu"], instant()));
    // A string is borrowed from the input.
    assert!(bytes.as_ptr_range().contains(&feedback.customer_id.as_ptr()));

    let map: HashMap<String, Value> = gob.read(&bytes, &Limits::DEFAULT).unwrap();
    assert_eq!(map["http_status"], Value::Int(200));
    assert_eq!(map["is_negative"], Value::Bool(false));
}

#[test]
fn a_field_that_the_sender_does_not_have_is_zero() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct More {
        category: String,
        content: String,
        letters: (char, i8),
        option: Option<u8>,
        #[serde(default = "half")]
        score: f64,
        inner: Inner,
        list: Vec<Inner>,
        map: HashMap<String, i64>,
        value: Value,
        array: [bool; 3],
        time: GoTime,
    }

    fn half() -> f64 {
        0.5
    }

    let more: More = from_slice(&vector("feedback_v2")).unwrap();
    let expected = More {
        category: "fault".into(),
        content: String::new(),
        letters: ('\0', 0),
        option: None,
        score: 0.5,
        inner: Inner::default(),
        list: vec![],
        map: HashMap::new(),
        value: Value::Nil,
        array: [false; 3],
        time: GoTime::ZERO,
    };
    assert_eq!(more, expected);
}

#[test]
fn a_sender_with_no_field_of_ours_is_refused() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is not made")]
    struct Other {
        category: String,
    }

    let error = from_slice::<Other>(&vector("feedback")).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("none of `category`") && message.contains("`CustomerID`"),
        "{message}"
    );
}

#[test]
fn an_enum_that_the_sender_does_not_have_is_missing() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    #[expect(dead_code, reason = "it is not made")]
    struct More {
        category: String,
        other: Shape,
    }

    let error = from_slice::<More>(&vector("feedback")).unwrap_err();
    assert!(error.to_string().contains("`Feedback.Other`"), "{error}");
}

#[test]
fn values_that_are_not_structs_stand_alone() {
    assert_eq!(from_slice::<i32>(&vector("top_int")).unwrap(), -17);
    assert_eq!(from_slice::<u8>(&vector("top_uint")).unwrap(), 17);
    assert!(from_slice::<bool>(&vector("top_bool")).unwrap());
    assert_eq!(from_slice::<&str>(&vector("top_text")).unwrap(), "hello");
    assert_eq!(from_slice::<Vec<u8>>(&vector("top_bytes")).unwrap(), b"hello");
    assert_eq!(from_slice::<&[u8]>(&vector("top_bytes")).unwrap(), b"hello");
    assert_eq!(from_slice::<Vec<String>>(&vector("top_texts")).unwrap(), ["a", "b"]);
    let map: BTreeMap<String, u32> = from_slice(&vector("top_map")).unwrap();
    assert_eq!(map, BTreeMap::from([("a".into(), 1), ("b".into(), 2)]));
    assert_eq!(from_slice::<(i8, i8)>(&vector("top_array")).unwrap(), (-1, 1));
    assert_eq!(from_slice::<GoTime>(&vector("top_time")).unwrap(), instant());
}
