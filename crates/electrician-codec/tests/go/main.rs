//! Go programs read what this crate writes, and the other way round, live.
//!
//! It reports like a test harness, so that a run without Go is counted as skipped, with the reason;
//! with `CI=true` it fails instead.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use electrician_codec::compress::{BrotliQuality, Compressed, Compression, GzipLevel, ZstdLevel};
use electrician_codec::seal::SealKey;
use electrician_codec::{Layer, Limits};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Each name of the Go program, with the layer here.
fn layers() -> Vec<(&'static str, Box<dyn Layer>)> {
    let compressed = |compression| Box::new(Compressed::new(compression)) as Box<dyn Layer>;
    let key: Vec<u8> = (0..32).collect();
    let key = SealKey::from_bytes(&key).expect("it has 32 bytes");
    vec![
        ("gzip", compressed(Compression::Gzip(GzipLevel::DEFAULT))),
        ("snappy", compressed(Compression::Snappy)),
        ("snappy-golang", compressed(Compression::Snappy)),
        ("zstd", compressed(Compression::Zstd(ZstdLevel::DEFAULT))),
        ("zstd-all", compressed(Compression::Zstd(ZstdLevel::DEFAULT))),
        ("brotli", compressed(Compression::Brotli(BrotliQuality::FAST))),
        ("lz4", compressed(Compression::Lz4)),
        ("aes-gcm", Box::new(key)),
    ]
}

fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let mut random = fastrand::Rng::with_seed(3);
    let words = ["volt ", "ampere ", "ohm ", "watt\n"];
    let text = |length: usize, random: &mut fastrand::Rng| {
        let mut text = Vec::new();
        while text.len() < length {
            text.extend_from_slice(words[random.usize(..words.len())].as_bytes());
        }
        text
    };
    let noise =
        |length: usize, random: &mut fastrand::Rng| (0..length).map(|_| random.u8(..)).collect();
    vec![
        ("empty", Vec::new()),
        ("one byte", vec![0xa5]),
        ("text", text(100_000, &mut random)),
        ("noise", noise(200_000, &mut random)),
        ("megabytes of text", text(5_000_000, &mut random)),
        ("megabytes of noise", noise(4_500_000, &mut random)),
    ]
}

fn main() -> ExitCode {
    // A harness is asked for its tests too.
    if env::args().any(|arg| arg == "--list") {
        println!("go_peers: test");
        return ExitCode::SUCCESS;
    }
    println!("\nrunning 1 test");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("go-peers");
    let (line, counts, code) = match build(&folder) {
        Err(reason) if env::var("CI").is_ok_and(|ci| ci == "true") => {
            println!("{reason}");
            ("FAILED".to_owned(), "0 passed; 1 failed; 0 ignored", ExitCode::FAILURE)
        }
        Err(reason) => {
            (format!("ignored, {reason}"), "0 passed; 0 failed; 1 ignored", ExitCode::SUCCESS)
        }
        Ok(program) => match peers(&program, &folder) {
            Ok(()) => ("ok".to_owned(), "1 passed; 0 failed; 0 ignored", ExitCode::SUCCESS),
            Err(error) => {
                println!("{error}");
                ("FAILED".to_owned(), "0 passed; 1 failed; 0 ignored", ExitCode::FAILURE)
            }
        },
    };
    let verdict = if code == ExitCode::SUCCESS { "ok" } else { "FAILED" };
    println!("test go_peers ... {line}\n");
    println!("test result: {verdict}. {counts}; 0 measured; 0 filtered out");
    code
}

/// Builds the Go program; the reason if that cannot be.
fn build(folder: &Path) -> Result<PathBuf, String> {
    fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    let program = folder.join("peer");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/compress");
    let output = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(source)
        .output()
        .map_err(|error| format!("go cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(program);
    }
    let said = String::from_utf8_lossy(&output.stderr).replace('\n', "; ");
    Err(format!("the Go program does not build: {said}"))
}

fn peers(program: &Path, folder: &Path) -> Outcome {
    for (format, mut layer) in layers() {
        for (name, plain) in inputs() {
            // In a debug build, brotli takes its time.
            if format == "brotli" && plain.len() > 1_000_000 && cfg!(debug_assertions) {
                both_ways(program, folder, format, layer.as_mut(), &plain[..1_000_000])
            } else {
                both_ways(program, folder, format, layer.as_mut(), &plain)
            }
            .map_err(|error| format!("{format}, {name}: {error}"))?;
        }
    }
    Ok(())
}

fn both_ways(
    program: &Path,
    folder: &Path,
    format: &str,
    layer: &mut dyn Layer,
    plain: &[u8],
) -> Outcome {
    let (from, to) = (folder.join("from"), folder.join("to"));
    let run = |action: &str| -> Outcome {
        let output = Command::new(program).args([action, format]).args([&from, &to]).output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("Go cannot {action}: {}", String::from_utf8_lossy(&output.stderr)).into())
    };

    let mut wrapped = Vec::new();
    layer.wrap(plain, &mut wrapped)?;
    fs::write(&from, &wrapped)?;
    run("unwrap")?;
    if fs::read(&to)? != plain {
        return Err("Go reads something else than was written here".into());
    }

    fs::write(&from, plain)?;
    run("wrap")?;
    let mut back = Vec::new();
    layer.unwrap(&fs::read(&to)?, &Limits::DEFAULT, &mut back)?;
    if back != plain {
        return Err("something else is read here than Go wrote".into());
    }
    Ok(())
}
