//! Nulls belong to their rows, whatever fails, is left out or ends in between.

use electrician_parquet::{ParquetWriter, WriteOptions};
use serde::{Deserialize, Serialize};

use crate::support::read;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sparse {
    number: Option<i64>,
    group: Option<Group>,
    list: Vec<Option<u8>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left_out: Option<String>,
    #[serde(serialize_with = "lucky")]
    last: u32,
    flag: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Group {
    text: Option<String>,
    always: f32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn lucky<S: serde::Serializer>(value: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    if *value % 7 == 3 {
        return Err(serde::ser::Error::custom("an unlucky number"));
    }
    serializer.serialize_u32(*value)
}

/// Nulls in another rhythm in each column.
fn sparse(row: u32) -> Sparse {
    let some = |every: u32| !row.is_multiple_of(every);
    Sparse {
        number: some(2).then(|| i64::from(row)),
        group: some(3).then(|| Group { text: some(5).then(|| row.to_string()), always: 0.5 }),
        list: (0..row % 4).map(|item| (item != 1).then_some(7)).collect(),
        left_out: some(4).then(|| "here".to_owned()),
        last: row,
        flag: (row > 60).then_some(row.is_multiple_of(2)),
    }
}

#[test]
fn nulls_stay_in_their_rows() {
    let options = WriteOptions::new().with_batch_rows(10);
    let mut writer = ParquetWriter::new(Vec::new(), &options).unwrap();
    let rows: Vec<Sparse> = (0..100).map(sparse).collect();
    for row in &rows {
        assert_eq!(writer.write(row).is_err(), row.last % 7 == 3, "{row:?}");
    }
    let (bytes, _) = writer.finish().unwrap();
    let kept: Vec<Sparse> = rows.into_iter().filter(|row| row.last % 7 != 3).collect();
    assert_eq!(read::<Sparse>(bytes), kept);
}
