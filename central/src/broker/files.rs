//! Mosquitto's first files: `mosquitto.conf` and `dynamic-security.json`.
//!
//! Written once by `mqtt config`; from then on the second file belongs to the plugin, which rewrites it at
//! each change. It must never be overwritten by accident: doors would be locked out until the centre has
//! brought them back.

use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use lintel_core::limits::MAX_PACKET_BYTES;
use lintel_runtime::atomic_file;
use lintel_runtime::owner::user_name;
use serde_json::json;

use super::access::{self, Acl};
use super::password::{HashedPassword, SALT_BYTES};

/// Where Debian, Fedora and a build from source put the plugin.
const PLUGIN_PLACES: [&str; 5] = [
    "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so",
    "/usr/lib/aarch64-linux-gnu/mosquitto_dynamic_security.so",
    "/usr/lib/arm-linux-gnueabihf/mosquitto_dynamic_security.so",
    "/usr/lib64/mosquitto_dynamic_security.so",
    "/usr/lib/mosquitto_dynamic_security.so",
];
/// Found there when it stands in none of the places above.
const PLUGIN_FALLBACK: &str = "/usr/local/lib/mosquitto_dynamic_security.so";

/// What the broker's files are made from.
#[derive(Debug, Clone)]
pub struct BrokerPlan {
    /// The folder for both files and for the broker's stored sessions; absolute.
    pub folder: PathBuf,
    /// The TCP port.
    pub port: u16,
    /// With TLS: the broker listens on all addresses. Without: on loopback only.
    pub tls: Option<BrokerTls>,
    /// The centre's user name.
    pub username: String,
    /// The centre's password.
    pub password: HashedPassword,
}

/// The broker's certificate.
#[derive(Debug, Clone)]
pub struct BrokerTls {
    /// Certificate chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM; the broker's user must be able to read it.
    pub key: PathBuf,
}

