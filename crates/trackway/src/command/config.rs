//! `trackway config`: every setting as a server started like this would have it.

use clap::Args;
use serde_json::{Value, json};

use crate::output;
use crate::settings::{SettingFlags, Settings, Sources, environment};
use crate::stop::Stop;

#[derive(Args, Debug)]
pub(super) struct Arguments {
    #[command(flatten)]
    flags: SettingFlags,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Stop> {
    let sources = Sources::new(&arguments.flags, &environment)?;
    let settings = Settings::resolve(&sources)?;
    let listed = settings.listed();
    if arguments.json {
        let settings: Vec<Value> = listed
            .iter()
            .map(|(setting, value, origin)| {
                json!({ "name": setting.name, "value": value, "origin": origin.to_string() })
            })
            .collect();
        let file = sources.file().map(|path| path.display().to_string());
        return output::say(&format!("{}\n", json!({ "settings": settings, "file": file })));
    }
    let rows = listed
        .into_iter()
        .map(|(setting, value, origin)| vec![setting.name.to_owned(), value, origin.to_string()]);
    output::say(&output::table(&["SETTING", "VALUE", "ORIGIN"], &rows.collect::<Vec<_>>()))
}
