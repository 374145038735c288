//! What is written, read back, and what cannot be written. What Go makes of it is in `live`.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use electrician_codec::gob::{
    Blob, Complex, GoTime, Gob, Interface, Names, Schema, Value, from_slice, to_vec,
};
use electrician_codec::{CodecErrorKind, Encode, Limits};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::types::{
    Arrays, Circle, Embedded, Feedback, Inner, List, Maps, Nested, Point, Pointers, Scalars, Shape,
    Slices, Square, Times, Tree,
};
use super::vector;

#[track_caller]
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let bytes = to_vec(value).unwrap();
    assert_eq!(from_slice::<T>(&bytes).unwrap(), *value);
}

/// What Go wrote, written again.
#[track_caller]
fn goes_through<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str) {
    comes_back(&from_slice::<T>(&vector(name)).unwrap());
}

#[test]
fn what_go_wrote_can_be_written_again() {
    for name in ["scalars", "scalars_zero", "scalars_min", "scalars_max"] {
        goes_through::<Scalars>(name);
    }
    goes_through::<Nested>("nested");
    goes_through::<Embedded>("embedded");
    goes_through::<Arrays>("arrays");
    goes_through::<Maps>("maps");
    goes_through::<Pointers>("pointers");
    goes_through::<Times>("times");
    goes_through::<List>("list");
    goes_through::<Tree>("tree");
    let mut slices: Slices = from_slice(&vector("slices")).unwrap();
    // Elements of which nothing is known.
    slices.nothing.clear();
    comes_back(&Nothing { slices: slices.ints, nothing: Vec::new() });
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Nothing {
    slices: Vec<i64>,
    nothing: Vec<String>,
}

#[test]
fn values_alone_are_the_bytes_of_go() {
    assert_eq!(to_vec(&-17).unwrap(), vector("top_int"));
    assert_eq!(to_vec(&17_u16).unwrap(), vector("top_uint"));
    assert_eq!(to_vec(&true).unwrap(), vector("top_bool"));
    assert_eq!(to_vec(&1.5_f32).unwrap(), vector("top_float"));
    assert_eq!(to_vec("hello").unwrap(), vector("top_text"));
    assert_eq!(to_vec(b"hello".as_slice()).unwrap(), vector("top_bytes"));
    assert_eq!(to_vec(&Complex::new(1.0, -1.0)).unwrap(), vector("top_complex"));
}

#[test]
fn interfaces_come_back() {
    let shapes = vec![Shape::Circle(Circle { radius: 2.0 }), Shape::Square(Square { side: 0.0 })];
    comes_back(&shapes);
    comes_back(&Interface::new("int", 5));
    let texts = vec![Interface::new("string", "a".to_owned())];
    assert_eq!(
        from_slice::<Vec<Interface>>(&to_vec(&texts).unwrap()).unwrap(),
        [Interface::new("string", Value::String("a".into()))]
    );
}

#[test]
fn variants_have_fields_of_any_kind() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all_fields = "PascalCase")]
    enum Any {
        One(i64),
        Two(f64, f64),
        Named { first: String, second: u8 },
    }

    comes_back(&vec![
        Any::One(1),
        Any::Two(0.5, 1.5),
        Any::Named { first: "f".into(), second: 2 },
        Any::One(0),
    ]);
}

#[test]
fn unit_variants_are_strings() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Color {
        Red,
        Green,
    }

    comes_back(&vec![Color::Red, Color::Green]);
    assert_eq!(from_slice::<String>(&to_vec(&Color::Red).unwrap()).unwrap(), "Red");
}

