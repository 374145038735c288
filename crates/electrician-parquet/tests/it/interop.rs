//! Other implementations read what is written here, and what they write is read here.
//!
//! `cargo xtask test` prepares a Python with `PyArrow` and `DuckDB` and names it in a variable;
//! without it these tests do nothing, and xtask counts them as skipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use electrician_parquet::{
    Compression, DatasetOptions, DatasetWriter, IpcCompression, IpcFormat, IpcOptions, IpcReader,
    IpcWriter, ParquetReader, Statistics, WriteOptions,
};
use serde::{Deserialize, Serialize};

use crate::every::{Every, every};
use crate::support::{Scratch, written};

const COMPRESSIONS: &[(Compression, &str)] = &[
    (Compression::None, "none"),
    (Compression::Snappy, "snappy"),
    (Compression::Gzip(6), "gzip"),
    (Compression::Lz4Raw, "lz4"),
    (Compression::Zstd(3), "zstd"),
    (Compression::Brotli(4), "brotli"),
];

/// The interpreter, if there is one. Where `CI` is `true`, there must be.
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("ELECTRICIAN_PYTHON").map(PathBuf::from);
    let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(
        python.is_some() || !is_ci,
        "ELECTRICIAN_PYTHON must name a Python with PyArrow and DuckDB"
    );
    python
}

fn run(python: &Path, script: &str, args: &[&Path]) -> String {
    let output = Command::new(python).args(["-c", script]).args(args).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    String::from_utf8(output.stdout).unwrap()
}

fn records() -> Vec<Every> {
    (0..300).map(every).collect()
}

fn read(path: &Path) -> Vec<Every> {
    ParquetReader::open(path).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn pyarrow_reads_ours_and_we_read_its_own() {
    const SCRIPT: &str = "
import sys, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1])
compression = sys.argv[3]
for version in ('1.0', '2.0'):
    pq.write_table(table, sys.argv[2] + version, compression=compression, data_page_version=version,
        row_group_size=70, use_dictionary=version == '1.0')
";
    let Some(python) = python() else { return };
    let scratch = Scratch::new("interop-pyarrow");
    let records = records();
    for (compression, name) in COMPRESSIONS {
        for has_dictionary in [true, false] {
            let (ours, theirs) = (scratch.path().join("ours"), scratch.path().join("theirs"));
            let options = WriteOptions::new()
                .with_compression(*compression)
                .with_dictionary(has_dictionary)
                .with_statistics(Statistics::Page)
                .with_bloom_filter("text", 0.01)
                .with_row_group_rows(100);
            fs::write(&ours, written(&records, &options)).unwrap();
            run(&python, SCRIPT, &[&ours, &theirs, Path::new(name)]);
            for version in ["1.0", "2.0"] {
                let path = scratch.path().join(format!("theirs{version}"));
                assert!(read(&path) == records, "{name}, pages of version {version}");
            }
        }
    }
}

#[test]
fn pyarrow_sees_the_types_that_are_meant() {
    const SCRIPT: &str = "
import sys, pyarrow.parquet as pq
file = pq.ParquetFile(sys.argv[1])
for field in file.schema_arrow:
    print(f'{field.name}: {field.type}{\"\" if field.nullable else \" not null\"}')
names = ['date', 'millis', 'micros', 'price', 'bytes', 'letter', 'kind', 'maybe', 'place', 'by_name']
row = file.read(columns=names).slice(2, 1).to_pylist()[0]
for name in names:
    print(f'{name} = {row[name]}')
print(file.metadata.metadata[b'origin'].decode(), file.metadata.num_row_groups)
column = file.metadata.row_group(0).column(4)
print(column.path_in_schema, column.statistics.min, column.statistics.max, column.compression)
";
    let Some(python) = python() else { return };
    let scratch = Scratch::new("interop-types");
    let path = scratch.path().join("ours.parquet");
    let options = WriteOptions::new().with_metadata("origin", "a test").with_row_group_rows(200);
    fs::write(&path, written(&records(), &options)).unwrap();
    let seen = run(&python, SCRIPT, &[&path]);
    let expected = include_str!("interop/pyarrow.txt");
    assert_eq!(seen, expected);
}

