#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| electrician_relay_fuzz::relay_envelope(bytes));
