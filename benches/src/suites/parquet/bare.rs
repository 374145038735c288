//! The `parquet` crate and nothing else, as one would use it for this one type.

use std::hint::black_box;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int64Type, TimestampMicrosecondType};
use arrow_array::{Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use bytes::Bytes;
use electrician_parquet::TimestampMicros;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::data::Flight;

const BATCH: usize = 8192;

pub(super) fn write(flights: &[Flight]) -> Vec<u8> {
    let timestamp = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let schema = Arc::new(Schema::new(vec![
        Field::new("date", timestamp, false),
        Field::new("delay", DataType::Int64, false),
        Field::new("distance", DataType::Int64, false),
        Field::new("origin", DataType::Utf8, false),
        Field::new("destination", DataType::Utf8, false),
    ]));
    let properties = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(1 << 20))
        .set_max_row_group_bytes(Some(128 << 20))
        .build();
    let mut writer =
        ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties)).expect("valid");
    for chunk in flights.chunks(BATCH) {
        let date = chunk.iter().map(|flight| flight.date.0);
        let date = TimestampMicrosecondArray::from_iter_values(date).with_timezone("UTC");
        let delay = Int64Array::from_iter_values(chunk.iter().map(|flight| flight.delay));
        let distance = Int64Array::from_iter_values(chunk.iter().map(|flight| flight.distance));
        let origin = StringArray::from_iter_values(chunk.iter().map(|flight| &*flight.origin));
        let destination =
            StringArray::from_iter_values(chunk.iter().map(|flight| &*flight.destination));
        let batch = RecordBatch::try_new(
            schema.clone(),
            vec![
                Arc::new(date),
                Arc::new(delay),
                Arc::new(distance),
                Arc::new(origin),
                Arc::new(destination),
            ],
        );
        writer.write(&batch.expect("columns as the schema has them")).expect("it fits");
    }
    writer.into_inner().expect("memory takes all")
}

pub(super) fn read(file: &Bytes) -> i64 {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file.clone()).expect("a file");
    let mut sum = 0;
    for batch in reader.with_batch_size(BATCH).build().expect("a reader") {
        let batch = batch.expect("a batch");
        let column = |name| batch.column_by_name(name).expect("a column");
        let date = column("date").as_primitive::<TimestampMicrosecondType>();
        let delay = column("delay").as_primitive::<Int64Type>();
        let distance = column("distance").as_primitive::<Int64Type>();
        let origin = column("origin").as_string::<i32>();
        let destination = column("destination").as_string::<i32>();
        for row in 0..batch.num_rows() {
            let flight = Flight {
                date: TimestampMicros(date.value(row)),
                delay: delay.value(row),
                distance: distance.value(row),
                origin: origin.value(row).to_owned(),
                destination: destination.value(row).to_owned(),
            };
            sum += black_box(flight).delay;
        }
    }
    sum
}
