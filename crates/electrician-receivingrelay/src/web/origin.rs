//! Origins as browsers write them.

use std::net::Ipv6Addr;

use http::HeaderValue;

/// The origin, if a browser could send it in these very bytes (RFC 6454, section 6.2).
pub(super) fn parse(text: &str) -> Result<HeaderValue, String> {
    check(text).map_err(|why| format!("{text:?} is no origin: {why}"))?;
    HeaderValue::from_str(text).map_err(|_| format!("{text:?} is no origin"))
}

fn check(text: &str) -> Result<(), String> {
    match text {
        "*" => return Err("to allow all of them, say `from_any_origin`".into()),
        "null" => {
            return Err("pages of anybody can have it; give them an origin of their own".into());
        }
        _ => {}
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        return Err("it has no scheme; write it like \"https://app.example.org\"".into());
    };
    if !text.is_ascii() {
        return Err("browsers write it in ASCII: \"xn--…\" for a host with other letters".into());
    }
    if text.contains(|c: char| c.is_ascii_uppercase()) {
        return Err(format!("browsers write it in small letters: {:?}", text.to_ascii_lowercase()));
    }
    if let Some(at) = rest.find(['/', '?', '#']) {
        return Err(format!("it ends after the host and its port: {:?}", cut(scheme, &rest[..at])));
    }
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if !is_scheme {
        return Err(format!("{scheme:?} is no scheme, such as \"https\""));
    }
    let (host, port) = split(rest)?;
    if let Some(port) = port {
        check_port(scheme, host, port)?;
    }
    if host.is_empty() {
        return Err("it has no host; write it like \"https://app.example.org\"".into());
    }
    if host.starts_with('[') {
        return Ok(());
    }
    let is_host = host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
    if is_host { Ok(()) } else { Err(format!("{host:?} is no host, such as \"app.example.org\"")) }
}

/// Host and port.
fn split(rest: &str) -> Result<(&str, Option<&str>), String> {
    let Some(inside) = rest.strip_prefix('[') else {
        return Ok(match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        });
    };
    let wrong = || format!("{rest:?} is no IPv6 address in brackets");
    let (address, after) = inside.split_once(']').ok_or_else(wrong)?;
    let parsed: Ipv6Addr = address.parse().map_err(|_| wrong())?;
    if parsed.to_string() != address {
        return Err(format!("browsers write the address as \"[{parsed}]\""));
    }
    let host = &rest[..address.len() + 2];
    match after.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if after.is_empty() => Ok((host, None)),
        None => Err(wrong()),
    }
}

fn check_port(scheme: &str, host: &str, port: &str) -> Result<(), String> {
    let parsed: Option<u16> = port.parse().ok();
    if parsed.is_none_or(|parsed| parsed.to_string() != port) {
        return Err(format!("{port:?} is no port: give a number of 1 to 65535"));
    }
    match (scheme, port) {
        ("http", "80") | ("https", "443") => {
            Err(format!("browsers leave out the port of the scheme: {:?}", cut(scheme, host)))
        }
        (_, "0") => Err("a page cannot come from port 0".into()),
        _ => Ok(()),
    }
}

fn cut(scheme: &str, host: &str) -> String {
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests;
