//! Who may read the page: a browser on this machine that was given the page's own address.
//!
//! A loopback address alone keeps out the network but not the web: a site that a browser on this machine
//! visits could let its own name point to 127.0.0.1 (DNS rebinding) and read along. So the Host header must
//! be one of the page's own, and a request that another site caused is refused.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Nothing from elsewhere, nothing inline, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
];

/// The Host headers that are the page's own.
#[derive(Debug, Clone)]
pub(super) struct Allowed(Arc<[String]>);

impl Allowed {
    /// The address itself and `localhost` with its port.
    pub(super) fn at(address: SocketAddr) -> Self {
        let port = address.port();
        let mut hosts = vec![address.to_string(), format!("localhost:{port}")];
        if port == 80 {
            hosts.extend([address.ip().to_string(), "localhost".to_owned()]);
        }
        Self(hosts.into())
    }

    fn is_own(&self, request: &Request) -> bool {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let (host, more) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next());
        let is_own = |host: &str| self.0.iter().any(|own| own.eq_ignore_ascii_case(host));
        more.is_none() && host.is_some_and(is_own)
    }
}

/// Whether another site's page caused the request; browsers say so, other programs say nothing.
fn is_from_elsewhere(request: &Request) -> bool {
    let site = request.headers().get("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

pub(super) async fn check(State(allowed): State<Allowed>, request: Request, next: Next) -> Response {
    let mut response = if !allowed.is_own(&request) {
        (StatusCode::MISDIRECTED_REQUEST, "open this page by the address that the door was given\n")
            .into_response()
    } else if is_from_elsewhere(&request) {
        (StatusCode::FORBIDDEN, "this page is for no other site\n").into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
