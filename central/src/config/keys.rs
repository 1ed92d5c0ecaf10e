//! `[keys]`: the two Fernet keys, from the environment or from files.
//!
//! Where neither is given the files of `keys init` are used. The keys are never shown.

use lintel_runtime::secrets::SecretString;
use serde::{Deserialize, Serialize};

/// The two keys; each may be a list, newest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct KeySettings {
    /// Seals personal fields.
    pub data_encryption_key: Option<SecretString>,
    /// Wraps the people's own keys.
    pub face_data_encryption_key: Option<SecretString>,
}

pub(super) fn describe() -> Vec<(&'static str, &'static str)> {
    vec![
        ("keys", "Encryption keys. Without these settings the files of `keys init` are used."),
        (
            "keys.data_encryption_key",
            "Fernet keys for personal fields, newest first, separated by commas. Better as data_encryption_key_file, DATA_ENCRYPTION_KEY or DATA_ENCRYPTION_KEY_FILE.",
        ),
        (
            "keys.face_data_encryption_key",
            "Fernet keys that wrap the keys of face templates; as above with FACE_DATA_ENCRYPTION_KEY.",
        ),
    ]
}
