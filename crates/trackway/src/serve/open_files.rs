//! Raises the limit on open files: every connection is one, every segment being read another.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files that a server with all its connections has open, and as many again for segments.
const WANTED: u64 = 20_000;

/// Raises the limit to what the system allows this process. Shells start programs with a low one,
/// for the sake of programs of another age.
pub(super) fn raise() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if setrlimit(Resource::Nofile, raised).is_err() {
        tracing::warn!("the limit on open files stays at {:?}", limit.current);
        return;
    }
    if let Some(most) = limit.maximum
        && most < WANTED
    {
        tracing::warn!(
            "this process may open {most} files: with many connections that is too few; raise the \
             hard limit (ulimit -Hn) to {WANTED}"
        );
    }
}
