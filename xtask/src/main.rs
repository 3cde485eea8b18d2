//! `cargo xtask`: the project's own commands.
//!
//! Only the dispatch on the first argument stands here; a command is a module of its own.

#![expect(clippy::print_stdout, reason = "what a command finds goes to standard output")]
#![expect(clippy::print_stderr, reason = "and why it could not run to standard error")]

mod bench;
mod build;
mod demo;
mod folder;
mod fuzz;
mod golang;
mod http;
mod installed;
mod kill;
mod node;
mod process;
mod python;
mod server;
mod stopwatch;
mod test;
mod tidy;
mod tree;

use std::process::ExitCode;

const HELP: &str = "\
usage: cargo xtask COMMAND

  demo    starts a server and a service that sends to it, and shows what can be asked
  test    runs every check, or those that are named; --list says which there are
  tidy    checks the project's rules that are not lints: one line for each finding
  kill    kills a server again and again and sees that it loses nothing
  fuzz    gives arbitrary bytes to everything that reads what others wrote
  bench   measures the release build; --help says what
";

/// What a caller sees who asked for something that cannot be done, apart from a finding's 1.
const CANNOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let done = match arguments.next().as_deref() {
        Some("bench") => bench::run(arguments),
        Some("demo") => demo::run(arguments),
        Some("fuzz") => fuzz::run(arguments),
        Some("kill") => kill::run(arguments),
        Some("test") => test::run(arguments),
        Some("tidy") => tidy::run(arguments),
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        None => Err(format!("which command?\n\n{HELP}")),
        Some(other) => Err(format!("there is no command {other}\n\n{HELP}")),
    };
    done.unwrap_or_else(|error| {
        eprintln!("xtask: {error}");
        ExitCode::from(CANNOT_RUN)
    })
}
