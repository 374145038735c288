use electrician_parquet::{
    DatasetOptions, DatasetWriter, IpcReader, IpcWriter, ParquetBatches, ParquetEncoder,
    ParquetError, ParquetFile, ParquetReader, ParquetSink, ParquetSource, ParquetWriter,
    ReadOptions, Rows, WriteOptions,
};

use crate::every::Every;

fn is_send<T: Send>() {}
fn is_sync<T: Sync>() {}

#[test]
fn what_threads_may_pass_on_and_share() {
    is_send::<ParquetWriter<Every, Vec<u8>>>();
    is_send::<ParquetEncoder<Every>>();
    is_send::<ParquetReader<Every>>();
    is_send::<ParquetBatches>();
    is_send::<Rows<Every>>();
    is_send::<DatasetWriter<Every>>();
    is_send::<ParquetSink<Every>>();
    is_send::<ParquetSource<Every>>();
    is_send::<IpcWriter<Every, Vec<u8>>>();
    is_send::<IpcReader<Every, &[u8]>>();
    is_send::<ParquetError>();
    is_sync::<ParquetError>();
    is_send::<ParquetFile<Every>>();
    is_sync::<ParquetFile<Every>>();
    is_send::<DatasetOptions<Every>>();
    is_sync::<DatasetOptions<Every>>();
    is_sync::<WriteOptions>();
    is_sync::<ReadOptions>();
}
