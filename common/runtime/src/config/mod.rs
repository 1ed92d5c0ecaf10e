//! Layered settings: defaults < file < systemd credentials < environment < `--set`.
//!
//! Each value keeps its origin, so that `config show` can say who set it and an error can name the line.
//! Names that nobody reads are collected: `config check` refuses them, a daemon starts with a warning.
//! Decision record 0003 says why this isn't a library. Nothing here may print a secret.
//!
//! ```
//! use lintel_runtime::config::{Loader, Settings};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, Serialize, Default)]
//! struct Example { camera: Camera }
//! #[derive(Deserialize, Serialize)]
//! struct Camera { width: u32 }
//! impl Default for Camera { fn default() -> Self { Self { width: 640 } } }
//! impl Settings for Example {
//!     fn describe() -> Vec<(&'static str, &'static str)> {
//!         vec![("camera", "The eye."), ("camera.width", "Pixels across.")]
//!     }
//! }
//! let loaded = Loader::new("LINTEL_EXAMPLE")
//!     .environment([("LINTEL_EXAMPLE__CAMERA__WIDTH", "320")])
//!     .load::<Example>()?;
//! assert_eq!(loaded.value.camera.width, 320);
//! assert_eq!(loaded.origin("camera.width").to_string(), "LINTEL_EXAMPLE__CAMERA__WIDTH");
//! # Ok::<(), lintel_runtime::config::ConfigError>(())
//! ```

mod decode;
mod decode_error;
mod error;
mod notes;
mod origin;
mod section;
mod show;
mod text;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use error::{ConfigError, ConfigWarning};
pub use origin::Origin;
pub use show::{show, show_json, template, undescribed};
pub use text::parse_bool;

use tree::Node;

/// The whole of a program's settings: plain structs of plain values, [`crate::secrets::SecretString`] for
/// secrets, `Option` for what has no default.
pub trait Settings: Serialize + DeserializeOwned + Default {
    /// A text for each section (`camera`) and setting (`camera.width`) by dotted name, for the template.
    fn describe() -> Vec<(&'static str, &'static str)>;
}

/// The options that every command with settings has; flatten it into the command line.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ConfigArgs {
    /// Configuration file.
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Set one value, such as log.level=debug; may be repeated and wins over everything else.
    #[arg(long = "set", value_name = "KEY=VALUE", global = true)]
    pub set: Vec<String>,
}

/// Settings with all that is known about them.
#[derive(Debug, Clone)]
pub struct Loaded<T> {
    /// The settings.
    pub value: T,
    /// Dotted name of each value that is set, and where it came from.
    pub origins: BTreeMap<String, Origin>,
    /// What must be said about them: log these once logging is up.
    pub warnings: Vec<ConfigWarning>,
    pub(crate) known: Vec<String>,
    pub(crate) secrets: BTreeSet<String>,
}

impl<T> Loaded<T> {
    /// Where a value came from; [`Origin::Default`] for one that nobody set.
    #[must_use]
    pub fn origin(&self, key: &str) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::Default)
    }

    /// An error about one value that names its origin, for rules that a type can't say.
    #[must_use]
    pub fn wrong(&self, key: &str, message: impl Into<String>) -> ConfigError {
        let origin = self.origin(key).clone();
        ConfigError::Value { origin, key: key.to_owned(), message: message.into() }
    }

    /// What `config check` does about unknown names.
    ///
    /// # Errors
    /// [`ConfigError::Unknown`] with all of them.
    pub fn refuse_unknown(&self) -> Result<(), ConfigError> {
        let is_unknown = |warning: &&ConfigWarning| matches!(warning, ConfigWarning::Unknown { .. });
        let unknown: Vec<_> = self.warnings.iter().filter(is_unknown).cloned().collect();
        if unknown.is_empty() { Ok(()) } else { Err(ConfigError::Unknown(unknown)) }
    }
}

/// Collects the layers and reads them once.
#[derive(Default)]
pub struct Loader {
    prefix: String,
    files: Vec<(PathBuf, bool)>,
    aliases: Vec<(String, String)>,
    credentials: Vec<(String, String)>,
    credentials_directory: Option<PathBuf>,
    environment: Option<Vec<(OsString, OsString)>>,
    assignments: Vec<String>,
}

