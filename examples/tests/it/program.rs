//! Running an example as a user does.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that is deleted in the end.
pub(crate) struct Folder(PathBuf);

/// What a run has left.
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// An example, which `cargo test` has built beside this test.
pub(crate) fn example(name: &str) -> Command {
    let test = env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let program = profile.join("examples").join(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "{} is missing: a plain `cargo test` builds the examples, `cargo test --test it` does not",
        program.display()
    );
    Command::new(program)
}

// === impl Folder ===

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{}-{count}", env!("CARGO_PKG_NAME"), std::process::id());
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be deleted is the system's to tidy.
        fs::remove_dir_all(&self.0).ok();
    }
}

// === impl Outcome ===

impl Outcome {
    pub(crate) fn of(command: &mut Command) -> Self {
        command.output().unwrap().into()
    }

    /// Fails unless the run was a success.
    #[track_caller]
    pub(crate) fn expect_success(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    /// Fails unless the run ended with `code` and one line on standard error that is not about its
    /// progress, which has all of `parts`.
    #[track_caller]
    pub(crate) fn expect_complaint(self, code: i32, parts: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        let is_progress = |line: &&str| line.ends_with(" strikes");
        let complaints: Vec<_> = self.stderr.lines().skip_while(is_progress).collect();
        assert_eq!(complaints.len(), 1, "{}", self.stderr);
        for part in parts {
            assert!(complaints[0].contains(part), "{part:?} is not in {complaints:?}");
        }
        self
    }

    /// Fails unless standard output has a line with exactly these words.
    #[track_caller]
    pub(crate) fn expect_line(&self, words: &str) {
        let words: Vec<_> = words.split_whitespace().collect();
        let found =
            self.stdout.lines().any(|line| line.split_whitespace().eq(words.iter().copied()));
        assert!(found, "there is no line {words:?} in\n{}", self.stdout);
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}
