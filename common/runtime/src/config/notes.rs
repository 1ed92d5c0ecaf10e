//! What reading settings finds out beside their values.

use std::collections::{BTreeMap, BTreeSet};

use super::error::ConfigWarning;
use super::origin::Origin;

/// What decoding learns besides the value.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Dotted names of all settings and sections, in the order of the structs.
    pub(crate) known: Vec<String>,
    pub(crate) origins: BTreeMap<String, Origin>,
    pub(crate) secrets: BTreeSet<String>,
    pub(crate) warnings: Vec<ConfigWarning>,
}
