//! Programs in Go: how they are built and run.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use electrician_relay::prost::Message;
use electrician_relay::prost_types::compiler::{CodeGeneratorRequest, CodeGeneratorResponse};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::feedback::Feedback;
use crate::harness::Outcome;

const CONTRACT: &str = "electrician_relay.proto";

/// A program that was built. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Program(Arc<PathBuf>);

/// One that runs. It is killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

// === impl Program ===

impl Program {
    /// The peer, with the code that Go's generator makes of the contract.
    pub(crate) fn peer() -> Result<Self, String> {
        let folder = copied("peer")?;
        for generator in ["protoc-gen-go", "protoc-gen-go-grpc"] {
            generate(&folder, generator)?;
        }
        Self::build(&folder)
    }

    /// The program around the Go library in the folder `from`, or as Go downloads it.
    pub(crate) fn original(from: &str) -> Result<Self, String> {
        let folder = copied("original")?;
        if from.is_empty() {
            go(&folder, ["mod", "tidy"], b"")?;
        } else {
            let place = fs::canonicalize(from).map_err(|error| format!("{from}: {error}"))?;
            let replace = format!("github.com/joeydtaylor/electrician={}", place.display());
            go(&folder, ["mod", "edit", "-replace", &replace], b"")?;
            // Its checksums are those of all that it needs.
            let sums = fs::copy(place.join("go.sum"), folder.join("go.sum"));
            sums.map_err(|error| format!("{from} is no checkout of it: go.sum: {error}"))?;
        }
        Self::build(&folder)
    }

    fn build(folder: &Path) -> Result<Self, String> {
        let program = folder.join(format!("program{}", env::consts::EXE_SUFFIX));
        let target = program.as_os_str();
        let words = ["build", "-mod=mod", "-o"].map(OsStr::new);
        go(folder, words.into_iter().chain([target, OsStr::new(".")]), b"")?;
        Ok(Self(Arc::new(program)))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn start(&self, args: &[String]) -> Outcome<Running> {
        let mut child = Command::new(&*self.0)
            .args(args)
            .env("CLIENT_ID", electrician_testkit::DevIssuer::CLIENT_ID)
            .env("CLIENT_SECRET", electrician_testkit::DevIssuer::CLIENT_SECRET)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.take().ok_or("no standard input")?;
        let lines = BufReader::new(child.stdout.take().ok_or("no standard output")?).lines();
        Ok(Running { child, input, lines })
    }
}

// === impl Running ===

impl Running {
    /// The next line that it says; what it complains of if there is none.
    pub(crate) async fn line(&mut self) -> Outcome<String> {
        match self.lines.next_line().await? {
            Some(line) => Ok(line),
            None => Err(self.complaint().await.into()),
        }
    }

    /// Gives it items, and keeps its input open.
    pub(crate) async fn give(&mut self, items: &[Feedback]) -> Outcome {
        for item in items {
            let line = serde_json::to_string(item)? + "\n";
            self.input.write_all(line.as_bytes()).await?;
        }
        Ok(())
    }

    /// Ends its input, and gives what it says until it ends.
    pub(crate) async fn finish(mut self) -> Outcome<Vec<String>> {
        drop(self.input);
        let mut lines = Vec::new();
        while let Some(line) = self.lines.next_line().await? {
            lines.push(line);
        }
        let mut complaint = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut complaint).await?;
        }
        if self.child.wait().await?.success() {
            return Ok(lines);
        }
        Err(format!("the program in Go says {lines:?} and fails: {complaint}").into())
    }

    async fn complaint(&mut self) -> String {
        let mut text = String::new();
        if let Some(stderr) = &mut self.child.stderr {
            drop(stderr.read_to_string(&mut text).await);
        }
        format!("the program in Go ended: {text}")
    }
}

/// A copy to build in, so that nothing is left among the sources.
fn copied(name: &str) -> Result<PathBuf, String> {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go").join(name);
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go").join(name);
    let copy = || {
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(to)
    };
    copy().map_err(|error: std::io::Error| format!("{}: {error}", from.display()))
}

/// Runs a plugin of protoc without protoc: what it wants to know is made of the contract here.
fn generate(folder: &Path, generator: &str) -> Result<(), String> {
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../electrician-relay/proto");
    let files = protox::compile([contract.join(CONTRACT)], [contract]);
    let files = files.map_err(|error| error.to_string())?;
    let request = CodeGeneratorRequest {
        file_to_generate: vec![CONTRACT.to_owned()],
        parameter: Some(format!("paths=source_relative,M{CONTRACT}=electrician/peer/relay")),
        proto_file: files.file,
        ..CodeGeneratorRequest::default()
    };
    let answer = go(folder, ["tool", generator], &request.encode_to_vec())?;
    let answer = CodeGeneratorResponse::decode(&*answer).map_err(|error| error.to_string())?;
    if let Some(error) = answer.error {
        return Err(format!("{generator}: {error}"));
    }
    let place = folder.join("relay");
    let write = || {
        fs::create_dir_all(&place)?;
        answer.file.iter().try_for_each(|file| fs::write(place.join(file.name()), file.content()))
    };
    write().map_err(|error: std::io::Error| format!("{}: {error}", place.display()))
}

/// What Go says, or why it fails.
fn go(
    folder: &Path,
    words: impl IntoIterator<Item = impl AsRef<OsStr>>,
    input: &[u8],
) -> Result<Vec<u8>, String> {
    let run = || {
        let mut child = std::process::Command::new("go")
            .args(words)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        // It reads all of it before it says much.
        child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input))?;
        child.wait_with_output()
    };
    let output = run().map_err(|error| format!("go cannot be run: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("go fails: {}", String::from_utf8_lossy(&output.stderr)))
}
