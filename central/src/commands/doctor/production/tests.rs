//! Each check: silent where all is right, loud where one thing isn't.

use std::os::unix::fs::PermissionsExt as _;

use lintel_runtime::doctor::Status;
use lintel_runtime::secrets::{SecretString, write_private};

use super::*;
use crate::store::DbOptions;

const NOW: UtcMillis = UtcMillis::from_i64(1_795_161_600_000);

/// A server on which nothing is to be found.
fn sound(dir: &Path) -> CentralSettings {
    let mut settings = CentralSettings::default();
    settings.storage.data_dir = dir.to_owned();
    settings.devices.names = vec!["lintel.hospital.org".into()];
    settings.server.public_url = Some("https://lintel.hospital.org".into());
    fs::set_permissions(dir, fs::Permissions::from_mode(0o750)).unwrap();
    fs::create_dir_all(dir.join("keys/tls")).unwrap();
    fs::set_permissions(dir.join("keys"), fs::Permissions::from_mode(0o700)).unwrap();
    for name in ["data.key", "face.key", "ack.key", "badge.key", "mqtt.password"] {
        let text = lintel_core::seal::FernetRing::generate_key();
        write_private(&dir.join("keys").join(name), text.as_bytes()).unwrap();
    }
    certificate(&dir.join("keys/tls/server.pem"), 2027);
    certificate(&dir.join("keys/tls/ca.pem"), 2036);
    settings
}

fn certificate(path: &Path, year: i32) {
    let mut params = rcgen::CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(year, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    fs::write(path, params.self_signed(&key).unwrap().pem()).unwrap();
}

fn ok(check: &Check) {
    assert_eq!(check.status, Status::Ok, "{check:?}");
}

fn found(check: &Check, text: &str) {
    assert_ne!(check.status, Status::Ok, "{check:?}");
    assert!(check.detail.contains(text) && check.advice.is_some(), "{check:?}");
}

#[test]
fn a_key_or_password_from_an_example_is_found_wherever_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = sound(dir.path());
    ok(&of_secrets(&settings));
    settings.keys.data_encryption_key = Some(SecretString::new("A".repeat(43) + "="));
    found(&of_secrets(&settings), "data.key");
    settings.keys.data_encryption_key = None;
    write_private(&dir.path().join("keys/mqtt.password"), b"changeme\n").unwrap();
    found(&of_secrets(&settings), "mqtt.password");
    write_private(&dir.path().join("keys/mqtt.password"), b"kq83jdm2xw\n").unwrap();
    settings.database.url = Some(SecretString::new("postgres://lintel:postgres@db/lintel".into()));
    found(&of_secrets(&settings), "database.url");
    assert!(!of_secrets(&settings).detail.contains("postgres:"), "a secret is never shown");
    settings.database.url = Some(SecretString::new("postgres://lintel@db/lintel?password=password".into()));
    found(&of_secrets(&settings), "database.url");
}

#[test]
fn a_weak_badge_key_and_an_open_key_of_the_authority_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let settings = sound(dir.path());
    write_private(&dir.path().join("keys/badge.key"), "A".repeat(43).as_bytes()).unwrap();
    found(&of_secrets(&settings), "badge.key");
    let good = lintel_core::seal::FernetRing::generate_key();
    write_private(&dir.path().join("keys/badge.key"), good.as_bytes()).unwrap();
    for name in ["ca.key", "devices.key"] {
        let path = dir.path().join("keys/tls").join(name);
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        write_private(&path, key.as_bytes()).unwrap();
        found(&of_secrets(&settings), &format!("{name} (not sealed)"));
        write_private(&path, b"fernet:gAAAA").unwrap();
        ok(&of_secrets(&settings));
    }
}

#[test]
fn a_key_in_a_certificates_file_beside_backups_or_elsewhere_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = sound(dir.path());
    let both = dir.path().join("keys/tls/both.pem");
    fs::write(&both, rcgen::KeyPair::generate().unwrap().serialize_pem()).unwrap();
    fs::set_permissions(&both, fs::Permissions::from_mode(0o644)).unwrap();
    found(&of_permissions(&settings), "both.pem");
    fs::remove_file(&both).unwrap();
    let own = dir.path().join("own.key");
    fs::write(&own, "x").unwrap();
    fs::set_permissions(&own, fs::Permissions::from_mode(0o640)).unwrap();
    settings.server.tls_key = Some(own);
    found(&of_permissions(&settings), "own.key (640)");
    settings.server.tls_key = None;
    for folder in [dir.path().to_owned(), dir.path().join("keys/backups")] {
        settings.backup.dir = Some(folder);
        found(&of_permissions(&settings), "lie with the backups");
    }
    settings.backup.dir = Some(dir.path().join("backups"));
    ok(&of_permissions(&settings));
}

#[test]
fn a_console_on_every_network_is_found_and_the_doors_listener_there_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = sound(dir.path());
    ok(&of_listeners(&settings));
    settings.devices.listen = "0.0.0.0:8443".parse().unwrap();
    ok(&of_listeners(&settings));
    settings.server.listen = "[::]:8080".parse().unwrap();
    found(&of_listeners(&settings), "server.listen");
}

