//! `trackway key`: keys, on the data folder itself.
//!
//! The registry is one file that several processes open, so that a key can be made before the first
//! start, and a running server takes notice of a change within a second.

use std::sync::Arc;

use clap::{Subcommand, ValueEnum};
use model::{SystemClock, SystemRandom, Timestamp};
use registry::{Key, KeyList, Keys, Mode, Permissions, Registry, Uses};
use serde_json::{Value, json};

use super::FolderFlags;
use crate::folder::Folder;
use crate::output;
use crate::stop::Stop;

/// Where a key leads if nobody says where.
const ENVIRONMENT: &str = "default";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create a key and print it; it is shown this once
    Create {
        /// Environment that its data lands in, made if there is none
        #[arg(long, default_value = ENVIRONMENT)]
        environment: String,
        /// A key that clients have already [default: a new one]
        #[arg(long)]
        value: Option<String>,
        /// What it may do
        #[arg(long, value_delimiter = ',', default_value = "send,query")]
        permissions: Vec<Permission>,
        /// What people call it
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        folder: FolderFlags,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List keys with their uses, and the unknown ones that came
    List {
        #[command(flatten)]
        folder: FolderFlags,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key; it stays in the list
    Revoke {
        /// Its id, its full text, its name or its label
        which: String,
        #[command(flatten)]
        folder: FolderFlags,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Permission {
    /// Send events
    Send,
    /// Ask questions
    Query,
    /// Change and delete
    Manage,
}

pub(super) fn run(command: Command) -> Result<(), Stop> {
    match command {
        Command::Create { environment, value, permissions, name, folder, json } => {
            let place = Place::open(folder)?;
            create(&place, &environment, value.as_deref(), &permissions, name.as_deref(), json)
        }
        Command::List { folder, json } => list(&Place::open(folder)?, json),
        Command::Revoke { which, folder } => {
            let key = Place::open(folder)?.keys.revoke(&which).map_err(Stop::wrong)?;
            output::say(&format!("{} ({}) is revoked\n", key.id, key.label))
        }
    }
}

/// The keys of a data folder.
struct Place {
    registry: Arc<Registry>,
    keys: Keys,
}

impl Place {
    fn open(flags: FolderFlags) -> Result<Self, Stop> {
        let registry = Arc::new(Folder::make(&flags.resolve()?)?.registry()?);
        let clock = Arc::new(SystemClock::new());
        // The mode is about requests, of which none come here.
        let keys = Keys::open(Arc::clone(&registry), Mode::Strict, clock, Arc::new(SystemRandom))?;
        Ok(Self { registry, keys })
    }

    fn environment_name(&self, key: &Key) -> Result<String, Stop> {
        let known = self.registry.environments()?;
        let found = known.into_iter().find(|environment| environment.id == key.environment);
        Ok(found.map_or_else(|| key.environment.to_string(), |environment| environment.name))
    }
}

/// The key alone goes to standard output, so that a script can keep it.
fn create(
    place: &Place,
    environment: &str,
    value: Option<&str>,
    permissions: &[Permission],
    name: Option<&str>,
    json: bool,
) -> Result<(), Stop> {
    let environment = place.registry.environment(environment)?;
    let permissions = together(permissions);
    let created = place.keys.create(name, environment, permissions, value)?;
    if json {
        let mut shown = key_json(place, &created.key)?;
        shown["key"] = created.secret.into();
        return output::say(&format!("{shown}\n"));
    }
    let environment = place.environment_name(&created.key)?;
    output::remark(&format!(
        "key {} of the environment {}, which may {}; its text is shown this once:",
        created.key.id,
        output::printable(&environment),
        permission_names(created.key.permissions).join(", ")
    ));
    output::say(&format!("{}\n", created.secret))
}

fn list(place: &Place, json: bool) -> Result<(), Stop> {
    let KeyList { keys, unknown } = place.keys.list()?;
    if json {
        let keys = keys.iter().map(|key| key_json(place, key)).collect::<Result<Vec<_>, _>>()?;
        let unknown: Vec<Value> =
            unknown.iter().map(|key| with_uses(json!({ "label": key.label }), &key.uses)).collect();
        return output::say(&format!("{}\n", json!({ "keys": keys, "unknown": unknown })));
    }
    let mut rows = Vec::new();
    for key in &keys {
        let state = if key.revoked.is_some() { "revoked" } else { "valid" };
        let mut row = vec![
            key.id.clone(),
            output::printable(key.name.as_deref().unwrap_or("-")),
            output::printable(&key.label),
            output::printable(&place.environment_name(key)?),
            permission_names(key.permissions).join(","),
            state.to_owned(),
        ];
        row.extend(uses_cells(&key.uses));
        rows.push(row);
    }
    for key in &unknown {
        let dash = || "-".to_owned();
        let label = output::printable(&key.label);
        let mut row = vec![dash(), dash(), label, dash(), dash(), "unknown".to_owned()];
        row.extend(uses_cells(&key.uses));
        rows.push(row);
    }
    let headings =
        ["ID", "NAME", "LABEL", "ENVIRONMENT", "MAY", "STATE", "ADMITTED", "REFUSED", "LAST USE"];
    output::say(&output::table(&headings, &rows))
}

fn together(wanted: &[Permission]) -> Permissions {
    let mut permissions = Permissions::NONE;
    for permission in wanted {
        match permission {
            Permission::Send => permissions.send = true,
            Permission::Query => permissions.query = true,
            Permission::Manage => permissions.manage = true,
        }
    }
    permissions
}

fn permission_names(permissions: Permissions) -> Vec<&'static str> {
    let all =
        [(permissions.send, "send"), (permissions.query, "query"), (permissions.manage, "manage")];
    all.into_iter().filter(|(may, _)| *may).map(|(_, name)| name).collect()
}

fn uses_cells(uses: &Uses) -> [String; 3] {
    let last = uses.last.map_or_else(|| "-".to_owned(), |time| time.to_string());
    [uses.admitted.to_string(), uses.refused.to_string(), last]
}

fn key_json(place: &Place, key: &Key) -> Result<Value, Stop> {
    let shown = json!({
        "id": key.id,
        "name": key.name,
        "label": key.label,
        "environment": place.environment_name(key)?,
        "permissions": permission_names(key.permissions),
        "created": key.created.to_string(),
        "revoked": key.revoked.as_ref().map(Timestamp::to_string),
    });
    Ok(with_uses(shown, &key.uses))
}

fn with_uses(mut shown: Value, uses: &Uses) -> Value {
    shown["admitted"] = uses.admitted.into();
    shown["refused"] = uses.refused.into();
    shown["first"] = uses.first.as_ref().map(Timestamp::to_string).into();
    shown["last"] = uses.last.as_ref().map(Timestamp::to_string).into();
    shown
}
