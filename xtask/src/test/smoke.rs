//! The commands of this program that a reader is told to run first, run once.

use super::{Run, succeed};

pub(super) fn demo(run: &Run) -> Result<(), String> {
    let free = "127.0.0.1:0";
    succeed(&mut run.xtask(&["demo", "--once", "--listen", free, "--otlp-http", free]))
}
