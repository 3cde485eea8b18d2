//! `trackway dataset`: what a server has, how long it is kept, and its end.

use clap::Subcommand;
use serde_json::{Value, json};
use ureq::http::Method;

use crate::client::{Client, ServerFlags, parse, path_part};
use crate::output;
use crate::quantity::{about_size, keeping_text, parse_keeping};
use crate::stop::Stop;

const PATH: &str = "/api/v1/datasets";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List datasets with their amounts
    List {
        #[command(flatten)]
        server: ServerFlags,
    },
    /// Say how long the rows of a dataset are kept; older ones are gone at once
    Retain {
        /// Dataset
        name: String,
        /// A time such as 12h, 7d or 4w, or forever
        #[arg(value_name = "DURATION")]
        time: String,
        #[command(flatten)]
        server: ServerFlags,
    },
    /// Let nobody delete a dataset, which holds for each until it is unprotected
    Protect {
        /// Dataset
        name: String,
        #[command(flatten)]
        server: ServerFlags,
    },
    /// Let a dataset be deleted
    Unprotect {
        /// Dataset
        name: String,
        #[command(flatten)]
        server: ServerFlags,
    },
    /// Delete a dataset with all its rows, once it is unprotected
    Delete {
        /// Dataset
        name: String,
        #[command(flatten)]
        server: ServerFlags,
    },
}

pub(super) fn run(command: &Command) -> Result<(), Stop> {
    match command {
        Command::List { server } => list(server),
        Command::Retain { name, time, server } => retain(name, time, server),
        Command::Protect { name, server } => protect(name, true, server),
        Command::Unprotect { name, server } => protect(name, false, server),
        Command::Delete { name, server } => delete(name, server),
    }
}

fn list(flags: &ServerFlags) -> Result<(), Stop> {
    let text = Client::new(flags)?.ask(Method::GET, PATH, None)?;
    if flags.json {
        return output::say(&text);
    }
    let body = parse(&text)?;
    let datasets = body.get("datasets").and_then(Value::as_array);
    let rows: Vec<Vec<String>> = datasets.into_iter().flatten().map(row).collect();
    output::say(&output::table(&["NAME", "ROWS", "SIZE", "KEPT", "CREATED"], &rows))
}

fn row(dataset: &Value) -> Vec<String> {
    let number = |name: &str| dataset.get(name).and_then(Value::as_u64);
    let text = |name: &str| {
        output::printable(dataset.get(name).and_then(Value::as_str).unwrap_or_default())
    };
    vec![
        text("name"),
        number("rows").unwrap_or(0).to_string(),
        about_size(number("bytes").unwrap_or(0)),
        keeping_text(number("retention_seconds")),
        text("created"),
    ]
}

fn retain(name: &str, time: &str, flags: &ServerFlags) -> Result<(), Stop> {
    let keeping = parse_keeping(time).ok_or_else(|| {
        Stop::cannot(format!(
            "{time:?} is no time: expected 12h, 7d or 4w for instance, or forever"
        ))
    })?;
    let change = json!({ "retention_seconds": keeping.map(|time| time.as_secs()) });
    let path = format!("{PATH}/{}", path_part(name));
    let text = Client::new(flags)?.ask(Method::PATCH, &path, Some(&change))?;
    if flags.json {
        return output::say(&text);
    }
    let kept = parse(&text)?.get("retention_seconds").and_then(Value::as_u64);
    output::say(&format!("{} is kept {}\n", output::printable(name), keeping_words(kept)))
}

fn keeping_words(seconds: Option<u64>) -> String {
    match seconds {
        None => "for ever".to_owned(),
        Some(_) => format!("for {}", keeping_text(seconds)),
    }
}

fn protect(name: &str, protected: bool, flags: &ServerFlags) -> Result<(), Stop> {
    let change = json!({ "delete_protected": protected });
    let path = format!("{PATH}/{}", path_part(name));
    let text = Client::new(flags)?.ask(Method::PATCH, &path, Some(&change))?;
    if flags.json {
        return output::say(&text);
    }
    let said = if protected { "is protected from deletion" } else { "can be deleted" };
    output::say(&format!("{} {said}\n", output::printable(name)))
}

fn delete(name: &str, flags: &ServerFlags) -> Result<(), Stop> {
    let path = format!("{PATH}/{}", path_part(name));
    let text = Client::new(flags)?.ask(Method::DELETE, &path, None)?;
    if flags.json {
        return output::say(&text);
    }
    let rows = parse(&text)?.get("rows").and_then(Value::as_u64).unwrap_or(0);
    output::say(&format!("{} is deleted, with {rows} rows\n", output::printable(name)))
}
