//! Names of environments, as other readers of the catalog show them.
//!
//! The store itself knows environments by their ids alone; whoever makes them tells it their names.

use model::{EnvironmentId, Result, Timestamp};
use rusqlite::{Transaction, params};

use super::Catalog;
use super::commit::{change_schema, new_version};

impl Catalog {
    /// Writes down the names of environments, where they are not known yet or others.
    pub(crate) fn name_environments(
        &mut self,
        names: &[(EnvironmentId, String)],
        now: Timestamp,
    ) -> Result<()> {
        self.transact("naming environments", |transaction| {
            let mut changed = 0;
            for (id, name) in names {
                changed += transaction
                    .prepare_cached(
                        "INSERT INTO environment (id, name) VALUES (?1, ?2)
                         ON CONFLICT (id) DO UPDATE SET name = excluded.name
                         WHERE name <> excluded.name",
                    )?
                    .execute(params![id.0, name])?;
            }
            if changed == 0 {
                return Ok(());
            }
            let version = new_version(transaction, now, "names of environments")?;
            change_schema(transaction, version)
        })
    }
}

/// Makes an environment that has no name yet known by its number; returns how many were made.
pub(super) fn add_environment(
    transaction: &Transaction<'_>,
    id: EnvironmentId,
) -> rusqlite::Result<usize> {
    transaction
        .prepare_cached("INSERT OR IGNORE INTO environment (id, name) VALUES (?1, ?2)")?
        .execute(params![id.0, format!("environment {id}")])
}
