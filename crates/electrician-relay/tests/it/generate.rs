//! How the committed code comes from the contract. This is the one place that does it.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_types::FileDescriptorSet;

const FILE: &str = "electrician_relay.proto";

/// The contract, compiled.
pub(crate) fn descriptors() -> FileDescriptorSet {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    protox::compile([folder.join(FILE)], [folder]).expect("the contract is sound")
}

/// What `src/proto/messages.in` and `src/grpc/services.in` should be.
pub(crate) fn code() -> (String, String) {
    (messages(), services())
}

/// What `src/grpc/descriptors.bin` should be: the contract as servers describe it to their callers.
/// Without its comments, which are most of it, and which callers do not ask for.
pub(crate) fn description() -> Vec<u8> {
    let mut set = descriptors();
    for file in &mut set.file {
        file.source_code_info = None;
    }
    set.encode_to_vec()
}

fn messages() -> String {
    let mut config = prost_build::Config::new();
    config
        .btree_map(["."])
        .bytes(["."])
        .skip_debug([
            ".electrician.MessageMetadata",
            ".electrician.OAuth2Options",
            ".electrician.StreamAcknowledgment",
        ])
        // Frames of the mesh and directives differ much in size, and the large ones are frequent.
        .boxed(".electrician.MeshFrame.msg.open")
        .boxed(".electrician.RelayEnvelope.msg.open")
        .enum_attribute(".", "#[allow(clippy::large_enum_variant)]");
    run(config, "messages")
}

/// The services take and give frames as they are on the wire: nothing is decoded that nobody needs.
fn services() -> String {
    let mut config = prost_build::Config::new();
    config
        .extern_path(".electrician.WrappedPayload", "crate::RawPayload")
        .extern_path(".electrician.RelayEnvelope", "crate::Frame")
        .extern_path(".electrician.StreamAcknowledgment", "crate::Ack")
        .extern_path(".electrician.MeshFrame", "crate::mesh::MeshFrame")
        .extern_path(".electrician", "crate::proto")
        .service_generator(
            tonic_prost_build::configure()
                .build_transport(false)
                .codec_path("crate::grpc::RelayCodec")
                .service_generator(),
        );
    run(config, "services")
}

fn run(mut config: prost_build::Config, name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("generated-{name}"));
    fs::create_dir_all(&folder).expect("a folder can be made");
    config.out_dir(&folder);
    config.compile_fds(descriptors()).expect("code can be made");
    fs::read_to_string(folder.join("electrician.rs")).expect("code was made")
}