#[test]
fn snake_case_fields_get_names_of_go() {
    let feedback = Feedback {
        customer_id: "c",
        content: "t",
        category: "x",
        is_negative: true,
        tags: vec!["a"],
        base_url: "u",
        http_status: 404,
        score: 0.0,
        sent_at: GoTime::from_unix(1, 0).unwrap(),
    };
    let mut bytes = Vec::new();
    Gob::new().with_names(Names::Snake).write(&feedback, &mut bytes).unwrap();
    let value: Value = from_slice(&bytes).unwrap();
    let Value::Struct { name, fields } = value else { panic!("{value:?}") };
    assert_eq!(name, "Feedback");
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    let expected = ["CustomerID", "Content", "Category", "IsNegative", "Tags", "BaseURL"];
    assert_eq!(names[..6], expected);
    assert_eq!(names[6..], ["HTTPStatus", "Score", "SentAt"]);

    let error = to_vec(&feedback).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::Unencodable);
    assert!(error.to_string().contains("upper-case"), "{error}");
}

#[test]
fn fields_that_are_empty_need_no_type() {
    let tree = Tree { name: "t".into(), ..Tree::default() };
    comes_back(&tree);
    let value: Value = from_slice(&to_vec(&tree).unwrap()).unwrap();
    assert_eq!(value.field("Children"), None);
}

#[test]
fn elements_that_are_empty_need_a_schema() {
    let rows: Vec<Vec<i64>> = vec![vec![], vec![]];
    let error = to_vec(&rows).unwrap_err();
    assert_eq!(error.kind(), CodecErrorKind::Unencodable);
    assert!(error.to_string().contains("schema"), "{error}");

    for schema in [
        Schema::slice(Schema::slice(Schema::int())),
        Schema::of(&vec![vec![1]]).unwrap(),
        Schema::of(&rows).unwrap().and(&vec![vec![1]]).unwrap(),
    ] {
        let mut bytes = Vec::new();
        Gob::new().with_schema(schema).write(&rows, &mut bytes).unwrap();
        assert_eq!(from_slice::<Vec<Vec<i64>>>(&bytes).unwrap(), rows);
    }
    for nothing in [to_vec(&None::<i64>), to_vec(&()), to_vec(&Vec::<i64>::new())] {
        assert_eq!(nothing.unwrap_err().kind(), CodecErrorKind::Unencodable);
    }
}

#[test]
fn a_schema_says_what_serde_does_not() {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Row {
        count: u32,
        level: Level,
        version: Vec<u8>,
        text: &'static str,
    }

    #[derive(Serialize)]
    enum Level {
        #[expect(dead_code, reason = "it is but the first")]
        Low,
        High,
    }

    let blob = |kind, name| Schema::blob(kind, name);
    let schema = Schema::structure(
        "Row",
        [
            ("Count", Schema::int()),
            ("Level", Schema::int()),
            ("Version", Schema::slice(Schema::uint())),
            ("Text", blob(Blob::Binary, "Text")),
        ],
    );
    let row = Row { count: 7, level: Level::High, version: vec![1, 2], text: "t" };
    let mut bytes = Vec::new();
    Gob::new().with_schema(schema).write(&row, &mut bytes).unwrap();
    let value: Value = from_slice(&bytes).unwrap();
    assert_eq!(value.field("Count"), Some(&Value::Int(7)));
    assert_eq!(value.field("Level"), Some(&Value::Int(1)));
    assert_eq!(value.field("Version"), Some(&Value::List(vec![Value::Uint(1), Value::Uint(2)])));
    assert_eq!(
        value.field("Text"),
        Some(&Value::Blob { name: "Text".into(), bytes: b"t".to_vec() })
    );
}

