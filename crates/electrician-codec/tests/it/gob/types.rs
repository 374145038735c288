//! The types of the generator, as Rust has them.

use std::collections::{BTreeMap, HashMap};

use electrician_codec::gob::{GoTime, Interface};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Scalars {
    pub(super) bool: bool,
    pub(super) int: i64,
    pub(super) int8: i8,
    pub(super) int16: i16,
    pub(super) int32: i32,
    pub(super) int64: i64,
    pub(super) uint: u64,
    pub(super) uint8: u8,
    pub(super) uint16: u16,
    pub(super) uint32: u32,
    pub(super) uint64: u64,
    pub(super) float32: f32,
    pub(super) float64: f64,
    pub(super) rune: char,
    pub(super) text: String,
    pub(super) data: Vec<u8>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Inner {
    pub(super) name: String,
    pub(super) count: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Nested {
    #[serde(rename = "ID")]
    pub(super) id: i64,
    pub(super) inner: Inner,
    pub(super) pointer: Option<Box<Inner>>,
    pub(super) nil: Option<Inner>,
    pub(super) last: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Base {
    pub(super) key: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Embedded {
    pub(super) base: Base,
    pub(super) inner: Option<Inner>,
    pub(super) value: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Slices {
    pub(super) ints: Vec<i64>,
    pub(super) texts: Vec<String>,
    pub(super) rows: Vec<Vec<i64>>,
    pub(super) inners: Vec<Inner>,
    pub(super) refs: Vec<Option<Inner>>,
    pub(super) blobs: Vec<Vec<u8>>,
    pub(super) floats: Vec<f32>,
    pub(super) bools: Vec<bool>,
    pub(super) empty: Vec<i64>,
    pub(super) nil: Option<Vec<String>>,
    #[serde(skip_serializing)]
    pub(super) nothing: Vec<()>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Arrays {
    pub(super) ints: [i64; 3],
    pub(super) bytes: [u8; 4],
    pub(super) inners: [Inner; 2],
    pub(super) rows: [[u16; 2]; 2],
    pub(super) zeros: [i64; 5],
    pub(super) nil: [i64; 3],
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Point {
    #[serde(rename = "X")]
    pub(super) x: i64,
    #[serde(rename = "Y")]
    pub(super) y: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Maps {
    pub(super) counts: HashMap<String, i64>,
    pub(super) names: BTreeMap<i64, String>,
    pub(super) lists: BTreeMap<String, Vec<String>>,
    pub(super) inners: HashMap<String, Inner>,
    pub(super) points: HashMap<Point, bool>,
    pub(super) deep: HashMap<String, HashMap<String, f64>>,
    pub(super) flags: BTreeMap<bool, u8>,
    pub(super) empty: HashMap<String, i64>,
    pub(super) nil: Option<HashMap<String, i64>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Pointers {
    pub(super) int: Option<i64>,
    pub(super) text: Option<String>,
    pub(super) zero: Option<i64>,
    pub(super) nil: Option<String>,
    pub(super) slice: Option<Vec<i64>>,
    pub(super) map: Option<HashMap<String, i64>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Shape {
    /// Its name in Go is `main.Circle`.
    Circle(Circle),
    #[serde(rename = "*main.Square")]
    Square(Square),
    Unit,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Circle {
    pub(super) radius: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Square {
    pub(super) side: f64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Drawing {
    pub(super) main: Option<Shape>,
    pub(super) shapes: Vec<Shape>,
    pub(super) none: Option<Shape>,
    pub(super) any: HashMap<String, Option<Interface>>,
    pub(super) after: i64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Crate {
    pub(super) label: String,
    pub(super) content: Option<Interface>,
    pub(super) weight: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Times {
    #[serde(rename = "UTC")]
    pub(super) utc: GoTime,
    pub(super) zone: GoTime,
    pub(super) west: GoTime,
    pub(super) odd: GoTime,
    pub(super) zero: GoTime,
    pub(super) list: Vec<GoTime>,
    #[serde(rename = "Ref")]
    pub(super) reference: Option<GoTime>,
    pub(super) nil: Option<GoTime>,
    pub(super) spent: i64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Selves {
    pub(super) version: Vec<u8>,
    pub(super) secret: String,
    pub(super) level: i32,
    pub(super) link: Option<String>,
    pub(super) versions: Vec<[u8; 2]>,
    pub(super) nil: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    pub(super) value: i64,
    pub(super) next: Option<Box<List>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tree {
    pub(super) name: String,
    pub(super) children: Vec<Tree>,
    pub(super) byname: HashMap<String, Box<Tree>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Feedback<'a> {
    pub(super) customer_id: &'a str,
    #[serde(default)]
    pub(super) content: &'a str,
    pub(super) category: &'a str,
    pub(super) is_negative: bool,
    #[serde(default)]
    pub(super) tags: Vec<&'a str>,
    #[serde(default)]
    pub(super) base_url: &'a str,
    #[serde(default)]
    pub(super) http_status: i32,
    #[serde(default)]
    pub(super) score: f64,
    #[serde(default)]
    pub(super) sent_at: GoTime,
}
