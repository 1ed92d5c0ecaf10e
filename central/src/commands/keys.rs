//! `keys init`: makes what is missing, leaves what is there.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::Context as _;
use jiff::ToSpan as _;
use lintel_core::seal::FernetRing;
use lintel_core::sign::SigningKey;
use lintel_core::time::Clock;
use lintel_runtime::atomic_file;
use lintel_runtime::clock::random_bytes;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use lintel_runtime::secrets::write_private;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose,
};

use super::open;
use crate::app::KeyPaths;
use crate::auth::credential;
use crate::cli::KeysCommand;
use crate::config::CentralSettings;

const CA_YEARS: i16 = 10;
/// Below the 825 days past which some TLS libraries refuse a server's certificate.
const SERVER_DAYS: i32 = 820;

pub(super) fn run(args: &ConfigArgs, command: &KeysCommand) -> anyhow::Result<ExitCode> {
    let KeysCommand::Init = command;
    let settings = open::settings(args)?.value;
    for line in init(&settings, &*open::clock())? {
        println!("{line}");
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
    secret(&paths.mqtt_password(), &|| Ok(credential::generate("")?.expose().to_owned()))?;
    said.extend(certificates(settings, &paths, clock)?);
    Ok(said)
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

/// An own CA, and a server certificate by it. A server certificate that was deleted is made again by the
/// same CA, so that joined doors keep believing it.
fn certificates(
    settings: &CentralSettings,
    paths: &KeyPaths,
    clock: &dyn Clock,
) -> anyhow::Result<Vec<String>> {
    let (ca_pem, ca_key) = (paths.tls("ca.pem"), paths.tls("ca.key"));
    let (server_pem, server_key) = (paths.tls("server.pem"), paths.tls("server.key"));
    if ca_pem.exists() != ca_key.exists() {
        anyhow::bail!(
            "only one of {} and {} is there: put the other one back, or delete both and let every door join again",
            ca_pem.display(),
            ca_key.display()
        );
    }
    let params = ca_params(clock)?;
    let new_ca = !ca_key.exists();
    let key = if new_ca {
        let key = KeyPair::generate().context("make the CA's key")?;
        let certificate = params.self_signed(&key).context("sign the CA's certificate")?;
        write_private(&ca_key, key.serialize_pem().as_bytes())?;
        atomic_file::write(&ca_pem, certificate.pem().as_bytes(), 0o644)?;
        key
    } else {
        let pem = fs::read_to_string(&ca_key).with_context(|| format!("read {}", ca_key.display()))?;
        KeyPair::from_pem(&pem).with_context(|| format!("{} holds no key", ca_key.display()))?
    };
    let new_server = new_ca || !server_pem.exists() || !server_key.exists();
    if new_server {
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().context("make the server's key")?;
        let certificate = server_params(settings, clock)?
            .signed_by(&key, &issuer)
            .context("sign the server's certificate")?;
        write_private(&server_key, key.serialize_pem().as_bytes())?;
        atomic_file::write(&server_pem, certificate.pem().as_bytes(), 0o644)?;
    }
    Ok(vec![line(new_ca, &ca_pem), line(new_server, &server_pem)])
}

fn ca_params(clock: &dyn Clock) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("Lintel central CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut params, clock, CA_YEARS.years())?;
    Ok(params)
}

fn server_params(settings: &CentralSettings, clock: &dyn Clock) -> anyhow::Result<CertificateParams> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(String::from).to_vec();
    names.extend(
        settings.devices.names.iter().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>(),
    );
    let mut params = CertificateParams::new(names)
        .context("devices.names: write host names and addresses, without scheme and port")?;
    params.distinguished_name = named("Lintel central");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    valid(&mut params, clock, SERVER_DAYS.days())?;
    Ok(params)
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}

/// From yesterday, because a door's clock may be behind.
fn valid(params: &mut CertificateParams, clock: &dyn Clock, span: jiff::Span) -> anyhow::Result<()> {
    let today = clock.now().date_in(&jiff::tz::TimeZone::UTC);
    let (from, to) = (today.yesterday()?, today.checked_add(span)?);
    let at = |day: jiff::civil::Date| -> anyhow::Result<_> {
        let (month, day_of_month) = (u8::try_from(day.month())?, u8::try_from(day.day())?);
        Ok(rcgen::date_time_ymd(i32::from(day.year()), month, day_of_month))
    };
    (params.not_before, params.not_after) = (at(from)?, at(to)?);
    Ok(())
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
        assert_eq!(init(&settings, &SystemClock).unwrap().len(), 6);
        load_keys(&settings).unwrap();
        let paths = KeyPaths::of(&settings);
        for file in [paths.data(), paths.face(), paths.ack(), paths.mqtt_password(), paths.tls("ca.key")] {
            assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600, "{}", file.display());
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