/// Why the files couldn't be written.
#[derive(Debug, thiserror::Error)]
pub enum BrokerFileError {
    /// The plugin already keeps clients there.
    #[error("{} holds a broker's clients already: delete it first if every door shall be admitted anew", .0.display())]
    Exists(PathBuf),
    /// The plugin is missing.
    #[error("mosquitto_dynamic_security.so was not found: install the package mosquitto (2.0 or newer)")]
    NoPlugin,
    /// A path that Mosquitto's configuration can't hold.
    #[error("{} can't stand in mosquitto.conf: choose a folder without line breaks", .0.display())]
    Path(PathBuf),
    /// The folder couldn't be made.
    #[error("can't make the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file couldn't be written.
    #[error(transparent)]
    Write(#[from] atomic_file::WriteError),
}

/// What was written.
#[derive(Debug, Clone)]
pub struct Written {
    /// `mosquitto.conf`.
    pub configuration: PathBuf,
    /// `dynamic-security.json`.
    pub clients: PathBuf,
}

/// A fresh salt for [`HashedPassword::new`].
///
/// # Errors
/// When the system gives no randomness.
pub fn fresh_salt() -> Result<[u8; SALT_BYTES], lintel_runtime::clock::ClockError> {
    lintel_runtime::clock::random_bytes()
}

/// Writes both files.
///
/// # Errors
/// [`BrokerFileError`]; an existing client file is never replaced.
pub fn write(plan: &BrokerPlan) -> Result<Written, BrokerFileError> {
    let plugin = find_plugin().ok_or(BrokerFileError::NoPlugin)?;
    let clients = plan.folder.join("dynamic-security.json");
    if clients.exists() {
        return Err(BrokerFileError::Exists(clients));
    }
    let folder_error = |source| BrokerFileError::Folder { path: plan.folder.clone(), source };
    std::fs::create_dir_all(&plan.folder).map_err(folder_error)?;
    let uid = std::fs::metadata(&plan.folder).map_err(folder_error)?.uid();
    // A broker's user is a local one.
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let text = mosquitto_conf(plan, &plugin, user_name(&users, uid).as_deref())?;
    let configuration = plan.folder.join("mosquitto.conf");
    atomic_file::write(&clients, client_file(plan).as_bytes(), 0o600)?;
    atomic_file::write(&configuration, text.as_bytes(), 0o644)?;
    Ok(Written { configuration, clients })
}

fn find_plugin() -> Option<PathBuf> {
    PLUGIN_PLACES.into_iter().chain([PLUGIN_FALLBACK]).map(PathBuf::from).find(|path| path.is_file())
}

fn client_file(plan: &BrokerPlan) -> String {
    let acls: Vec<Acl> = access::central_acls();
    let file = json!({
        "clients": [{
            "username": plan.username,
            "textName": "Lintel's centre",
            "password": plan.password.password,
            "salt": plan.password.salt,
            "iterations": plan.password.iterations,
            "roles": [{ "rolename": access::CENTRAL_ROLE }],
        }],
        "roles": [{ "rolename": access::CENTRAL_ROLE, "acls": acls }],
        "groups": [],
        "defaultACLAccess": {
            "publishClientSend": false,
            "publishClientReceive": false,
            "subscribe": false,
            "unsubscribe": true,
        },
    });
    format!("{file:#}\n")
}

/// A path as a configuration line can hold it.
fn shown(path: &Path) -> Result<&str, BrokerFileError> {
    path.to_str()
        .filter(|text| !text.contains(['\n', '\r', '\0']))
        .ok_or_else(|| BrokerFileError::Path(path.to_owned()))
}

fn mosquitto_conf(plan: &BrokerPlan, plugin: &Path, user: Option<&str>) -> Result<String, BrokerFileError> {
    let folder = shown(&plan.folder)?;
    let mut text = String::from(
        "# Written by `lintel-central mqtt config`. The doors' accounts are kept in step over $CONTROL.\n\n\
         # One set of accounts for every listener, kept by the dynamic-security plugin; default deny.\n\
         per_listener_settings false\n\
         allow_anonymous false\n",
    );
    // A String takes every write.
    let mut line = |args: std::fmt::Arguments<'_>| text.write_fmt(args).is_ok();
    line(format_args!(
        "plugin {}\nplugin_opt_config_file {folder}/dynamic-security.json\n\n",
        shown(plugin)?
    ));
    if let Some(user) = user {
        line(format_args!(
            "# Started as root, the broker becomes the folder's owner; after a chown write the new owner here.\n\
             user {user}\n\n"
        ));
    }
    match &plan.tls {
        Some(tls) => {
            line(format_args!(
                "listener {}\ncertfile {}\nkeyfile {}\ntls_version tlsv1.2\n",
                plan.port,
                shown(&tls.certificate)?,
                shown(&tls.key)?,
            ));
        }
        None => {
            line(format_args!(
                "# Without TLS passwords are in clear: loopback only. With mqtt.url = mqtts://… this is:\n\
                 #   listener 8883\n#   certfile …/keys/tls/server.pem\n#   keyfile …/keys/tls/server.key\n\
                 listener {} 127.0.0.1\n",
                plan.port
            ));
        }
    }
    line(format_args!(
        "\n# The same number as both ends use: a larger packet stops at the broker.\n\
         max_packet_size {MAX_PACKET_BYTES}\n\
         # A door that is away keeps its acks; a flooding one can't fill the memory.\n\
         max_queued_messages 1000\n\
         max_queued_bytes 67108864\n\
         persistent_client_expiration 14d\n\
         set_tcp_nodelay true\n\n\
         persistence true\n\
         persistence_location {folder}/\n\
         autosave_interval 60\n\n\
         log_dest stderr\n\
         log_type error\n\
         log_type warning\n\
         log_type notice\n"
    ));
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(folder: &Path) -> BrokerPlan {
        BrokerPlan {
            folder: folder.to_owned(),
            port: 18_830,
            tls: None,
            username: "lintel-central".into(),
            password: HashedPassword::new("pw", &[7; SALT_BYTES]),
        }
    }

    #[test]
    fn without_tls_the_broker_listens_on_loopback_and_nobody_is_anonymous() {
        let text = mosquitto_conf(&plan(Path::new("/srv/broker")), Path::new("/lib/p.so"), Some("mosquitto"))
            .unwrap();
        insta::assert_snapshot!(text);
    }

    #[test]
    fn with_tls_the_broker_listens_everywhere_with_the_centres_certificate() {
        let mut plan = plan(Path::new("/srv/broker"));
        plan.tls = Some(BrokerTls { certificate: "/k/server.pem".into(), key: "/k/server.key".into() });
        let text = mosquitto_conf(&plan, Path::new("/lib/p.so"), None).unwrap();
        assert!(text.contains("listener 18830\ncertfile /k/server.pem\nkeyfile /k/server.key\n"), "{text}");
    }

    #[test]
    fn whatever_no_role_allows_is_denied() {
        let file: serde_json::Value = serde_json::from_str(&client_file(&plan(Path::new("/srv")))).unwrap();
        let default = &file["defaultACLAccess"];
        for kind in ["publishClientSend", "publishClientReceive", "subscribe"] {
            assert_eq!(default[kind], false, "{kind}");
        }
        assert!(!file.to_string().contains("\"pw\""));
    }

    #[test]
    fn the_clients_of_a_running_broker_are_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let written = write(&plan(folder.path())).unwrap();
        assert!(written.configuration.is_file());
        assert!(
            matches!(write(&plan(folder.path())), Err(BrokerFileError::Exists(path)) if path == written.clients)
        );
    }

    #[test]
    fn a_folder_that_would_smuggle_a_line_is_refused() {
        let plan = plan(Path::new("/srv/a\nallow_anonymous true"));
        assert!(matches!(mosquitto_conf(&plan, Path::new("/p"), None), Err(BrokerFileError::Path(_))));
    }
}
