//! Records of a fixed size are written, and found, without an allocation.

#![expect(unsafe_code, reason = "implementing an allocator is unsafe; this one forwards")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use electrician_codec::{
    Bytes, CodecErrorKind, CsvEncoder, Decode, FramedDecoder, FramedEncoder, GoJson, Json,
    JsonArray, JsonValues, LengthPrefix, Limits, Lines, Protobuf, Text, VarintPrefix, Wave,
    WaveRecord, WaveRecords, Whole,
};
use electrician_types::{Decoder, Encoder};
use serde::{Deserialize, Serialize};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    /// How often this thread, and so this test alone, has allocated, and the largest piece.
    static COUNT: Cell<(u64, usize)> = const { Cell::new((0, 0)) };
}

struct Counting;

fn note(size: usize) {
    // A thread that is ending counts no more.
    let _ = COUNT.try_with(|count| {
        let (times, largest) = count.get();
        count.set((times + 1, largest.max(size)));
    });
}

// SAFETY: every call is forwarded unchanged to the system's allocator, which keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(place, layout) }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Tick {
    id: u64,
    price: f64,
    size: i32,
    is_sell: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
struct TickMessage {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(double, tag = "2")]
    price: f64,
}

const TICK: Tick = Tick { id: 123_456_789, price: 101.25, size: -300, is_sell: true };

/// How often `work` allocates, and the largest piece.
fn allocations(work: impl FnOnce()) -> (u64, usize) {
    COUNT.set((0, 0));
    work();
    COUNT.get()
}

/// After a first record has made room.
fn writing<T>(mut encoder: impl Encoder<T>, record: &T) -> u64 {
    let mut bytes = Vec::with_capacity(1 << 16);
    encoder.encode(record, &mut bytes).unwrap();
    let (count, _) = allocations(|| {
        for _ in 0..100 {
            bytes.clear();
            encoder.encode(record, &mut bytes).unwrap();
        }
    });
    assert!(!bytes.is_empty());
    count
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(vec![0_u8; 100])), (1, 100));
}

#[test]
fn records_of_a_fixed_size_are_written_without_an_allocation() {
    assert_eq!(writing(FramedEncoder::new(Json, Lines::new()), &TICK), 0);
    assert_eq!(writing(FramedEncoder::new(Json, JsonArray::new()), &TICK), 0);
    assert_eq!(writing(FramedEncoder::new(GoJson, JsonValues::new()), &TICK), 0);
    assert_eq!(writing(CsvEncoder::new(), &TICK), 0);
    let message = TickMessage { id: 7, price: 1.5 };
    assert_eq!(writing(FramedEncoder::new(Protobuf, VarintPrefix::new()), &message), 0);
    assert_eq!(writing(FramedEncoder::new(Bytes, LengthPrefix::new()), &[7_u8; 64]), 0);
    assert_eq!(writing(FramedEncoder::new(Text, Lines::new()), &"text"), 0);
    assert_eq!(writing(FramedEncoder::new(Wave, WaveRecords::new()), &WaveRecord::default()), 0);
}

#[test]
fn records_of_a_fixed_size_are_read_without_an_allocation() {
    let line = serde_json::to_string(&TICK).unwrap() + "\n";
    let bytes = line.repeat(100);
    let mut decoder = FramedDecoder::new(Json, Lines::new());
    // Cut within a record: its buffer is used again.
    let (head, tail) = bytes.as_bytes().split_at(bytes.len() / 2 + 3);
    let mut run = || {
        let mut count = 0;
        for mut input in [head, tail] {
            while let Some(tick) = decoder.decode::<Tick>(&mut input).unwrap() {
                assert_eq!(tick, TICK);
                count += 1;
            }
        }
        assert_eq!(count, 100);
    };
    run();
    assert_eq!(allocations(run).0, 0);
}

/// A length, a count, or a size that is claimed makes nobody allocate.
#[test]
fn nothing_is_allocated_for_what_is_claimed() {
    fn largest<T>(mut decoder: impl Decoder<T>, bytes: &[u8]) -> usize {
        let (_, largest) = allocations(|| {
            let mut input = bytes;
            assert!(matches!(decoder.decode(&mut input), Ok(None) | Err(_)));
            assert!(matches!(decoder.finish(), Ok(None) | Err(_)));
        });
        largest
    }
    // 15 MiB, just below the limit.
    assert!(
        largest::<Vec<u8>>(FramedDecoder::new(Bytes, LengthPrefix::new()), b"\0\xf0\0\0x") < 4096
    );
    assert!(
        largest::<Vec<u8>>(FramedDecoder::new(Bytes, VarintPrefix::new()), b"\x80\x80\xc0\x07x")
            < 4096
    );
    let mut wave = vec![0; 44];
    wave.extend(1_000_000_i32.to_le_bytes());
    assert!(largest::<WaveRecord>(FramedDecoder::new(Wave, WaveRecords::new()), &wave) < 4096);
    assert!(largest::<WaveRecord>(FramedDecoder::new(Wave, Whole::new()), &wave) < 4096);
    let message = b"\x22\xff\xff\xff\x07x";
    let decoder = FramedDecoder::new(Protobuf, Whole::new());
    assert!(largest::<crate::samples::TradeMessage>(decoder, message) < 4096);
    // A list of floats within zlib: a million are claimed, two are there.
    let floats = [&b"\x0b\x7f\x02\x01\x02\xff\x80\x00\x01\x08\x00\x00\x09\xff\x80\x00\xfd\x0f\x42\x40\x00\x00"[..]];
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut zlib, floats[0]).unwrap();
    let zlib = zlib.finish().unwrap();
    let (_, largest) = allocations(|| {
        let error = electrician_codec::Haar::coefficients(&zlib, &Limits::DEFAULT).unwrap_err();
        assert_eq!(error.kind(), CodecErrorKind::Truncated);
    });
    assert!(largest < 100_000, "{largest}: the window of zlib is 32 KiB");
    let (_, largest) = allocations(|| {
        let wrong = Decode::<Vec<u64>>::decode(&mut Json, b"[1,2,", &Limits::DEFAULT);
        assert!(wrong.is_err());
    });
    assert!(largest < 4096);
}
