//! `[server]`: where people reach the console and the API.
//!
//! Plain HTTP is for loopback only: a session cookie or an API token must never cross a network in clear
//! because somebody forgot a setting.

use std::net::SocketAddr;
use std::path::PathBuf;

use lintel_runtime::config::{ConfigError, Loaded};
use serde::{Deserialize, Serialize};

use super::CentralSettings;

/// Longest time without use, s: the longest life of any session.
const MAX_SESSION_IDLE_S: u32 = 12 * 60 * 60;

/// The people's listener.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServerSettings {
    /// Address and port.
    pub listen: SocketAddr,
    /// Certificate chain (PEM) for serving TLS here.
    pub tls_cert: Option<PathBuf>,
    /// Its private key (PEM).
    pub tls_key: Option<PathBuf>,
    /// TLS ends at a proxy in front.
    pub behind_proxy: bool,
    /// The address people type, for links.
    pub public_url: Option<String>,
    /// A session of the console ends after this long without use, s.
    pub session_idle_s: u32,
    /// Largest request body in bytes, photographs excepted.
    pub max_body_bytes: usize,
    /// Largest upload of photographs in bytes, all of one request together.
    pub max_upload_bytes: usize,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tls_cert: None,
            tls_key: None,
            behind_proxy: false,
            public_url: None,
            session_idle_s: 1800,
            max_body_bytes: 64 * 1024,
            max_upload_bytes: 32 * 1024 * 1024,
        }
    }
}

impl ServerSettings {
    /// Whether this listener serves TLS itself.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.tls_cert.is_some() && self.tls_key.is_some()
    }

    /// Whether browsers reach the console over TLS, so that cookies may demand it. A proxy counts: the
    /// setting that trusts it says that it adds TLS.
    #[must_use]
    pub fn secure_cookies(&self) -> bool {
        self.has_tls() || self.behind_proxy || self.base_url().starts_with("https://")
    }

    /// The name of the console's cookie. Where cookies demand TLS the prefix makes browsers refuse one that
    /// another host of the same domain sets.
    #[must_use]
    pub fn session_cookie(&self) -> &'static str {
        if self.secure_cookies() { "__Host-lintel_session" } else { "lintel_session" }
    }

    /// How long a session lasts without use, ms.
    #[must_use]
    pub fn session_idle_ms(&self) -> i64 {
        i64::from(self.session_idle_s) * 1000
    }

    /// The console's address for links, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("{}://{}", if self.has_tls() { "https" } else { "http" }, self.listen),
        }
    }
}

/// Plain HTTP beyond loopback is refused; so is half of a certificate.
pub(super) fn check(loaded: &Loaded<CentralSettings>) -> Result<(), ConfigError> {
    let server = &loaded.value.server;
    if server.tls_cert.is_some() != server.tls_key.is_some() {
        let (missing, given) = if server.tls_cert.is_some() {
            ("server.tls_key", "server.tls_cert")
        } else {
            ("server.tls_cert", "server.tls_key")
        };
        return Err(loaded.wrong(missing, format!("{given} is set, so this must name its other half")));
    }
    if !server.listen.ip().is_loopback() && !server.has_tls() && !server.behind_proxy {
        return Err(loaded.wrong(
            "server.listen",
            "plain HTTP is served on 127.0.0.1 only: set server.tls_cert and server.tls_key, or server.behind_proxy = true when a proxy adds TLS",
        ));
    }
    if !(60..=MAX_SESSION_IDLE_S).contains(&server.session_idle_s) {
        return Err(loaded.wrong(
            "server.session_idle_s",
            format!("write a time from 60 to {MAX_SESSION_IDLE_S} seconds; a session ends after 12 hours in any case"),
        ));
    }
    Ok(())
}

pub(super) fn describe() -> Vec<(&'static str, &'static str)> {
    vec![
        ("server", "Where people reach the console and the JSON API."),
        (
            "server.listen",
            "Address and port. Anything but loopback needs tls_cert and tls_key, or behind_proxy.",
        ),
        ("server.tls_cert", "Certificate chain in PEM, to serve TLS here."),
        ("server.tls_key", "The certificate's private key in PEM."),
        ("server.behind_proxy", "true when a proxy on this machine or network adds TLS in front."),
        ("server.public_url", "The address that people type, such as https://lintel.example.org, for links."),
        ("server.session_idle_s", "The console logs somebody out after this many seconds without use."),
        ("server.max_body_bytes", "Largest request body; uploads of photographs have their own limit."),
        ("server.max_upload_bytes", "Largest upload of photographs, all of one request together."),
    ]
}