#[test]
fn duckdb_reads_ours_and_we_read_its_own() {
    const SCRIPT: &str = "
import sys, duckdb
duckdb.sql(\"SET TimeZone = 'UTC'\")
duckdb.sql(f\"COPY (SELECT * FROM read_parquet('{sys.argv[1]}')) TO '{sys.argv[2]}' (FORMAT parquet, COMPRESSION '{sys.argv[3]}', ROW_GROUP_SIZE 128)\")
print(duckdb.sql(f\"SELECT count(*), sum(i32), min(date), max(price), sum(len(places)) FROM read_parquet('{sys.argv[1]}')\").fetchall()[0])
";
    let Some(python) = python() else { return };
    let scratch = Scratch::new("interop-duckdb");
    let records = records();
    let sum: i64 = records.iter().map(|record| i64::from(record.i32)).sum();
    let places: usize = records.iter().map(|record| record.places.len()).sum();
    for (compression, name) in COMPRESSIONS {
        let (ours, theirs) = (scratch.path().join("ours"), scratch.path().join("theirs"));
        let options = WriteOptions::new().with_compression(*compression).with_row_group_rows(100);
        fs::write(&ours, written(&records, &options)).unwrap();
        let name = if *name == "none" { "uncompressed" } else { name };
        let name = if name == "lz4" { "lz4_raw" } else { name };
        let seen = run(&python, SCRIPT, &[&ours, &theirs, Path::new(name)]);
        let expected =
            format!("(300, {sum}, datetime.date(2001, 1, 1), Decimal('2.49'), {places})");
        assert_eq!(seen.trim(), expected);
        assert_eq!(read(&theirs), records, "{name}");
    }
}

#[test]
fn others_read_our_directories() {
    const SCRIPT: &str = "
import sys, duckdb, pyarrow.dataset as ds
table = ds.dataset(sys.argv[1], format='parquet', partitioning='hive').to_table()
print(sorted((row['city'], row['year'], row['sold']) for row in table.to_pylist()))
print(sorted(duckdb.sql(f\"SELECT city, year, sold FROM read_parquet('{sys.argv[1]}/**/*.parquet', hive_partitioning=true)\").fetchall()))
";

    #[derive(Serialize, Deserialize)]
    struct Sale {
        city: String,
        year: i32,
        sold: i64,
    }

    let Some(python) = python() else { return };
    let scratch = Scratch::new("interop-dataset");
    let options = DatasetOptions::new(scratch.path())
        .with_partition("city", |sale: &Sale| sale.city.clone())
        .with_partition("year", |sale| sale.year)
        .with_open_files(2);
    let mut writer = DatasetWriter::new(options).unwrap();
    for (city, year, sold) in
        [("Ulm/Do", 2001, 1), ("São", 2002, 2), ("Ulm/Do", 2002, 3), ("Ulm/Do", 2001, 4)]
    {
        writer.write(&Sale { city: city.into(), year, sold }).unwrap();
    }
    writer.finish().unwrap();
    let rows =
        "[('São', 2002, 2), ('Ulm/Do', 2001, 1), ('Ulm/Do', 2001, 4), ('Ulm/Do', 2002, 3)]\n";
    assert_eq!(run(&python, SCRIPT, &[scratch.path()]), rows.repeat(2));
}

#[test]
fn pyarrow_and_we_read_each_others_ipc() {
    const SCRIPT: &str = "
import sys, pyarrow as pa
from pyarrow import ipc
form, compression = sys.argv[3].split(' ')
source = pa.OSFile(sys.argv[1])
reader = ipc.open_stream(source) if form == 'stream' else ipc.open_file(source)
table = reader.read_all()
options = ipc.IpcWriteOptions(compression=None if compression == 'none' else compression)
make = ipc.new_stream if form == 'stream' else ipc.new_file
with make(sys.argv[2], table.schema, options=options) as writer:
    writer.write_table(table, max_chunksize=70)
";
    let Some(python) = python() else { return };
    let scratch = Scratch::new("interop-ipc");
    let records = records();
    for (format, form) in [(IpcFormat::Stream, "stream"), (IpcFormat::File, "file")] {
        for (compression, name) in [
            (IpcCompression::None, "none"),
            (IpcCompression::Lz4, "lz4"),
            (IpcCompression::Zstd, "zstd"),
        ] {
            let (ours, theirs) = (scratch.path().join("ours"), scratch.path().join("theirs"));
            let options = IpcOptions::new()
                .with_format(format)
                .with_compression(compression)
                .with_batch_rows(100);
            let mut writer = IpcWriter::new(fs::File::create(&ours).unwrap(), &options).unwrap();
            for record in &records {
                writer.write(record).unwrap();
            }
            writer.finish().unwrap();
            run(&python, SCRIPT, &[&ours, &theirs, Path::new(&format!("{form} {name}"))]);
            let reader = IpcReader::<Every, _>::new(fs::File::open(&theirs).unwrap()).unwrap();
            let read: Vec<Every> = reader.map(Result::unwrap).collect();
            assert!(read == records, "{form}, {name}");
        }
    }
}
