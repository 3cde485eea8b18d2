//! The command line: one command a module, and what they have in common.

mod check;
mod config;
mod dataset;
mod key;
mod query;
mod trace;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::settings::{SettingFlags, Settings, Sources, environment};
use crate::stop::Stop;
use crate::{logging, serve};

/// Keeps traces and logs, and answers questions about them.
#[derive(Debug, Parser)]
#[command(name = "trackway", version, max_term_width = 100)]
pub(crate) struct Command {
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
    /// Show a trace as a tree
    Trace(trace::Arguments),
    /// List datasets, change how long they are kept, delete them
    #[command(subcommand)]
    Dataset(dataset::Command),
    /// Create, list and revoke keys, whether the server runs or not
    #[command(subcommand)]
    Key(key::Command),
    /// Read a data folder through and say what is damaged
    Check(check::Arguments),
}

impl Command {
    /// Does what the command line says.
    pub(crate) fn run(self) -> Result<(), Stop> {
        match self.what {
            What::Serve(flags) => run_server(&flags),
            What::Config(arguments) => config::run(&arguments),
            What::Query(arguments) => query::run(arguments),
            What::Trace(arguments) => trace::run(&arguments),
            What::Dataset(command) => dataset::run(&command),
            What::Key(command) => key::run(command),
            What::Check(arguments) => check::run(arguments),
        }
    }
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
    use clap::CommandFactory as _;

    use super::*;

    /// Guarantees: the command line agrees with itself: no flag twice, no argument out of place.
    #[test]
    fn the_command_line_is_sound() {
        Command::command().debug_assert();
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
