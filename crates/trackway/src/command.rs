//! The command line: one command a module, and what they have in common.

mod backup;
mod check;
mod completions;
mod config;
mod dataset;
mod doctor;
mod key;
mod query;
mod tail;
mod trace;
mod traces;

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::settings::{SettingFlags, Settings, Sources, environment};
use crate::stop::{Stop, TABLE};
use crate::terminal::{Paint, When};
use crate::{logging, serve};

/// Keeps traces and logs, and answers questions about them.
#[derive(Debug, Parser)]
#[command(name = "trackway", version, max_term_width = 100)]
pub(crate) struct Command {
    /// When to use colours; they are off in pipes, and where NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: When,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Run the server
    Serve(SettingFlags),
    /// Show every setting, and where its value comes from
    Config(config::Arguments),
    /// Ask a server a question
    Query(query::Arguments),
    /// Follow events as they come
    ///
    /// A line for each event; with --json its JSON. A connection that ends is taken up again
    /// behind the last event that was shown, and what the server had to leave out is said on
    /// standard error. Ctrl-C ends it.
    Tail(tail::Arguments),
    /// List traces, the newest or the slowest first
    Traces(traces::Arguments),
    /// Draw a trace as a waterfall
    Trace(trace::Arguments),
    /// Say why telemetry does not arrive, or that it does
    ///
    /// Looks at the server, at what each of its doors heard and refused, at the ports and the data
    /// folder of this machine, and at the variables by which SDKs started in this shell find a
    /// server. Changes nothing. The exit status is 1 if anything is wrong, and 0 if there are
    /// warnings at most. Give it the flags that the server was started with.
    Doctor(doctor::Arguments),
    /// List datasets, change how long they are kept, delete them
    #[command(subcommand)]
    Dataset(dataset::Command),
    /// Create, list and revoke keys, whether the server runs or not
    #[command(subcommand)]
    Key(key::Command),
    /// Read a data folder through and say what is damaged
    Check(check::Arguments),
    /// Copy everything that a running server keeps
    ///
    /// The server goes on taking events and answering questions. Everything that was acknowledged
    /// before the backup began is in it; of what comes later, the beginning may be.
    ///
    /// DIR must be empty or not exist. Its file backup.jsonl is written when all else is there: a
    /// folder without it is no backup. `trackway restore` makes a data folder of it. Where keys are
    /// strict it takes one of the environment default with the permission manage.
    Backup(backup::BackupArguments),
    /// Make a data folder of a backup
    ///
    /// Needs no server. Every file is compared with its checksum; where one is missing or damaged
    /// nothing is restored, and the exit status is 1.
    ///
    /// The data folder must be empty or not exist. Start on it with `trackway serve --data DIR`.
    Restore(backup::RestoreArguments),
    /// Print what a shell needs to complete these commands
    ///
    /// For bash, in ~/.bashrc: `source <(trackway completions bash)`. For zsh, into a folder of
    /// $fpath: `trackway completions zsh > ~/.zfunc/_trackway`. For fish: `trackway completions
    /// fish > ~/.config/fish/completions/trackway.fish`. For PowerShell, in the profile:
    /// `trackway completions powershell | Out-String | Invoke-Expression`.
    Completions(completions::Arguments),
}

impl Command {
    /// Reads the command line; ends the program where it is wrong or asks for help.
    pub(crate) fn read() -> Self {
        let matches = definition().get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// Does what the command line says.
    pub(crate) fn run(self) -> Result<(), Stop> {
        let paint = Paint::choose(self.color);
        match self.what {
            What::Serve(flags) => run_server(&flags),
            What::Config(arguments) => config::run(&arguments),
            What::Query(arguments) => query::run(arguments, paint),
            What::Tail(arguments) => tail::run(&arguments, paint),
            What::Traces(arguments) => traces::run(&arguments, paint),
            What::Trace(arguments) => trace::run(&arguments, paint),
            What::Doctor(arguments) => doctor::run(&arguments, paint),
            What::Dataset(command) => dataset::run(&command),
            What::Key(command) => key::run(command),
            What::Check(arguments) => check::run(arguments),
            What::Backup(arguments) => backup::run_backup(&arguments),
            What::Restore(arguments) => backup::run_restore(&arguments),
            What::Completions(arguments) => completions::run(&arguments),
        }
    }
}

/// The command line, with what every command's help ends with.
fn definition() -> clap::Command {
    fn explained(command: clap::Command) -> clap::Command {
        command.after_help(TABLE).mut_subcommands(explained)
    }
    explained(Command::command())
}

/// Flags of commands that work on a data folder.
#[derive(Args, Clone, Debug)]
struct FolderFlags {
    /// File with settings [default: $XDG_CONFIG_HOME/trackway/trackway.toml if it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data folder [default: $XDG_DATA_HOME/trackway, or ~/.local/share/trackway]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
}

impl FolderFlags {
    /// The folder that flags, variables, the settings' file or the default name.
    fn resolve(self) -> Result<PathBuf, Stop> {
        let flags = SettingFlags::of_folder(self.config, self.data);
        Ok(Settings::resolve_data(&Sources::new(&flags, &environment)?)?.value)
    }
}

fn run_server(flags: &SettingFlags) -> Result<(), Stop> {
    let settings = Settings::resolve(&Sources::new(flags, &environment)?)?;
    logging::start(settings.log.value.clone());
    serve::run(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guarantees: the command line agrees with itself: no flag twice, no argument out of place.
    #[test]
    fn the_command_line_is_sound() {
        definition().debug_assert();
    }

    /// Guarantees: the help of every command, and of every command below it, ends with what its
    /// exit status means.
    #[test]
    fn every_help_explains_the_exit_status() {
        fn check(mut command: clap::Command) {
            let help = command.render_long_help().to_string();
            assert!(help.contains(TABLE), "{}: {help}", command.get_name());
            let below = command.get_subcommands().filter(|below| below.get_name() != "help");
            below.cloned().for_each(check);
        }
        check(definition());
    }

    /// Guarantees: every setting has a flag of `serve` that reaches it.
    #[test]
    fn every_setting_has_a_flag() {
        for setting in crate::settings::ALL {
            let flag = format!("--{}", setting.name);
            let parsed = Command::try_parse_from(["trackway", "serve", &flag, "x"]).unwrap();
            let What::Serve(flags) = parsed.what else { panic!("not serve") };
            assert_eq!(flags.text(setting), Some("x"), "{flag}");
        }
    }
}
