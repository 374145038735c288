//! Tests of the panel as its users see it: over HTTP, and in a browser.

#![allow(clippy::missing_panics_doc, missing_docs, reason = "tests")]

mod access;
mod browser;
mod events;
mod http;
mod support;
mod webdriver;
