//! Addresses of central and of the broker: what would show a credential to the way is refused.

use rumqttc::Transport;

/// A broker's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MqttAddress {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Whether TLS is spoken (`mqtts`).
    pub tls: bool,
}

impl MqttAddress {
    /// The transport of this address, with TLS settings where it is TLS.
    #[must_use]
    pub fn transport(&self, tls: rustls::ClientConfig) -> Transport {
        if self.tls { Transport::tls_with_config(tls.into()) } else { Transport::Tcp }
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

pub(super) fn central_url(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text).map_err(|error| format!("{error}: write https://HOST:PORT"))?;
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        _ if host.is_empty() => Err("no host: write https://HOST:PORT".into()),
        _ if !url.username().is_empty() || url.password().is_some() => {
            Err("no user or password belongs here; the token has a field of its own".into())
        }
        "https" => Ok(url.as_str().trim_end_matches('/').to_owned()),
        "http" if is_loopback(host) => Ok(url.as_str().trim_end_matches('/').to_owned()),
        "http" => Err("plain http would show the token to everybody on the way: write https".into()),
        other => Err(format!("{other} is no road to central: write https://HOST:PORT")),
    }
}

pub(super) fn mqtt_address(text: &str) -> Result<MqttAddress, String> {
    let url = reqwest::Url::parse(text).map_err(|error| format!("{error}: write mqtts://HOST:8883"))?;
    let tls = match url.scheme() {
        "mqtts" => true,
        "mqtt" => false,
        other => return Err(format!("{other} is no MQTT address: write mqtts://HOST:8883")),
    };
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
        return Err("no host: write mqtts://HOST:8883".into());
    };
    if !tls && !is_loopback(host) {
        return Err("plain mqtt would show the token to everybody on the way: write mqtts".into());
    }
    let port = url.port().unwrap_or(if tls { 8883 } else { 1883 });
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    Ok(MqttAddress { host, port, tls })
}