#[test]
fn what_goes_against_a_schema_is_refused() {
    fn write<T: Serialize>(value: T) -> impl Fn(&mut Gob) -> Option<String> {
        move |gob| gob.write(&value, &mut Vec::new()).err().map(|error| error.to_string())
    }

    let refuse = |schema: Schema, value: &dyn Fn(&mut Gob) -> Option<String>, what: &str| {
        let message = value(&mut Gob::new().with_schema(schema)).expect("it is refused");
        assert!(message.contains(what), "{message}");
    };
    refuse(Schema::int(), &write("text"), "a string where the schema has an int");
    refuse(Schema::int(), &write(u64::MAX), "out of the range of int64");
    refuse(Schema::uint(), &write(-1), "out of the range of uint64");
    refuse(Schema::array(Schema::int(), 3), &write([1, 2]), "2 elements of an array of 3");
    refuse(Schema::bytes(), &write([256_u16].as_slice().to_vec()), "out of the range of a byte");
    refuse(
        Schema::interface([("main.Square", Schema::int())]),
        &write(Shape::Circle(Circle { radius: 1.0 })),
        "`Circle` is not among the types",
    );
    let point = [("Y", Schema::int()), ("X", Schema::int())];
    refuse(Schema::structure("Point", point), &write(Point { x: 1, y: 2 }), "order");
    let inner = [("Name", Schema::string())];
    let value = Inner { name: "n".into(), count: 1 };
    refuse(Schema::structure("Inner", inner), &write(value), "`Inner.Count`");
}

#[test]
fn what_go_has_not_is_refused() {
    for (error, what) in [
        (to_vec(&(1, "a")).unwrap_err(), "one place"),
        (to_vec(&vec![Some(1), None]).unwrap_err(), "no nil"),
        (to_vec(&i128::MAX).unwrap_err(), "int64"),
        (to_vec(&u128::MAX).unwrap_err(), "uint64"),
        (to_vec(&HashMap::from([("a", (1, "b"))])).unwrap_err(), "one place"),
    ] {
        assert_eq!(error.kind(), CodecErrorKind::Unencodable);
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn what_is_too_deep_is_refused() {
    let mut list = List { value: 0, next: None };
    for value in 0..500 {
        list = List { value, next: Some(Box::new(list)) };
    }
    let error = to_vec(&list).unwrap_err();
    assert!(error.to_string().contains("128 levels"), "{error}");
}

#[test]
fn the_bytes_depend_on_the_record_alone() {
    let full = Tree { name: "f".into(), children: vec![Tree::default()], ..Tree::default() };
    let bare = Tree { name: "b".into(), ..Tree::default() };
    let mut gob = Gob::new();
    let mut bytes = b"before".to_vec();
    gob.encode(&full, &mut bytes).unwrap();
    let end = bytes.len();
    gob.encode(&bare, &mut bytes).unwrap();
    assert_eq!(bytes[6..end], to_vec(&full).unwrap());
    assert_eq!(bytes[end..], to_vec(&bare).unwrap());
}

#[test]
fn a_sequence_of_unknown_length_is_counted() {
    struct Odd;

    impl Serialize for Odd {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq((0..200).filter(|number| number % 2 == 1))
        }
    }

    let odd: Vec<i32> = from_slice(&to_vec(&Odd).unwrap()).unwrap();
    assert_eq!((odd.len(), odd[99]), (100, 199));
}

#[test]
fn maps_of_structs_have_one_type_for_one_struct() {
    let map = BTreeMap::from([([1_i64, 2], [3_i64, 4])]);
    comes_back(&map);
    let limits = Limits::DEFAULT;
    // Arrays of two integers once, and the map.
    let mut gob = Gob::new().with_types(2);
    let bytes = to_vec(&map).unwrap();
    assert_eq!(gob.read::<BTreeMap<[i64; 2], [i64; 2]>>(&bytes, &limits).unwrap(), map);
}

#[test]
fn other_names_are_for_the_next_value() {
    #[derive(Serialize)]
    struct Reading {
        at_home: u8,
    }

    let mut gob = Gob::new().with_names(Names::Snake);
    gob.write(&Reading { at_home: 1 }, &mut Vec::new()).unwrap();
    let error = gob.with_names(Names::Exact).write(&Reading { at_home: 1 }, &mut Vec::new());
    assert_eq!(error.unwrap_err().kind(), CodecErrorKind::Unencodable, "it begins in lower case");
}