#[test]
fn a_console_that_knows_of_no_tls_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = sound(dir.path());
    settings.server.public_url = None;
    let alone = of_listeners(&settings);
    assert_eq!(alone.status, Status::Warn, "it may be for this machine only: {alone:?}");
    found(&alone, "127.0.0.1");
    settings.server.behind_proxy = true;
    ok(&of_listeners(&settings));
    settings.server.behind_proxy = false;
    settings.server.public_url = Some("http://lintel.hospital.org".into());
    let open = of_listeners(&settings);
    assert_eq!(open.status, Status::Fail, "{open:?}");
    found(&open, "http://lintel.hospital.org");
}

#[test]
fn names_that_reach_nobody_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = sound(dir.path());
    ok(&of_names(&settings));
    for name in ["central.example.org", "localhost", "127.0.0.1", "*.hospital.org", "changeme"] {
        settings.devices.names = vec![name.into()];
        found(&of_names(&settings), name);
    }
    settings.devices.names = vec!["10.0.0.7".into()];
    ok(&of_names(&settings));
    settings.server.public_url = Some("https://lintel.example.com/".into());
    found(&of_names(&settings), "public_url");
    settings.server.public_url = None;
    settings.devices.names.clear();
    found(&of_names(&settings), "devices.names is empty");
}

#[test]
fn a_certificate_that_ends_soon_or_has_ended_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let settings = sound(dir.path());
    // From 2026-11-20 to the new year there are 41 whole days.
    let check = of_certificates(&settings, NOW);
    ok(&check);
    assert!(check.detail.contains("server.pem 41 days"), "{check:?}");
    let soon = of_certificates(&settings, NOW.plus_millis(20 * 24 * HOUR_MS));
    assert_eq!(soon.status, Status::Warn, "{soon:?}");
    let ended = of_certificates(&settings, NOW.plus_millis(60 * 24 * HOUR_MS));
    assert_eq!(ended.status, Status::Fail, "{ended:?}");
    fs::write(dir.path().join("keys/tls/ca.pem"), "nonsense").unwrap();
    found(&of_certificates(&settings, NOW), "ca.pem");
}

#[test]
fn a_key_that_others_may_read_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let settings = sound(dir.path());
    ok(&of_permissions(&settings));
    for (name, mode) in [("keys/face.key", 0o640), ("keys/tls/ca.pem", 0o666), ("keys", 0o755), ("", 0o757)] {
        let path = dir.path().join(name);
        let before = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        found(&of_permissions(&settings), &format!("{mode:o}"));
        fs::set_permissions(&path, before).unwrap();
    }
    write_private(&dir.path().join("central.db"), b"").unwrap();
    ok(&of_permissions(&settings));
    fs::set_permissions(dir.path().join("central.db"), fs::Permissions::from_mode(0o644)).unwrap();
    found(&of_permissions(&settings), "central.db");
}

async fn database(dir: &Path) -> Db {
    let url = format!("sqlite://{}", dir.join("central.db").display());
    Db::open(&DbOptions::for_url(&url)).await.unwrap()
}

#[tokio::test]
async fn pending_migrations_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let db = database(dir.path()).await;
    found(&of_migrations(Some(&db)).await, "pending");
    db.migrate(&lintel_runtime::clock::SystemClock).await.unwrap();
    ok(&of_migrations(Some(&db)).await);
    found(&of_migrations(None).await, "can't be opened");
}

#[tokio::test]
async fn a_missing_or_outdated_recovery_export_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let settings = sound(dir.path());
    let db = database(dir.path()).await;
    db.migrate(&lintel_runtime::clock::SystemClock).await.unwrap();
    found(&of_recovery(&settings, recorded(&db, Duty::KeysExport).await, NOW), "never");
    let bundle = Bundle::collect(&dir.path().join("keys"), &[], NOW).unwrap();
    let mut tx = db.write().await.unwrap();
    housekeeping::put(&mut tx, Duty::KeysExport, NOW, &bundle.fingerprint().to_string()).await.unwrap();
    tx.commit().await.unwrap();
    ok(&of_recovery(&settings, recorded(&db, Duty::KeysExport).await, NOW));
    write_private(&dir.path().join("keys/badge.key"), b"new\n").unwrap();
    found(&of_recovery(&settings, recorded(&db, Duty::KeysExport).await, NOW), "keys changed");
}

#[test]
fn no_backup_and_an_old_one_are_found() {
    found(&of_backup(Ok(None), NOW), "no backup was ever made");
    ok(&of_backup(Ok(Some((NOW.plus_millis(-47 * HOUR_MS), "x".into()))), NOW));
    found(&of_backup(Ok(Some((NOW.plus_millis(-49 * HOUR_MS), "x".into()))), NOW), "no backup since");
    found(&of_backup(Err("the database can't be opened".into()), NOW), "can't be opened");
}

#[tokio::test]
async fn models_for_trying_only_are_found_here_and_at_the_doors() {
    ok(&of_pack(None, None).await);
    found(&of_pack(Some("open-1"), None).await, "open-1 here");
}

#[test]
fn talkative_logging_is_found() {
    let mut settings = CentralSettings::default();
    ok(&of_logging(&settings));
    settings.log.level = "info,lintel_central=debug".parse().unwrap();
    found(&of_logging(&settings), "lintel_central=debug");
}

#[tokio::test]
async fn there_are_ten_and_a_new_server_has_something_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let settings = sound(dir.path());
    let all = checks(&settings, None, None, NOW).await;
    assert_eq!(all.len(), 10);
    assert!(all.iter().any(|check| check.status != Status::Ok));
}
