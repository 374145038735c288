//! Running other programs, and reading what they say.

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use wait_timeout::ChildExt;

use crate::Result;

/// What a program wrote before it ended.
#[derive(Debug)]
pub(crate) struct Captured {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The cargo that runs us, as if the user had typed it.
///
/// `cargo run` describes *this* package in the environment. Build scripts watch such variables, so
/// left in place they would rebuild what the user's own `cargo` had built, and the other way round.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let ours = ["CARGO_PKG_", "CARGO_MANIFEST_"];
        if name.to_str().is_some_and(|name| ours.iter().any(|prefix| name.starts_with(prefix))) {
            command.env_remove(name);
        }
    }
    command
}

/// The command as one would type it, for messages.
pub(crate) fn shown(command: &Command) -> String {
    let mut words: Vec<String> = Vec::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            words.push(format!("{}='{}'", name.display(), value.display()));
        }
    }
    let program = command.get_program().to_string_lossy();
    words.push(program.rsplit(['/', '\\']).next().unwrap_or(&program).to_owned());
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    words.join(" ")
}

/// Runs to the end; the user sees the output as it comes.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool> {
    announce(command);
    let status = command.status().map_err(|error| could_not_run(command, &error))?;
    Ok(status.success())
}

/// Runs to the end; the user sees nothing.
pub(crate) fn capture(command: &mut Command) -> Result<Captured> {
    let output = command.output().map_err(|error| could_not_run(command, &error))?;
    Ok(Captured {
        success: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Runs to the end and gives the output; an error if the program fails.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let captured = capture(command)?;
    if captured.success {
        Ok(captured.stdout)
    } else {
        Err(format!("`{}` failed:\n{}", shown(command), captured.stderr.trim_end()).into())
    }
}

/// Runs to the end; the output goes to `terminal` as it comes, and `line` gets each line of it.
pub(crate) fn follow(
    command: &mut Command,
    terminal: &mut impl Write,
    mut line: impl FnMut(&str),
) -> Result<ExitStatus> {
    announce(command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|error| could_not_run(command, &error))?;
    let mut reader = BufReader::new(child.stdout.take().expect("stdout was piped above"));
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes)? > 0 {
        terminal.write_all(&bytes)?;
        terminal.flush()?;
        line(String::from_utf8_lossy(&bytes).trim_end());
        bytes.clear();
    }
    Ok(child.wait()?)
}

/// Runs until the end or the limit, whichever comes first; `None` means that it was killed.
pub(crate) fn limited(command: &mut Command, limit: Duration) -> Result<Option<ExitStatus>> {
    announce(command);
    let mut child = command.spawn().map_err(|error| could_not_run(command, &error))?;
    let status = child.wait_timeout(limit)?;
    if status.is_none() {
        child.kill()?;
        child.wait()?;
    }
    Ok(status)
}

fn announce(command: &Command) {
    eprintln!("$ {}", shown(command));
}

fn could_not_run(command: &Command, error: &io::Error) -> String {
    format!("could not run `{}`: {error}", shown(command))
}

#[cfg(test)]
mod tests;
