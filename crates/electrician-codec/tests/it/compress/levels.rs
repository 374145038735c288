//! Levels have bounds, and do something.

use super::*;

#[test]
fn each_level_is_read() {
    let plain = mixed(20_000);
    let gzip = (0..=9).map(|level| Compression::Gzip(GzipLevel::new(level).unwrap()));
    let zstd = (-7..=22).map(|level| Compression::Zstd(ZstdLevel::new(level).unwrap()));
    let brotli = (0..=11).map(|level| Compression::Brotli(BrotliQuality::new(level).unwrap()));
    for compression in gzip.chain(zstd).chain(brotli) {
        let bytes = compressed(compression, &plain);
        assert_eq!(decompressed(compression, &bytes).unwrap(), plain, "{compression:?}");
    }
}

#[test]
fn more_effort_is_smaller() {
    let plain = mixed(50_000);
    let size = |compression| compressed(compression, &plain).len();
    let gzip = |level| size(Compression::Gzip(level));
    assert!(gzip(GzipLevel::BEST) < gzip(GzipLevel::FAST));
    let zstd = |level| size(Compression::Zstd(level));
    assert!(zstd(ZstdLevel::BEST) < zstd(ZstdLevel::FAST));
    let brotli = |level| size(Compression::Brotli(level));
    assert!(brotli(BrotliQuality::BEST) < brotli(BrotliQuality::FAST));
}

#[test]
fn other_levels_are_refused() {
    let error = GzipLevel::new(10).unwrap_err();
    assert_eq!(error.to_string(), "gzip has no level 10: it is 0 to 9");
    assert!(ZstdLevel::new(23).is_err());
    assert!(ZstdLevel::new(-8).is_err());
    assert!(BrotliQuality::new(12).is_err());
    let levels = (GzipLevel::default().level(), ZstdLevel::default().level());
    assert_eq!((levels, BrotliQuality::default().level()), ((6, 3), 11));
}
