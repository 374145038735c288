//! Go at the other end, here and now.
//!
//! Where there is no Go, these tests say so and pass; `cargo xtask test` counts them as skipped. With
//! `CI=true` they fail.

use std::collections::{BTreeMap, HashMap};
use std::env;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use electrician_codec::gob::{
    Blob, Complex, GoTime, Gob, GobEncoder, Interface, Names, Schema, Value, from_slice, to_vec,
};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::types::{
    Arrays, Circle, Feedback, List, Maps, Nested, Pointers, Scalars, Shape, Slices, Square, Times,
    Tree,
};
use super::{folder, json, manifest, vector};

/// The generator, compiled once; none if there is no Go.
fn peer() -> Option<&'static PathBuf> {
    static PEER: OnceLock<Option<PathBuf>> = OnceLock::new();
    PEER.get_or_init(build).as_ref()
}

fn build() -> Option<PathBuf> {
    if let Err(error) = Command::new("go").arg("version").output() {
        assert!(
            env::var("CI").as_deref() != Ok("true"),
            "the gob tests need Go, which cannot be run: {error}"
        );
        return None;
    }
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(&target).unwrap();
    let peer = target.join(format!("gobvectors{}", env::consts::EXE_SUFFIX));
    let build = Command::new("go")
        .args(["build", "-o"])
        .arg(&peer)
        .arg(".")
        .current_dir(folder())
        .env("GOFLAGS", "-mod=mod")
        .output()
        .unwrap();
    assert!(build.status.success(), "{}", String::from_utf8_lossy(&build.stderr));
    Some(peer)
}

