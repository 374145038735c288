#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| electrician_codec_fuzz::snappy(bytes));
