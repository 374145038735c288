//! `std::io` around both halves, and the layer.

use std::io::{self, BufRead, Cursor, Read, Write};

use electrician_codec::compress::{CompressWriter, Compressed, DecompressReader};
use electrician_codec::{Decode, Encode, Layered, Text};

use super::*;

/// Gives one byte at a time.
struct Slow<R>(R);

impl<R: Read> Read for Slow<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(1);
        self.0.read(&mut into[..most])
    }
}

fn reader(compression: Compression, bytes: &[u8]) -> DecompressReader<Cursor<Vec<u8>>> {
    DecompressReader::new(Cursor::new(bytes.to_vec()), compression, Limits::DEFAULT)
}

#[test]
fn written_and_read() {
    let plain = mixed(20_000);
    for compression in ALL {
        let mut writer = CompressWriter::new(Vec::new(), compression);
        for chunk in plain.chunks(777) {
            writer.write_all(chunk).unwrap();
        }
        writer.flush().unwrap();
        let bytes = writer.finish().unwrap();
        let mut back = Vec::new();
        reader(compression, &bytes).read_to_end(&mut back).unwrap();
        assert_eq!(back, plain, "{compression:?}");
        let slow = Slow(Cursor::new(bytes));
        let mut slow = DecompressReader::new(slow, compression, Limits::DEFAULT);
        let mut lines = 0;
        let mut line = Vec::new();
        while slow.read_until(b'\n', &mut line).unwrap() > 0 {
            lines += 1;
        }
        assert_eq!((line, lines > 1), (plain.clone(), true), "{compression:?}");
    }
}

#[test]
fn a_reader_tells_a_cut_from_damage() {
    for compression in ALL {
        let bytes = compressed(compression, &mixed(1000));
        let cut = reader(compression, &bytes[..bytes.len() - 3]).read_to_end(&mut Vec::new());
        let error = cut.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{compression:?}");
        let inner = error.get_ref().unwrap().downcast_ref::<CodecError>().unwrap();
        assert_eq!(inner.kind(), CodecErrorKind::Truncated);
        // No chunk of snappy is of this kind, and nothing else begins so.
        let garbage = [&bytes[..], &[0x42; 40]].concat();
        let error = reader(compression, &garbage).read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{compression:?}");
    }
}

#[test]
fn a_reader_keeps_to_its_limits() {
    let bytes = compressed(GZIP, &mixed(10_000));
    let limits = Limits::DEFAULT.with_decoded_bytes(9_999);
    let mut reader = DecompressReader::new(&bytes[..], GZIP, limits);
    assert!(reader.read_to_end(&mut Vec::new()).is_err());
}

#[test]
fn a_payload_within() {
    for compression in ALL {
        let mut format = Layered::new(Text, Compressed::from(compression));
        for text in ["", "ohm", &"volt ".repeat(1000)] {
            let mut bytes = b"before".to_vec();
            format.encode(text, &mut bytes).unwrap();
            let back: String = format.decode(&bytes[6..], &Limits::DEFAULT).unwrap();
            assert_eq!(back, text, "{compression:?}");
        }
    }
}
