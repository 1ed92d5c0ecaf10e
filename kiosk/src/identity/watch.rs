//! Noticing that this door has joined anew while it runs: the daemon then ends in good order, and systemd
//! starts it with who it is now.
//!
//! Everything in a running door hangs on its identity (outbox, roads, gallery), so there is no changing it in
//! place. A renewed certificate is no new identity: the daemon writes that itself.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lintel_runtime::secrets;
use lintel_runtime::supervisor::TaskContext;
use sha2::{Digest as _, Sha256};

use super::{IdentityFile, IdentityStore};
use crate::config::device::DeviceConfig;

/// How often the file is looked at. A joined door has somebody standing before it.
const EVERY: Duration = Duration::from_secs(2);

/// Watches the identity that the door was started with.
#[derive(Debug, Clone)]
pub struct IdentityWatch {
    device: DeviceConfig,
    began_with: Option<[u8; 32]>,
}

impl IdentityWatch {
    /// Remembers the identity of now.
    #[must_use]
    pub fn new(device: &DeviceConfig) -> Self {
        Self { began_with: essence(&path_of(device)), device: device.clone() }
    }

    /// Whether another identity lies there. One that can't be read is none: `join` writes it as root and hands
    /// it over a moment later.
    #[must_use]
    pub fn is_another(&self) -> bool {
        let now = essence(&path_of(&self.device));
        now.is_some() && now != self.began_with
    }

    /// Ends the daemon when the door has joined anew.
    ///
    /// # Errors
    /// Never.
    pub async fn run(self, context: &TaskContext) -> anyhow::Result<()> {
        loop {
            tokio::select! {
                () = context.token.cancelled() => return Ok(()),
                () = tokio::time::sleep(EVERY) => {}
            }
            if self.is_another() {
                log::info!("this door has joined anew: ending, to be started again with its new identity");
                context.token.cancel();
                return Ok(());
            }
        }
    }
}

/// As [`super::Identity::find`] chooses.
fn path_of(device: &DeviceConfig) -> PathBuf {
    let joined = IdentityStore::new(&device.data_dir).path();
    if joined.exists() { joined } else { device.join_file.clone() }
}

/// A hash over everything that joining decides; None when there is nothing to be read.
fn essence(path: &Path) -> Option<[u8; 32]> {
    // Without a warning about its permissions each time: the start has given it.
    let text = secrets::read(path).ok()?.text(path).ok()?;
    let mut identity: IdentityFile = toml::from_str(text.expose()).ok()?;
    identity.certificate = None;
    let text = toml::to_string(&identity).ok()?;
    Some(Sha256::digest(text.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(token: &str, joined_at: Option<i64>, certificate: &str) -> String {
        let joined = joined_at.map(|at| format!("joined_at = {at}\n")).unwrap_or_default();
        format!(
            "device_id = \"door-1\"\ntoken = \"{token}\"\ncentral_url = \"http://127.0.0.1\"\nca_pem = \"\"\n\
             ack_public_key = \"a\"\nzone = \"UTC\"\n{joined}{certificate}"
        )
    }

    fn certificate(key: &str) -> String {
        format!("[certificate]\nkey = \"{key}\"\nvalid_from = 1\nvalid_until = 2\npem = \"\"\n")
    }

    #[test]
    fn joining_anew_is_noticed_and_a_renewed_certificate_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let device =
            DeviceConfig { data_dir: dir.path().to_owned(), join_file: dir.path().join("join.toml") };
        let path = IdentityStore::new(dir.path()).path();
        let write = |path: &Path, text: &str| secrets::write_private(path, text.as_bytes()).unwrap();
        write(&device.join_file, &file("old", None, ""));
        let by_file = IdentityWatch::new(&device);
        assert!(!by_file.is_another());

        // From a join file to a joined identity; and the same door once more, with no broker to tell them apart.
        write(&path, &file("", Some(1), &certificate("tls-1.key")));
        assert!(by_file.is_another());
        let joined = IdentityWatch::new(&device);
        write(&path, &file("", Some(1), &certificate("tls-2.key")));
        assert!(!joined.is_another(), "only renewed");
        write(&path, &file("", Some(2), &certificate("tls-3.key")));
        assert!(joined.is_another());

        // Torn, or not to be read yet.
        write(&path, "device_id = ");
        assert!(!joined.is_another());
        std::fs::remove_file(&path).unwrap();
        std::fs::remove_file(&device.join_file).unwrap();
        assert!(!joined.is_another());
    }
}
