//! `ca init|show`: the centre's own authority.

use anyhow::Context as _;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use serde_json::json;

use super::{keys, open, print};
use crate::app::KeyPaths;
use crate::ca::Certificate;
use crate::cli::CaCommand;
use crate::config::CentralSettings;

/// The authority's certificates, and what each is for.
const CERTIFICATES: [(&str, &str); 3] = [
    ("ca.pem", "root; doors check the centre against it"),
    ("devices.pem", "signs doors' certificates"),
    ("server.pem", "the centre's own, at the doors' listener"),
];

pub(super) fn run(args: &ConfigArgs, command: &CaCommand) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    match command {
        CaCommand::Init => {
            for line in keys::authority(&settings, &*open::clock())? {
                println!("{line}");
            }
        }
        CaCommand::Show(json) => show(&settings, json.json)?,
    }
    Ok(ExitCode::Fine)
}

fn show(settings: &CentralSettings, as_json: bool) -> anyhow::Result<()> {
    let (paths, now) = (KeyPaths::of(settings), open::clock().now());
    let mut shown = Vec::new();
    for (name, purpose) in CERTIFICATES {
        let path = paths.tls(name);
        let pem = std::fs::read(&path)
            .with_context(|| format!("can't read {}: run `lintel-central keys init`", path.display()))?;
        let certificate =
            Certificate::of_pem(&pem).with_context(|| format!("{} holds no certificate", path.display()))?;
        shown.push((path, purpose, certificate));
    }
    if as_json {
        let list: Vec<_> = shown
            .iter()
            .map(|(path, purpose, certificate)| {
                json!({
                    "file": path,
                    "purpose": purpose,
                    "subject": certificate.subject,
                    "issuer": certificate.issuer,
                    "sha256": certificate.fingerprint_text().replace(' ', ""),
                    "valid_until": certificate.valid_until,
                    "days_left": certificate.days_left(now),
                })
            })
            .collect();
        return print::json(&json!({ "certificates": list }));
    }
    for (path, purpose, certificate) in shown {
        println!("{} ({purpose})", path.display());
        println!("  subject  {}", certificate.subject);
        println!("  issuer   {}", certificate.issuer);
        println!("  sha-256  {}", certificate.fingerprint_text());
        println!("  until    {}, {} days left", certificate.valid_until, certificate.days_left(now));
    }
    Ok(())
}
