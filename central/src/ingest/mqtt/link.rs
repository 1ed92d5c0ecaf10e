//! How the centre connects to the broker: address, TLS, credentials, and the limits both ends share.
//!
//! The client library takes 10 KiB packets by default, and one larger message on a kept session would
//! then be an endless reconnect loop; the limit is set here and nowhere else. Sessions are not kept: what a
//! broker holds for an absent centre the doors send again anyway, because only a signed ack lets them
//! forget, and a message that can't be read is then met once, not at every connection.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lintel_core::limits::MAX_PACKET_BYTES;
use lintel_core::time::Clock;
use lintel_runtime::clock::random_bytes;
use lintel_runtime::secrets::{self, SecretString};
use lintel_runtime::tls::{self, FlooredTime, TlsError};
use rumqttc::v5::MqttOptions;
use rumqttc::v5::mqttbytes::v5::ConnectProperties;
use rumqttc::{TlsConfiguration, Transport};

use crate::config::MqttSettings;

/// Messages that the broker may send before the first is acknowledged: with [`MAX_PACKET_BYTES`] the most
/// memory that doors can take here (4 MiB).
pub(super) const RECEIVE_MAXIMUM: u16 = 16;
/// A dead connection is noticed within one and a half of these.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Longest wait for TCP, TLS and the broker's answer, in seconds.
const CONNECT_TIMEOUT_S: u64 = 10;

/// Why the link can't even be tried.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Not an address of a broker.
    #[error("mqtt.url {0:?} is no broker's address: write mqtt://host:1883 or mqtts://host:8883")]
    Url(String),
    /// The password is missing.
    #[error("can't read the broker's password (run `lintel-central keys init`)")]
    Password(#[from] secrets::SecretError),
    /// The CA is missing or unreadable.
    #[error("the broker's CA (mqtt.ca_file)")]
    Tls(#[from] TlsError),
    /// No randomness for the client id.
    #[error(transparent)]
    Random(#[from] lintel_runtime::clock::ClockError),
}

/// A broker's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    /// Name or address; an IPv6 address without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Whether TLS is spoken.
    pub tls: bool,
}

impl BrokerUrl {
    /// Reads `mqtt://host[:port]` or `mqtts://host[:port]`.
    ///
    /// # Errors
    /// [`LinkError::Url`] for anything else, also for credentials in the address: they would be logged.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        Self::read(text).ok_or_else(|| LinkError::Url(text.chars().take(200).collect()))
    }

    fn read(text: &str) -> Option<Self> {
        let (tls, rest) = match text.split_once("://")? {
            ("mqtt", rest) => (false, rest),
            ("mqtts", rest) => (true, rest),
            _ => return None,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.strip_prefix('[') {
            Some(v6) => {
                let (host, after) = v6.split_once(']')?;
                (host, after.strip_prefix(':'))
            }
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        let port = match port {
            Some(port) => port.parse().ok().filter(|port| *port != 0)?,
            None => 1883 + u16::from(tls) * 7000,
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        // The client library connects to `host:port` and checks the certificate against `host`: an IPv6
        // address would need brackets for the one and none for the other.
        let speakable = !(tls && host.contains(':'));
        (speakable && !host.is_empty() && host.chars().all(fits)).then(|| Self {
            host: host.to_owned(),
            port,
            tls,
        })
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "mqtts" } else { "mqtt" };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

/// Everything a connection is made from.
#[derive(Clone)]
pub struct Link {
    /// Where.
    pub url: BrokerUrl,
    username: String,
    password: SecretString,
    client_id: String,
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl Link {
    /// Resolves the settings: reads the password and, for `mqtts://`, the CA.
    ///
    /// # Errors
    /// [`LinkError`] says what to type.
    pub fn new(
        settings: &MqttSettings,
        keys_dir: &std::path::Path,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, LinkError> {
        let url = BrokerUrl::parse(&settings.url)?;
        let path = settings.password_path(keys_dir);
        let password = secrets::read(&path)?.text(&path)?;
        let tls = if url.tls {
            let roots = tls::roots_from_file(&settings.ca_path(keys_dir))?;
            let floor = clock.now();
            Some(Arc::new(tls::client_config(roots, None, Some(Arc::new(FlooredTime::new(clock, floor))))?))
        } else {
            None
        };
        Self::with(url, settings.username.clone(), password, tls)
    }

    /// From parts that are resolved already.
    ///
    /// # Errors
    /// When the system gives no randomness for the client id.
    pub fn with(
        url: BrokerUrl,
        username: String,
        password: SecretString,
        tls: Option<Arc<rustls::ClientConfig>>,
    ) -> Result<Self, LinkError> {
        // Two processes with one client id would throw each other out for ever.
        let random = u64::from_le_bytes(random_bytes::<8>()?);
        let client_id = format!("{username}-{random:016x}");
        Ok(Self { url, username, password, client_id, tls })
    }

    /// The client library's options.
    #[must_use]
    pub fn options(&self) -> MqttOptions {
        let host = &self.url.host;
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let mut options = MqttOptions::new(&self.client_id, host, self.url.port);
        options
            .set_credentials(&self.username, self.password.expose())
            .set_keep_alive(KEEP_ALIVE)
            .set_connection_timeout(CONNECT_TIMEOUT_S)
            .set_clean_start(true)
            .set_manual_acks(true)
            .set_connect_properties(limits());
        if let Some(tls) = &self.tls {
            options.set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(Arc::clone(tls))));
        }
        options
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("url", &self.url)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

fn limits() -> ConnectProperties {
    let mut properties = ConnectProperties::new();
    properties.max_packet_size = u32::try_from(MAX_PACKET_BYTES).ok();
    properties.receive_maximum = Some(RECEIVE_MAXIMUM);
    properties.session_expiry_interval = Some(0);
    // No aliases: a topic is a sender's identity here and is read from each message itself.
    properties.topic_alias_max = Some(0);
    properties
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back_and_have_the_usual_ports() {
        for (text, shown) in [
            ("mqtt://127.0.0.1:1883", "mqtt://127.0.0.1:1883"),
            ("mqtt://broker", "mqtt://broker:1883"),
            ("mqtts://broker.example.org", "mqtts://broker.example.org:8883"),
            ("mqtt://[::1]:18883/", "mqtt://[::1]:18883"),
        ] {
            assert_eq!(BrokerUrl::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn anything_else_says_what_to_write() {
        for text in [
            "",
            "broker:1883",
            "http://b",
            "mqtt://",
            "mqtt://b:0",
            "mqtt://b:x",
            "mqtt://u:p@b",
            "mqtt://b/t",
            "mqtts://[::1]",
        ] {
            let error = BrokerUrl::parse(text).unwrap_err().to_string();
            assert!(error.contains("mqtts://host:8883"), "{text}: {error}");
        }
    }

    #[test]
    fn a_link_takes_packets_of_the_shared_size_and_prints_no_password() {
        let url = BrokerUrl::parse("mqtt://b").unwrap();
        let link = Link::with(url, "central".into(), SecretString::new("hunter2".into()), None).unwrap();
        assert_eq!(link.options().max_packet_size(), Some(262_144));
        assert_eq!(link.options().receive_maximum(), Some(RECEIVE_MAXIMUM));
        assert!(!format!("{link:?}").contains("hunter2"));
    }
}
