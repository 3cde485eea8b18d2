//! Reads the values of settings; says why one is not what it should be.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;

use registry::Mode;

use crate::quantity;

/// Least memory for request bodies. A generation is flushed when its requests fill 112 MiB; memory
/// below that would be full before, and every request refused until the generation has grown old.
/// The largest body, 64 MiB, must fit beside it, and some others.
pub(super) const MEMORY_MIN: u64 = 192 << 20;
/// Least memory for questions: each of the threads keeps a batch of rows for each step.
pub(super) const QUERY_MEMORY_MIN: u64 = 16 << 20;
/// Most seconds of a question: a day, after which nobody waits.
pub(super) const SECONDS_MAX: u64 = 86_400;
/// Most threads for questions: more than the largest machines have cores.
pub(super) const THREADS_MAX: u64 = 1_024;

/// An address with its port. `localhost` is IPv4's loopback, so that the port is one socket.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    if let Some(port) = text.strip_prefix("localhost:") {
        let port = port.parse().map_err(|_| format!("{port:?} is not a port"))?;
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    text.parse().map_err(|_| "it is not an IP address with a port".to_owned())
}

/// A size of at least `least` bytes.
pub(super) fn size(text: &str, least: u64) -> Result<u64, String> {
    let bytes = quantity::parse_size(text).ok_or_else(|| "it is not a size".to_owned())?;
    if bytes < least {
        return Err("it is too little".to_owned());
    }
    if usize::try_from(bytes).is_err() || bytes > i64::MAX as u64 {
        return Err("it is more than can be addressed".to_owned());
    }
    Ok(bytes)
}

/// A number within bounds.
pub(super) fn count(text: &str, bounds: RangeInclusive<u64>) -> Result<u64, String> {
    let count: u64 = text.trim().parse().map_err(|_| "it is not a whole number".to_owned())?;
    if !bounds.contains(&count) {
        return Err("it is out of bounds".to_owned());
    }
    Ok(count)
}

/// Names of hosts, in lower case.
pub(super) fn hosts(text: &str) -> Result<Vec<String>, String> {
    text.split(',').map(|name| host(name.trim())).collect()
}

fn host(name: &str) -> Result<String, String> {
    if name.is_empty() {
        return Err("a name in it is empty".to_owned());
    }
    let is_address = name.starts_with('[') && name.ends_with(']');
    if name.contains("://") || (name.contains(':') && !is_address) {
        return Err(format!("{name:?} has more than a name in it"));
    }
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    match name.bytes().find(|byte| !known(*byte)) {
        Some(byte) => Err(format!("{:?} is not part of a name", char::from(byte))),
        None => Ok(name.to_ascii_lowercase()),
    }
}

/// The URL under which clients reach the server; none where it is empty.
pub(super) fn public_url(text: &str) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let rest = rest.ok_or_else(|| "it begins with neither http:// nor https://".to_owned())?;
    let strange = |c: char| c.is_whitespace() || c.is_control() || "?#\"<>".contains(c);
    if rest.trim_end_matches('/').is_empty() || rest.contains(strange) {
        return Err("it is not a URL with a host and, if need be, a path".to_owned());
    }
    Ok(Some(text.trim_end_matches('/').to_owned()))
}

/// The mode of keys.
pub(super) fn mode(text: &str) -> Result<Mode, String> {
    match text {
        "open" => Ok(Mode::Open),
        "strict" => Ok(Mode::Strict),
        _ => Err("it is neither".to_owned()),
    }
}

/// True or false.
pub(super) fn truth(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "it is neither".to_owned())
}

/// A folder; a path that is not there yet is as good.
pub(super) fn folder(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(PathBuf::from(text))
}
