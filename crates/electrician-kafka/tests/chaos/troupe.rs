//! The processes of a play, and what they say.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use crate::child::ROLE;

/// The most words that are not yet heard. Who says more waits.
const UNHEARD: usize = 4096;

/// A process that plays a part.
pub(crate) struct Actor {
    child: Child,
    input: Option<ChildStdin>,
}

/// What somebody said: whose part it is, and the line; none when the process has ended.
pub(crate) type Word = (usize, u32, Option<String>);

/// Everybody who is on the stage.
pub(crate) struct Troupe {
    actors: Vec<Option<Actor>>,
    say: SyncSender<Word>,
    hear: Receiver<Word>,
}

// === impl Troupe ===

impl Troupe {
    pub(crate) fn new(parts: usize) -> Self {
        let (say, hear) = sync_channel(UNHEARD);
        Self { actors: (0..parts).map(|_| None).collect(), say, hear }
    }

    /// Puts a process on the stage as `part`, with that role.
    pub(crate) fn enter(&mut self, part: usize, role: &str) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child::child", "--nocapture", "--test-threads", "1"])
            .env(ROLE, role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (say, id) = (self.say.clone(), child.id());
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if say.send((part, id, Some(line))).is_err() {
                    return;
                }
            }
            // The play may be over.
            let _ = say.send((part, id, None));
        });
        let input = child.stdin.take();
        self.actors[part] = Some(Actor { child, input });
    }

    pub(crate) fn is_on(&self, part: usize) -> bool {
        self.actors[part].is_some()
    }

    /// Whether the word is one of who plays the part now, and not of who played it before.
    pub(crate) fn is_current(&self, part: usize, id: u32) -> bool {
        self.actors[part].as_ref().is_some_and(|actor| actor.child.id() == id)
    }

    /// Tells it one line; whether it still listens.
    pub(crate) fn tell(&mut self, part: usize, line: &str) -> bool {
        let input = self.actors[part].as_mut().and_then(|actor| actor.input.as_mut());
        input.is_some_and(|input| writeln!(input, "{line}").and_then(|()| input.flush()).is_ok())
    }

    /// Has nothing more to tell, whereupon it ends by itself.
    pub(crate) fn dismiss(&mut self, part: usize) {
        if let Some(actor) = &mut self.actors[part] {
            actor.input = None;
        }
    }

    pub(crate) fn kill(&mut self, part: usize) {
        if let Some(mut actor) = self.actors[part].take() {
            // It may have ended by itself just now.
            actor.child.kill().ok();
            actor.child.wait().unwrap();
        }
    }

    /// It has ended.
    pub(crate) fn leave(&mut self, part: usize) {
        self.kill(part);
    }

    /// The next word, if there is one in time.
    pub(crate) fn hear(&self, patience: Duration) -> Option<Word> {
        match self.hear.recv_timeout(patience) {
            Ok(word) => Some(word),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => unreachable!("one sender is held here"),
        }
    }
}

impl Drop for Troupe {
    fn drop(&mut self) {
        (0..self.actors.len()).for_each(|part| self.kill(part));
    }
}