impl fmt::Debug for Loader {
    /// Names no value: the environment and `--set` may carry secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loader")
            .field("prefix", &self.prefix)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

impl Loader {
    /// A loader for variables `PREFIX__SECTION__KEY`. It reads nothing before [`Loader::load`].
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..Self::default() }
    }

    /// What the command line says, or else `usual`, which may be absent.
    #[must_use]
    pub fn args(self, args: &ConfigArgs, usual: impl Into<PathBuf>) -> Self {
        let loader = match &args.config {
            Some(path) => self.file(path),
            None => self.optional_file(usual),
        };
        loader.set(&args.set)
    }

    /// A file that must exist. Later files win over earlier ones.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.files.push((path.into(), true));
        self
    }

    /// A file that may be absent.
    #[must_use]
    pub fn optional_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.files.push((path.into(), false));
        self
    }

    /// A plain variable, such as `DATABASE_URL`, for a dotted name. `NAME_FILE` then names a file with the
    /// value. An empty one counts as not set, because compose files pass those on.
    #[must_use]
    pub fn alias(mut self, variable: &str, key: &str) -> Self {
        self.aliases.push((variable.to_owned(), key.to_owned()));
        self
    }

    /// A systemd credential for a dotted name: the file `$CREDENTIALS_DIRECTORY/name`, where there is one.
    /// A credential that has the dotted name itself is found without this.
    #[must_use]
    pub fn credential(mut self, name: &str, key: &str) -> Self {
        self.credentials.push((name.to_owned(), key.to_owned()));
        self
    }

    /// These variables instead of the process's own.
    #[must_use]
    pub fn environment<K: Into<OsString>, V: Into<OsString>>(
        mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.environment = Some(variables.into_iter().map(|(k, v)| (k.into(), v.into())).collect());
        self
    }

    /// `section.key=value` assignments, as typed after `--set`.
    #[must_use]
    pub fn set<S: AsRef<str>>(mut self, assignments: impl IntoIterator<Item = S>) -> Self {
        self.assignments.extend(assignments.into_iter().map(|text| text.as_ref().to_owned()));
        self
    }

    /// Reads the layers and gives them types.
    ///
    /// # Errors
    /// [`ConfigError`] for the first value or file that can't be used. Unknown names are warnings.
    pub fn load<T: Settings>(mut self) -> Result<Loaded<T>, ConfigError> {
        let (_, defaults) = decode::decode::<T>(default_tree::<T>()?)?;
        let variables = self.environment.take().unwrap_or_else(|| std::env::vars_os().collect());
        self.credentials_directory = variables
            .iter()
            .find(|(name, _)| name == "CREDENTIALS_DIRECTORY")
            .map(|(_, folder)| PathBuf::from(folder));

        let mut tree = default_tree::<T>()?;
        let mut warnings = Vec::new();
        for (path, required) in &self.files {
            if let Some(file) = read_file(path, *required)? {
                tree.merge(file);
            }
        }
        self.merge_credentials(&mut tree, &defaults.known, &mut warnings)?;
        self.merge_environment(&mut tree, &variables)?;
        self.merge_assignments(&mut tree)?;

        let (value, notes) = decode::decode::<T>(tree)?;
        warnings.extend(notes.warnings);
        // By name, so that the same settings always complain in the same order.
        warnings.sort_by(|a, b| a.key().cmp(b.key()));
        Ok(Loaded { value, origins: notes.origins, warnings, known: notes.known, secrets: notes.secrets })
    }

    fn merge_credentials(
        &self,
        tree: &mut Node,
        known: &[String],
        warnings: &mut Vec<ConfigWarning>,
    ) -> Result<(), ConfigError> {
        let Some(folder) = &self.credentials_directory else { return Ok(()) };
        let own = known.iter().filter(|key| key.contains('.')).map(|key| (key, key));
        for (name, key) in own.chain(self.credentials.iter().map(|(name, key)| (name, key))) {
            let path = folder.join(name);
            if !path.is_file() {
                continue;
            }
            let origin = Origin::Credential(name.clone());
            let text = section::read_secret_text(&path, warnings).map_err(|source| ConfigError::Secret {
                origin: origin.clone(),
                key: key.clone(),
                source,
            })?;
            tree.merge(Node::at_path(key, ".", Node::text(text, origin)));
        }
        Ok(())
    }

    fn merge_environment(
        &self,
        tree: &mut Node,
        variables: &[(OsString, OsString)],
    ) -> Result<(), ConfigError> {
        let value_of = |name: &str| {
            variables.iter().find(|(n, _)| n == name).map(|(_, value)| match value.to_str() {
                Some(value) => Ok(value.to_owned()),
                None => Err(ConfigError::NotText { name: name.to_owned() }),
            })
        };
        for (name, key) in &self.aliases {
            for (name, key) in [(name.clone(), key.clone()), (format!("{name}_FILE"), format!("{key}_file"))]
            {
                let Some(value) = value_of(&name).transpose()?.filter(|value| !value.is_empty()) else {
                    continue;
                };
                let leaf = Node::text(value, Origin::Environment(name));
                tree.merge(Node::at_path(&key, ".", leaf));
            }
        }
        // Sorted, so that two spellings of one name don't win by chance.
        let prefix = format!("{}__", self.prefix);
        let mut own: Vec<&str> = variables.iter().filter_map(|(name, _)| name.to_str()).collect();
        own.retain(|name| name.starts_with(&prefix));
        own.sort_unstable();
        for name in own {
            let Some(value) = value_of(name).transpose()? else { continue };
            let key = name.strip_prefix(&prefix).unwrap_or(name).to_ascii_lowercase();
            let leaf = Node::text(value, Origin::Environment(name.to_owned()));
            tree.merge(Node::at_path(&key, "__", leaf));
        }
        Ok(())
    }

    fn merge_assignments(&self, tree: &mut Node) -> Result<(), ConfigError> {
        for given in &self.assignments {
            let (key, value) = given
                .split_once('=')
                .map(|(key, value)| (key.trim(), value))
                .filter(|(key, _)| !key.is_empty() && key.split('.').all(|part| !part.is_empty()))
                // Only the name: the rest may be a password.
                .ok_or_else(|| ConfigError::Assignment {
                    given: given.split('=').next().unwrap_or_default().to_owned(),
                })?;
            tree.merge(Node::at_path(key, ".", Node::text(value, Origin::CommandLine)));
        }
        Ok(())
    }
}

fn default_tree<T: Settings>() -> Result<Node, ConfigError> {
    toml::Value::try_from(T::default())
        .map(Node::from_default)
        .map_err(|error| ConfigError::Defaults { message: error.to_string() })
}

fn read_file(path: &Path, required: bool) -> Result<Option<Node>, ConfigError> {
    match fs::read_to_string(path) {
        Ok(text) => tree::parse_file(&text, path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !required => Ok(None),
        Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests;
