use electrician_parquet::{
    FileLimits, IpcCompression, IpcFormat, IpcOptions, IpcReader, IpcWriter, ParquetErrorKind,
};

use crate::every::{Every, every};

const FORMATS: [IpcFormat; 2] = [IpcFormat::Stream, IpcFormat::File];
const COMPRESSIONS: [IpcCompression; 3] =
    [IpcCompression::None, IpcCompression::Lz4, IpcCompression::Zstd];

pub(crate) fn encoded(records: &[Every], options: &IpcOptions) -> Vec<u8> {
    let mut writer = IpcWriter::new(Vec::new(), options).unwrap();
    for record in records {
        writer.write(record).unwrap();
    }
    assert_eq!(writer.rows(), records.len() as u64);
    writer.finish().unwrap()
}

#[test]
fn every_type_comes_back_as_it_was() {
    let records: Vec<Every> = (0..200).map(every).collect();
    for format in FORMATS {
        for compression in COMPRESSIONS {
            let options = IpcOptions::new()
                .with_format(format)
                .with_compression(compression)
                .with_batch_rows(70);
            let bytes = encoded(&records, &options);
            let reader = IpcReader::<Every, _>::new(&bytes[..]).unwrap();
            let read: Vec<Every> = reader.map(Result::unwrap).collect();
            assert!(read == records, "{format:?} {compression:?}");
        }
    }
}

#[test]
fn nothing_but_a_schema_is_no_records() {
    for format in FORMATS {
        let bytes = encoded(&[], &IpcOptions::new().with_format(format));
        assert_eq!(IpcReader::<Every, _>::new(&bytes[..]).unwrap().count(), 0);
    }
}

#[test]
fn what_is_cut_off_is_an_error() {
    let records: Vec<Every> = (0..50).map(every).collect();
    let bytes = encoded(&records, &IpcOptions::new().with_batch_rows(20));
    for len in (0..bytes.len() - 8).step_by(7) {
        let reader = IpcReader::<Every, _>::new(&bytes[..len]).unwrap();
        let all: Vec<_> = reader.collect();
        // A stream may end between two messages.
        let is_whole = all.iter().all(Result::is_ok) && all.len() % 20 == 0 && len > 8;
        assert!(is_whole || all.last().is_some_and(Result::is_err), "{len} bytes");
    }
}

#[test]
fn claims_are_refused_before_memory_is_given() {
    // 2 GiB of message, which is not there.
    let claim = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    let mut reader = IpcReader::<Every, _>::new(&claim[..]).unwrap();
    let error = reader.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ParquetErrorKind::TooLarge);
    assert!(reader.next().is_none());

    let records: Vec<Every> = (0..50).map(every).collect();
    let bytes = encoded(&records, &IpcOptions::new());
    let limits = FileLimits::DEFAULT.with_page_bytes(8000);
    let mut reader = IpcReader::<Every, _>::with_limits(&bytes[..], limits).unwrap();
    let error = reader.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), ParquetErrorKind::TooLarge, "{error}");
}

#[test]
fn a_compressed_buffer_does_not_become_what_it_claims() {
    let records: Vec<Every> = (0..200).map(every).collect();
    let options = IpcOptions::new().with_compression(IpcCompression::Zstd);
    let bytes = encoded(&records, &options);
    // Each buffer begins with the size that it becomes; the magic of Zstandard comes after it.
    let magic = [0x28, 0xb5, 0x2f, 0xfd];
    let at = bytes.windows(4).position(|window| window == magic).unwrap() - 8;
    for claim in [1_i64 << 33, i64::MAX, -2] {
        let mut bytes = bytes.clone();
        bytes[at..at + 8].copy_from_slice(&claim.to_le_bytes());
        let mut reader = IpcReader::<Every, _>::new(&bytes[..]).unwrap();
        let first = reader.next().unwrap();
        assert!(first.is_err(), "{claim}");
    }
}
