//! Environments: their names, and the ids under which the store keeps their rows.
//!
//! All of them stand in one document, in order of making: a compare-and-swap of it gives a name
//! its id exactly once, whichever processes ask at the same time. An environment is never
//! forgotten, so that an id in stored rows always has its name.

use model::{EnvironmentId, Error, ErrorKind, Result, dataset_key, dataset_slug};
use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::registry::Registry;

/// Longest name of an environment, in characters: vendors stop at 255 too.
pub const ENVIRONMENT_NAME_CHARS_MAX: usize = 255;
/// Most environments. Each has segments of its own in every hour it receives something; thousands
/// of them would be thousands of small files.
pub const ENVIRONMENTS_MAX: usize = 1_000;

const COLLECTION: &str = "environment";
const DOCUMENT: &str = "all";
const DEFAULT_NAME: &str = "default";

/// An environment: what may be seen together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The id that rows carry.
    pub id: EnvironmentId,
    /// The name as it was first spelled.
    pub name: String,
}

impl Environment {
    /// The name in addresses. No two environments share it.
    pub fn slug(&self) -> String {
        dataset_slug(&self.name)
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Stored {
    environments: Vec<StoredEnvironment>,
}

#[derive(Serialize, Deserialize)]
struct StoredEnvironment {
    id: u32,
    name: String,
}

impl Registry {
    /// All environments in order of making, `default` first.
    pub fn environments(&self) -> Result<Vec<Environment>> {
        Ok(listed(read(self.get(COLLECTION, DOCUMENT)?.as_ref())?))
    }

    /// The environment of this name, if there is one. Case does not matter.
    pub fn find_environment(&self, name: &str) -> Result<Option<EnvironmentId>> {
        let key = dataset_key(name);
        let found = self.environments()?.into_iter().find(|known| dataset_key(&known.name) == key);
        Ok(found.map(|environment| environment.id))
    }

    /// The environment of this name, made if there is none. Case does not matter. A name that
    /// would share its address with another's (`a b` and `a-b`) is an error of kind
    /// [`ErrorKind::Conflict`].
    pub fn environment(&self, name: &str) -> Result<EnvironmentId> {
        let name = name.trim();
        let key = dataset_key(name);
        let mut id = EnvironmentId::DEFAULT;
        self.update(COLLECTION, DOCUMENT, |document| {
            let mut stored = read(document)?;
            let known = listed(read(document)?);
            if let Some(found) = known.iter().find(|known| dataset_key(&known.name) == key) {
                id = found.id;
                return Ok(None);
            }
            check_new(name, &known)?;
            let last = known.iter().map(|known| known.id.0).max().unwrap_or_default();
            id = EnvironmentId(last + 1);
            stored.environments.push(StoredEnvironment { id: id.0, name: name.to_owned() });
            serde_json::to_string(&stored)
                .map(Some)
                .map_err(|error| Error::bug("writing the environments").because(error))
        })
        .map_err(|error| error.while_doing("making an environment"))?;
        Ok(id)
    }
}

fn read(document: Option<&Document>) -> Result<Stored> {
    let Some(document) = document else { return Ok(Stored::default()) };
    document.parse().map_err(|error| error.while_doing("reading the environments"))
}

fn listed(stored: Stored) -> Vec<Environment> {
    let default = Environment { id: EnvironmentId::DEFAULT, name: DEFAULT_NAME.to_owned() };
    let further = stored
        .environments
        .into_iter()
        .map(|StoredEnvironment { id, name }| Environment { id: EnvironmentId(id), name });
    std::iter::once(default).chain(further).collect()
}

fn check_new(name: &str, known: &[Environment]) -> Result<()> {
    let length = name.chars().count();
    if length == 0 || length > ENVIRONMENT_NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "the name of an environment has 1 to {ENVIRONMENT_NAME_CHARS_MAX} characters and no \
             control characters, this one is {name:?}"
        )));
    }
    if known.len() >= ENVIRONMENTS_MAX {
        return Err(Error::invalid(format!("there are {ENVIRONMENTS_MAX} environments already")));
    }
    let slug = dataset_slug(name);
    let Some(other) = known.iter().find(|known| known.slug() == slug) else { return Ok(()) };
    Err(Error::new(
        ErrorKind::Conflict,
        format!("environment {name:?} would have the address {slug} of {:?}", other.name),
    ))
}

#[cfg(test)]
mod tests;
