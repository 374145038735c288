//! The examples from outside: what they print, and with what they end.

mod bird_strikes;
mod broken;
mod graceful_stop;
mod program;
mod records;
