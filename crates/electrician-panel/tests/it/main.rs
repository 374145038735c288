//! Tests of the panel as its users see it: over HTTP, and in a browser.

mod access;
mod browser;
mod events;
mod http;
mod support;
mod webdriver;