/// What Go makes of `bytes`, read as its type `name`: one value after the other.
fn decode(name: &str, bytes: &[u8]) -> Option<Vec<Json>> {
    let mut go = Command::new(peer()?)
        .args(["decode", name])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It reads all before it writes what does not fit into a pipe: these are small.
    go.stdin.take().unwrap().write_all(bytes).unwrap();
    let output = go.wait_with_output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    Some(lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Go reads `value` as its type `name`, and has what serde says.
#[track_caller]
fn goes<T: Serialize + ?Sized>(name: &str, value: &T) {
    arrives(name, &to_vec(value).unwrap(), &[serde_json::to_value(value).unwrap()]);
}

#[track_caller]
fn arrives(name: &str, bytes: &[u8], expected: &[Json]) {
    let Some(found) = decode(name, bytes) else { return };
    assert_eq!(found.len(), expected.len(), "{name}");
    for (found, expected) in found.iter().zip(expected) {
        json::assert_same(name, found, expected);
    }
}

#[test]
fn go_reads_structs_and_what_is_in_them() {
    for name in ["scalars", "scalars_zero", "scalars_min", "scalars_max"] {
        let mut scalars: Scalars = from_slice(&vector(name)).unwrap();
        let bytes = to_vec(&scalars).unwrap();
        let rune = u32::from(std::mem::take(&mut scalars.rune));
        let mut expected = serde_json::to_value(&scalars).unwrap();
        expected["Rune"] = json!(rune);
        expected["Float32"] = json!(f64::from(scalars.float32));
        arrives("Scalars", &bytes, &[expected]);
    }
    goes::<Nested>("Nested", &from_slice(&vector("nested")).unwrap());
    goes::<Arrays>("Arrays", &from_slice(&vector("arrays")).unwrap());
    goes::<Slices>("Slices", &from_slice(&vector("slices")).unwrap());
    goes::<Pointers>("Pointers", &from_slice(&vector("pointers")).unwrap());
    goes::<Times>("Times", &from_slice(&vector("times")).unwrap());
    goes::<List>("List", &from_slice(&vector("list")).unwrap());
    goes::<Tree>("Tree", &from_slice(&vector("tree")).unwrap());
}

#[test]
fn go_reads_maps() {
    let maps: Maps = from_slice(&vector("maps")).unwrap();
    let expected = json!({
        "Counts": maps.counts,
        "Names": [[-5, "m"], [5, "p"]],
        "Lists": maps.lists,
        "Inners": { "i": { "Name": "x", "Count": 1 } },
        "Points": [[{ "X": 1, "Y": 2 }, true]],
        "Deep": maps.deep,
        "Flags": [[false, 0], [true, 1]],
    });
    arrives("Maps", &to_vec(&maps).unwrap(), &[expected]);
}

#[test]
fn go_reads_values_alone() {
    goes("Int", &-5_i8);
    goes("Text", "text");
    goes("Texts", ["a", "b"].as_slice());
    goes("Counts", &BTreeMap::from([("a", 1_u32), ("b", 0)]));
    goes("Bytes", &vec![1_u8, 2, 3]);
    goes("Time", &GoTime::from_unix(5, 6).unwrap().with_offset(3600).unwrap());
}

#[test]
fn go_reads_interfaces_under_their_names() {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Drawing {
        title: &'static str,
        main: Shape,
        shapes: Vec<Option<Shape>>,
        any: HashMap<&'static str, Any>,
        after: i64,
    }

    #[derive(Serialize)]
    enum Any {
        #[serde(rename = "int64")]
        Int(i64),
        #[serde(rename = "string")]
        Text(String),
        #[serde(rename = "[]interface {}")]
        List(Vec<Any>),
        #[serde(rename = "main.Point")]
        Point {
            #[serde(rename = "X")]
            x: i64,
        },
    }

    let drawing = Drawing {
        title: "t",
        main: Shape::Circle(Circle { radius: 2.0 }),
        shapes: vec![Some(Shape::Square(Square { side: 3.0 })), None],
        any: HashMap::from([
            ("int", Any::Int(7)),
            ("list", Any::List(vec![Any::Text("in".into()), Any::Int(0)])),
            ("point", Any::Point { x: 4 }),
        ]),
        after: 9,
    };
    let float = Schema::float();
    let circle = Schema::structure("Circle", [("Radius", float.clone())]);
    let square = Schema::structure("Square", [("Side", float)]);
    let shape = Schema::interface([("main.Circle", circle), ("*main.Square", square)]);
    let plain = [("int64", Schema::int()), ("string", Schema::string())];
    let list = Schema::slice(Schema::interface(plain.clone()));
    let point = Schema::structure("Point", [("X", Schema::int())]);
    let any = [("[]interface {}", list), ("main.Point", point)];
    let schema = Schema::structure(
        "Drawing",
        [
            ("Title", Schema::string()),
            ("Main", shape.clone()),
            ("Shapes", Schema::slice(shape)),
            ("Any", Schema::map(Schema::string(), Schema::interface(plain.into_iter().chain(any)))),
            ("After", Schema::int()),
        ],
    );
    let mut bytes = Vec::new();
    Gob::new().with_schema(schema).write(&drawing, &mut bytes).unwrap();
    let held = |name: &str, value: Json| json!({ "$": name, "value": value });
    let expected = json!({
        "Title": "t",
        "Main": held("main.Circle", json!({ "Radius": 2.0 })),
        "Shapes": [held("*main.Square", json!({ "Side": 3.0 })), null],
        "Any": {
            "int": held("int64", json!(7)),
            "list": held("[]interface {}", json!([
                held("string", json!("in")), held("int64", json!(0)),
            ])),
            "point": held("main.Point", json!({ "X": 4 })),
        },
        "After": 9,
    });
    arrives("Drawing", &bytes, &[expected]);
}

#[test]
fn go_reads_a_named_value() {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Crate {
        label: &'static str,
        content: Option<Interface<Letter>>,
        weight: i64,
    }

    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Letter {
        words: Vec<&'static str>,
    }

    let content = Letter { words: vec!["w"] };
    let content = Some(Interface::new("main.Letter", content));
    let parcel = Crate { label: "l", content, weight: 2 };
    let letter = json!({ "$": "main.Letter", "value": { "Words": ["w"] } });
    let expected = json!({ "Label": "l", "Content": letter, "Weight": 2 });
    arrives("Crate", &to_vec(&parcel).unwrap(), &[expected]);
}

#[test]
fn go_reads_what_writes_itself() {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Selves {
        version: Vec<u8>,
        secret: &'static str,
        level: i32,
    }

    let schema = Schema::structure(
        "Selves",
        [
            ("Version", Schema::blob(Blob::Binary, "Version")),
            ("Secret", Schema::blob(Blob::Gob, "Secret")),
            ("Level", Schema::int()),
        ],
    );
    let selves = Selves { version: vec![4, 2], secret: "s", level: 1 };
    let mut bytes = Vec::new();
    let mut gob = Gob::new().with_schema(schema);
    gob.write(&selves, &mut bytes).unwrap();
    // The secret reads what was written, and would write it in brackets.
    let expected = json!({ "Version": [4, 2], "Secret": b"<s>", "Level": 1 });
    arrives("Selves", &bytes, &[expected]);
}

#[test]
fn go_reads_complex_numbers() {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Complexes {
        small: Complex,
        large: Complex,
        list: Vec<Complex>,
    }

    let complexes = Complexes {
        small: Complex::new(1.0, 2.0),
        large: Complex::new(-0.5, 0.0),
        list: vec![Complex::default(), Complex::new(0.0, 1.0)],
    };
    goes("Complexes", &complexes);
}

#[test]
fn go_reads_what_relays_send() {
    let mut gob = Gob::new().with_names(Names::Snake);
    for (tags, http_status) in [(vec!["a", "b"], 200), (vec![], 0)] {
        let feedback = Feedback {
            customer_id: "c-1",
            content: "text",
            category: "praise",
            is_negative: true,
            tags: tags.clone(),
            base_url: "https://example.com",
            http_status,
            score: 0.25,
            sent_at: GoTime::from_unix(1_709_209_845, 123_456_789).unwrap(),
        };
        let mut bytes = Vec::new();
        gob.write(&feedback, &mut bytes).unwrap();
        let expected = json!({
            "CustomerID": "c-1", "Content": "text", "Category": "praise", "IsNegative": true,
            "Tags": tags, "BaseURL": "https://example.com", "HTTPStatus": http_status,
            "Score": 0.25, "SentAt": "2024-02-29T12:30:45.123456789Z",
        });
        arrives("Feedback", &bytes, &[expected]);
    }
}

#[test]
fn go_reads_a_stream_whose_types_grow() {
    let trees = [
        Tree { name: "bare".into(), ..Tree::default() },
        Tree { name: "full".into(), children: vec![Tree::default()], ..Tree::default() },
        Tree { name: "bare again".into(), ..Tree::default() },
        Tree {
            name: "other".into(),
            byname: HashMap::from([("k".into(), Box::new(Tree::default()))]),
            ..Tree::default()
        },
    ];
    let mut encoder = GobEncoder::new(Gob::new());
    let mut bytes = Vec::new();
    for tree in &trees {
        encoder.write(tree, &mut bytes).unwrap();
    }
    let expected = trees.map(|tree| serde_json::to_value(tree).unwrap());
    arrives("Tree", &bytes, &expected);
}

#[test]
fn a_large_value_goes_both_ways() {
    #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Big {
        data: Vec<u8>,
        text: String,
        floats: Vec<f64>,
    }

    let big = Big {
        data: (0..=255).cycle().take(300_000).collect(),
        text: "long ".repeat(40_000),
        floats: (0..10_000).map(|number| f64::from(number).sqrt()).collect(),
    };
    let bytes = to_vec(&big).unwrap();
    assert_eq!(from_slice::<Big>(&bytes).unwrap(), big);
    arrives("Big", &bytes, &[serde_json::to_value(&big).unwrap()]);
}

/// The committed vectors are not of this day; these are.
#[test]
fn what_go_writes_now_is_read() {
    let Some(peer) = peer() else { return };
    for (name, values) in manifest() {
        let output = Command::new(peer).args(["encode", &name]).output().unwrap();
        assert!(output.status.success(), "{name}");
        if let [expected] = values.as_slice() {
            let value: Value = from_slice(&output.stdout).unwrap();
            json::assert_same(&name, &json::dump(&value), expected);
        }
    }
}
