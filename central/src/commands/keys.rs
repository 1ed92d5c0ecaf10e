//! `keys init`: makes what is missing, leaves what is there. `keys export` and `import` are beside it.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::Context as _;
use lintel_core::seal::FernetRing;
use lintel_core::sign::SigningKey;
use lintel_core::time::Clock;
use lintel_runtime::clock::random_bytes;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use lintel_runtime::secrets::write_private;

use super::{keys_recovery, open};
use crate::app::{KeyPaths, load_data_ring};
use crate::auth::credential;
use crate::ca;
use crate::cli::KeysCommand;
use crate::config::CentralSettings;

pub(super) async fn run(args: &ConfigArgs, command: KeysCommand) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    match command {
        KeysCommand::Init => {
            for line in init(&settings, &*open::clock())? {
                println!("{line}");
            }
        }
        KeysCommand::Export { recovery, sheet, passphrase } => {
            keys_recovery::export(&settings, &recovery, sheet.as_deref(), &passphrase).await?;
        }
        KeysCommand::Import { recovery, replace, passphrase } => {
            keys_recovery::import(&settings, &recovery, replace, &passphrase)?;
        }
    }
    Ok(ExitCode::Fine)
}

/// Makes the missing keys; a line for each file.
fn init(settings: &CentralSettings, clock: &dyn Clock) -> anyhow::Result<Vec<String>> {
    let paths = KeyPaths::of(settings);
    let mut said = Vec::new();
    private_folder(&paths.dir)?;
    private_folder(&paths.dir.join("tls"))?;
    let mut secret = |path: &Path, make: &dyn Fn() -> anyhow::Result<String>| -> anyhow::Result<()> {
        let made = !path.exists();
        if made {
            write_private(path, format!("{}\n", make()?).as_bytes())?;
        }
        said.push(line(made, path));
        Ok(())
    };
    secret(&paths.data(), &|| Ok(FernetRing::generate_key().to_string()))?;
    secret(&paths.face(), &|| Ok(FernetRing::generate_key().to_string()))?;
    secret(&paths.ack(), &|| Ok(SigningKey::from_seed(&random_bytes()?).to_text()))?;
    secret(&paths.badge(), &|| Ok(SigningKey::from_seed(&random_bytes()?).to_text()))?;
    secret(&paths.mqtt_password(), &|| Ok(credential::generate("")?.expose().to_owned()))?;
    said.extend(authority(settings, clock)?);
    Ok(said)
}

/// Makes what is missing of the centre's own CA; a line for each certificate.
pub(super) fn authority(settings: &CentralSettings, clock: &dyn Clock) -> anyhow::Result<Vec<String>> {
    let made = ca::init(&KeyPaths::of(settings), &load_data_ring(settings)?, &settings.devices.names, clock)?;
    Ok(made.iter().map(|made| line(made.is_new, &made.path)).collect())
}

fn line(made: bool, path: &Path) -> String {
    format!("{} {}", if made { "made   " } else { "kept   " }, path.display())
}

fn private_folder(path: &Path) -> anyhow::Result<()> {
    if !path.exists() {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("make the folder {}", path.display()))?;
    }
    // Also one that was there: keys must not be listed by others.
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
        .with_context(|| format!("close the folder {} to others", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use lintel_runtime::clock::SystemClock;
    use lintel_runtime::tls::{Clients, Identity, roots_from_file, server_config};

    use super::*;
    use crate::app::load_keys;

    fn settings(dir: &Path) -> CentralSettings {
        let mut settings = CentralSettings::default();
        settings.storage.data_dir = dir.to_owned();
        settings.devices.names = vec!["central.example.org".into(), "10.0.0.7".into()];
        settings
    }

    #[test]
    fn made_keys_load_and_are_for_their_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let settings = settings(dir.path());
        assert_eq!(init(&settings, &SystemClock).unwrap().len(), 8);
        load_keys(&settings).unwrap();
        let paths = KeyPaths::of(&settings);
        let tls = ["ca.key", "devices.key", "server.key"].map(|name| paths.tls(name));
        let secret = [paths.data(), paths.face(), paths.ack(), paths.badge(), paths.mqtt_password()];
        for file in secret.iter().chain(&tls) {
            assert_eq!(fs::metadata(file).unwrap().mode() & 0o777, 0o600, "{}", file.display());
        }
        roots_from_file(&paths.tls("ca.pem")).unwrap();
        let identity = Identity::from_files(&paths.tls("server.pem"), &paths.tls("server.key")).unwrap();
        server_config(identity, Clients::Anyone).unwrap();
    }

    #[test]
    fn a_second_run_keeps_everything_and_a_deleted_certificate_is_made_by_the_same_ca() {
        let dir = tempfile::tempdir().unwrap();
        let settings = settings(dir.path());
        init(&settings, &SystemClock).unwrap();
        let paths = KeyPaths::of(&settings);
        let before: Vec<_> =
            [paths.face(), paths.tls("ca.pem"), paths.tls("server.pem")].map(|p| fs::read(p).unwrap()).into();
        assert!(init(&settings, &SystemClock).unwrap().iter().all(|line| line.starts_with("kept")));
        assert_eq!(fs::read(paths.tls("server.pem")).unwrap(), before[2]);
        fs::remove_file(paths.tls("server.pem")).unwrap();
        init(&settings, &SystemClock).unwrap();
        assert_ne!(fs::read(paths.tls("server.pem")).unwrap(), before[2]);
        assert_eq!(fs::read(paths.face()).unwrap(), before[0]);
        assert_eq!(fs::read(paths.tls("ca.pem")).unwrap(), before[1]);
    }

    #[test]
    fn a_missing_or_wrong_key_says_what_to_do_and_never_shows_it() {
        let dir = tempfile::tempdir().unwrap();
        let mut settings = settings(dir.path());
        let error = load_keys(&settings).unwrap_err().to_string();
        assert!(error.contains("keys init") && error.contains("DATA_ENCRYPTION_KEY"), "{error}");
        init(&settings, &SystemClock).unwrap();
        settings.keys.face_data_encryption_key =
            Some(lintel_runtime::secrets::SecretString::new("hunter2".into()));
        let error = format!("{:#}", anyhow::Error::from(load_keys(&settings).unwrap_err()));
        assert!(error.contains("FACE_DATA_ENCRYPTION_KEY") && !error.contains("hunter2"), "{error}");
    }
}
