//! The template is a document that people keep: a change to it must be seen in review.

use lintel_runtime::config::{template, undescribed};

use super::*;

fn none() -> [(&'static str, &'static str); 0] {
    []
}

fn with(assignments: &[&str]) -> Result<Loaded<CentralSettings>, ConfigError> {
    let loaded =
        Loader::new("LINTEL_CENTRAL").environment(none()).set(assignments).load::<CentralSettings>()?;
    server::check(&loaded)?;
    attendance::check(&loaded)?;
    Ok(loaded)
}

#[test]
fn the_template_is_this_one_and_reads_back_as_the_defaults() {
    insta::assert_snapshot!(template::<CentralSettings>(crate::commands::config::INTRO).unwrap());
}

#[test]
fn every_setting_has_a_text() {
    assert_eq!(undescribed::<CentralSettings>().unwrap(), Vec::<String>::new());
}

#[test]
fn plain_http_beyond_loopback_is_refused_with_what_to_set() {
    let error = with(&["server.listen=0.0.0.0:8080"]).unwrap_err().to_string();
    assert!(error.contains("server.tls_cert") && error.contains("--set"), "{error}");
    with(&["server.listen=0.0.0.0:8080", "server.behind_proxy=true"]).unwrap();
    with(&["server.listen=[::1]:8080"]).unwrap();
}

#[test]
fn a_certificate_without_its_key_is_refused() {
    let error = with(&["server.tls_cert=/x.pem"]).unwrap_err().to_string();
    assert!(error.contains("server.tls_key"), "{error}");
}

#[test]
fn the_plain_names_of_the_environment_are_read_and_secrets_stay_hidden() {
    let loaded = Loader::new("LINTEL_CENTRAL")
        .alias("DATABASE_URL", "database.url")
        .environment([("DATABASE_URL", "postgres://u:hunter2@h/d")])
        .load::<CentralSettings>()
        .unwrap();
    let url = loaded.value.database.url_or_default(std::path::Path::new("/d"));
    assert_eq!(url.expose(), "postgres://u:hunter2@h/d");
    assert!(!lintel_runtime::config::show(&loaded).unwrap().contains("hunter2"));
}
