//! Memory follows the row group, not the file. An allocator counts, so this is a program of its own,
//! with one test.

mod counter;

use std::io::{self, Write};

use electrician_parquet::{ParquetReader, ParquetWriter, ReadOptions, WriteOptions};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Row {
    number: u64,
    text: String,
}

/// An output that is not in memory.
struct Nowhere;

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn options() -> WriteOptions {
    WriteOptions::new().with_row_group_bytes(256 << 10).with_batch_rows(512)
}

fn row(number: u64) -> Row {
    // Without pattern, so that nothing is small because it repeats.
    Row { number, text: format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) }
}

fn write<W: Write + Send>(output: W, rows: u64) -> W {
    let mut writer = ParquetWriter::new(output, &options()).unwrap();
    (0..rows).for_each(|number| writer.write(&row(number)).unwrap());
    writer.finish().unwrap().0
}

#[test]
fn ten_times_the_rows_take_no_more_memory() {
    let write = |rows| {
        counter::peak(|| {
            write(Nowhere, rows);
        })
    };
    write(1000);
    let (small, large) = (write(50_000), write(500_000));
    assert!(large < small + small / 4, "writing: {small} bytes, then {large}");
    assert!(large < 4 << 20, "writing: {large} bytes");

    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let read = |rows: u64| {
        let path = folder.join(format!("memory-{rows}.parquet"));
        drop(self::write(std::fs::File::create(&path).unwrap(), rows));
        let peak = counter::peak(|| {
            let options = ReadOptions::new().with_batch_rows(512);
            let reader = ParquetReader::<Row>::open_with(&path, &options).unwrap();
            assert_eq!(reader.map(|row| row.unwrap().number).sum::<u64>(), rows * (rows - 1) / 2);
        });
        std::fs::remove_file(path).unwrap();
        peak
    };
    let (small, large) = (read(50_000), read(500_000));
    // The footer grows with the row groups, about 300 bytes for each.
    assert!(large < small + small / 2, "reading: {small} bytes, then {large}");
    assert!(large < 4 << 20, "reading: {large} bytes");
}
