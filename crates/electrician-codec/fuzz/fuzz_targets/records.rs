#![no_main]

use electrician_codec_fuzz::Records;

libfuzzer_sys::fuzz_target!(|made: Records| electrician_codec_fuzz::records(made));
