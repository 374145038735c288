#![no_main]

use electrician_relay_fuzz::{Step, relay_session};

libfuzzer_sys::fuzz_target!(|steps: Vec<Step>| relay_session(steps));
