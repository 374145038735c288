#![no_main]

use electrician_codec_fuzz::Written;

libfuzzer_sys::fuzz_target!(|values: Vec<Written>| electrician_codec_fuzz::gob_written(values));
