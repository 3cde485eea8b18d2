//! Looks a setting up where it may stand: flags, variables, the file.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use model::{Error, Result};

use super::file::SettingsFile;
use super::{ALL, Chosen, Origin, Setting, SettingFlags, defaults};

/// The variable that names the settings' file, as `--config` does.
const CONFIG_VARIABLE: &str = "TRACKWAY_CONFIG";
/// The variable that names the server which commands ask.
pub(crate) const SERVER_VARIABLE: &str = "TRACKWAY_SERVER";
/// The variable that holds the key which commands present.
pub(crate) const KEY_VARIABLE: &str = "TRACKWAY_KEY";

/// Variables that are no settings of a server.
const OTHER_VARIABLES: [&str; 3] = [CONFIG_VARIABLE, SERVER_VARIABLE, KEY_VARIABLE];

/// Gives the value of a variable; none if it is not set or empty, which some tools that start
/// programs cannot tell apart.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The variables of this process.
pub(crate) fn environment(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// Variables of this process that look like settings and are none. What other tools derive from
/// the name of a service is left out.
pub(crate) fn unknown_variables() -> Vec<String> {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter(|name| is_unknown(name)).collect()
}

fn is_unknown(name: &str) -> bool {
    let is_known = ALL.iter().any(|setting| setting.variable() == name)
        || OTHER_VARIABLES.contains(&name)
        || name.starts_with("TRACKWAY_TEST_");
    let is_of_service = name.contains("_SERVICE_") || name.contains("_PORT");
    name.starts_with("TRACKWAY_") && !is_known && !is_of_service
}

/// Everywhere a setting may stand.
pub(crate) struct Sources<'a> {
    flags: &'a SettingFlags,
    variables: Variables<'a>,
    file: Option<SettingsFile>,
}

impl<'a> Sources<'a> {
    /// Flags and variables, and the file that they name or, if they name none, the one where it
    /// is looked for, if it is there.
    pub(crate) fn new(flags: &'a SettingFlags, variables: Variables<'a>) -> Result<Self> {
        let file = find_file(flags, variables)?;
        Ok(Self { flags, variables, file })
    }

    /// The variables.
    pub(super) fn variables(&self) -> Variables<'a> {
        self.variables
    }

    /// The settings' file, if one is read.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_ref().map(SettingsFile::path)
    }

    /// The value of a setting: what the first source that has it says, read by `read`, or the
    /// default. What cannot be read is an error that names setting, value and origin.
    pub(super) fn choose<T>(
        &self,
        setting: Setting,
        read: impl FnOnce(&str) -> Result<T, String>,
        default: impl FnOnce() -> Result<T>,
    ) -> Result<Chosen<T>> {
        let Some((text, origin)) = self.find(setting)? else {
            return Ok(Chosen { value: default()?, origin: Origin::Default });
        };
        let value = read(&text).map_err(|why| {
            Error::invalid(format!(
                "{} is {text:?} ({origin}): {why}; expected {}",
                setting.name, setting.expected
            ))
        })?;
        Ok(Chosen { value, origin })
    }

    fn find(&self, setting: Setting) -> Result<Option<(String, Origin)>> {
        if let Some(text) = self.flags.text(setting) {
            return Ok(Some((text.to_owned(), Origin::Flag(format!("--{}", setting.name)))));
        }
        let variable = setting.variable();
        if let Some(value) = (self.variables)(&variable) {
            let text = value.into_string().map_err(|value| {
                Error::invalid(format!(
                    "{} is {value:?} (by {variable}): it is not UTF-8; expected {}",
                    setting.name, setting.expected
                ))
            })?;
            return Ok(Some((text, Origin::Variable(variable))));
        }
        let Some(file) = &self.file else { return Ok(None) };
        let text = file.text(setting)?;
        Ok(text.map(|text| (text, Origin::File(file.path().to_owned()))))
    }
}

fn find_file(flags: &SettingFlags, variables: Variables<'_>) -> Result<Option<SettingsFile>> {
    if let Some(path) = &flags.config {
        return SettingsFile::read(path).map(Some);
    }
    if let Some(path) = variables(CONFIG_VARIABLE).map(PathBuf::from) {
        return SettingsFile::read(&path).map(Some);
    }
    match defaults::config_file(variables).filter(|path| path.exists()) {
        Some(path) => SettingsFile::read(&path).map(Some),
        None => Ok(None),
    }
}
