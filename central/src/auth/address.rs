//! Where a request comes from, as far as it can be believed.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

/// The client's address. Behind a proxy it is the last one in `X-Forwarded-For`, which the proxy wrote;
/// whatever stands before it anybody may have written. Without a proxy the header is not looked at.
#[must_use]
pub fn client(peer: Option<SocketAddr>, headers: &HeaderMap, behind_proxy: bool) -> Option<IpAddr> {
    let forwarded = behind_proxy.then(|| forwarded(headers)).flatten();
    forwarded.or_else(|| peer.map(|peer| peer.ip()))
}

fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = last.rsplit(',').next()?.trim();
    last.parse().ok().or_else(|| last.parse().ok().map(|address: SocketAddr| address.ip()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn of(forwarded: &[&'static str], behind_proxy: bool) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_static(value));
        }
        let peer = Some("10.0.0.1:4000".parse().unwrap());
        client(peer, &headers, behind_proxy).unwrap().to_string()
    }

    #[test]
    fn only_a_proxy_that_is_set_is_believed_and_only_its_own_entry() {
        assert_eq!(of(&["203.0.113.9"], false), "10.0.0.1");
        assert_eq!(of(&["192.0.2.1, 203.0.113.9"], true), "203.0.113.9");
        assert_eq!(of(&["192.0.2.1", "203.0.113.9"], true), "203.0.113.9");
        assert_eq!(of(&["[2001:db8::1]:443"], true), "2001:db8::1");
        assert_eq!(of(&["unknown"], true), "10.0.0.1");
        assert_eq!(of(&[], true), "10.0.0.1");
    }
}
