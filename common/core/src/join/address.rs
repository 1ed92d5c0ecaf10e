//! Where doors reach the centre: a host and a port, always over TLS.

use std::fmt;
use std::net::Ipv6Addr;

/// Longest host, in bytes.
const MAX_HOST_BYTES: usize = 100;

/// Why an address can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not `https://HOST:PORT`.
    #[error("expected https://HOST:PORT without a path")]
    Form,
    /// The host.
    #[error(
        "the host must be a name or address of at most {MAX_HOST_BYTES} of a-z, 0-9, '.' and '-', or [IPv6]"
    )]
    Host,
    /// Port 0, or none at all.
    #[error("the port must be 1 to 65535")]
    Port,
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorAddress {
    host: String,
    port: u16,
}

impl DoorAddress {
    /// From its parts; an IPv6 address in brackets.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn new(host: &str, port: u16) -> Result<Self, AddressError> {
        let host = host.to_ascii_lowercase();
        let is_name = |host: &str| {
            host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
                && host.starts_with(|c: char| c.is_ascii_alphanumeric())
        };
        let is_v6 = |host: &str| {
            let inside = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            inside.is_some_and(|inside| inside.parse::<Ipv6Addr>().is_ok())
        };
        if host.len() > MAX_HOST_BYTES || !(is_name(&host) || is_v6(&host)) {
            return Err(AddressError::Host);
        }
        if port == 0 { Err(AddressError::Port) } else { Ok(Self { host, port }) }
    }

    /// From `https://HOST[:PORT]`, as the setting `devices.url` has it.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn parse(url: &str) -> Result<Self, AddressError> {
        let rest = url.strip_prefix("https://").ok_or(AddressError::Form)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '@']) {
            return Err(AddressError::Form);
        }
        // The colons inside of brackets belong to the host.
        let after_brackets = rest.rfind(']').map_or(0, |at| at + 1);
        match rest.rfind(':').filter(|at| *at >= after_brackets) {
            Some(at) => {
                let (host, port) = rest.split_at(at);
                let port = port.trim_start_matches(':').parse().map_err(|_| AddressError::Port)?;
                Self::new(host, port)
            }
            None => Self::new(rest, 443),
        }
    }

    /// Name or address; an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for DoorAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_and_443_is_the_usual_port() {
        for (url, shown) in [
            ("https://Lintel.example.org:8443/", "https://lintel.example.org:8443"),
            ("https://10.0.0.7", "https://10.0.0.7:443"),
            ("https://[fd00::7]:8443", "https://[fd00::7]:8443"),
            ("https://[fd00::7]", "https://[fd00::7]:443"),
        ] {
            assert_eq!(DoorAddress::parse(url).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in [
            "http://a:1",
            "https://",
            "https://:8443",
            "https://a:0",
            "https://a:99999",
            "https://a/path",
            "https://u@a",
            "https://a b",
            "https://[nonsense]:1",
            "https://büro",
            "https://-a",
        ] {
            assert!(DoorAddress::parse(url).is_err(), "{url}");
        }
        assert_eq!(DoorAddress::new(&"a".repeat(101), 1), Err(AddressError::Host));
    }
}
