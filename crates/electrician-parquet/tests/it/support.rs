//! What the tests share.

use std::fs;
use std::path::{Path, PathBuf};

use electrician_parquet::{ParquetReader, ParquetWriter, WriteOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A folder that is deleted in the end.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::remove_dir_all(&path).ok();
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The files below, as paths from here, in order; hidden ones included.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut open = vec![self.0.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    files.push(path.strip_prefix(&self.0).unwrap().to_owned());
                }
            }
        }
        files.sort();
        files
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

pub(crate) fn written<T: Serialize + DeserializeOwned>(
    records: &[T],
    options: &WriteOptions,
) -> Vec<u8> {
    let mut writer = ParquetWriter::new(Vec::new(), options).unwrap();
    writer.write_all(records).unwrap();
    writer.finish().unwrap().0
}

pub(crate) fn read<T: DeserializeOwned>(bytes: Vec<u8>) -> Vec<T> {
    ParquetReader::from_bytes(bytes).unwrap().collect::<Result<_, _>>().unwrap()
}
