//! The committed code is what the contract gives.
//!
//! `ELECTRICIAN_GENERATE=1 cargo test -p electrician-relay --all-features generated` writes it.

use std::path::Path;
use std::{env, fs};

use crate::generate::{code, description};

#[test]
fn the_committed_code_is_up_to_date() {
    let (messages, services) = code();
    for (name, made) in [("src/proto/messages.in", messages), ("src/grpc/services.in", services)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        if env::var_os("ELECTRICIAN_GENERATE").is_some() {
            fs::write(&path, &made).expect("the file can be written");
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        let first = committed.lines().zip(made.lines()).find(|(old, new)| old != new);
        assert!(
            committed == made,
            "{name} is not what the contract gives (first difference: {first:?}): \
             run this test with ELECTRICIAN_GENERATE=1"
        );
    }
}

#[test]
fn the_committed_description_is_up_to_date() {
    let made = description();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/grpc/descriptors.bin");
    if env::var_os("ELECTRICIAN_GENERATE").is_some() {
        fs::write(&path, &made).expect("the file can be written");
    }
    let committed = fs::read(&path).unwrap_or_default();
    assert!(
        committed == made,
        "src/grpc/descriptors.bin is not what the contract gives ({} bytes, and {}): \
         run this test with ELECTRICIAN_GENERATE=1",
        committed.len(),
        made.len()
    );
    assert!(electrician_relay::grpc::DESCRIPTORS == made, "it is the file that was compiled in");
}
