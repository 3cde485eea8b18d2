//! `trackway completions`: what a shell needs to complete commands, flags and their values.

use clap::{Args, ValueEnum};
use clap_complete::Shell;

use super::definition;
use crate::output;
use crate::stop::Stop;

/// The name that is completed.
const NAME: &str = "trackway";

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Shell
    shell: Wanted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wanted {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let shell = match arguments.shell {
        Wanted::Bash => Shell::Bash,
        Wanted::Zsh => Shell::Zsh,
        Wanted::Fish => Shell::Fish,
        Wanted::Powershell => Shell::PowerShell,
    };
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut definition(), NAME, &mut text);
    output::say(&String::from_utf8_lossy(&text))
}
