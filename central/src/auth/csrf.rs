//! The token that a change with the console's cookie must carry: proof that one of our own pages made the
//! request.
//!
//! Derived from the session's secret, so that nothing is stored, every replica knows it, and it ends with
//! the session. It can be written into pages: the secret can't be computed from it.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// The field of every form.
pub const FIELD: &str = "csrf";
/// The header for scripts.
pub const HEADER: &str = "x-csrf-token";

const TAG: &[u8] = b"lintel.csrf.v1";

/// A session's token; empty where there is no session.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct CsrfToken(Arc<str>);

impl CsrfToken {
    /// The token of a session.
    #[must_use]
    pub fn of_session(session: &str) -> Self {
        // HMAC takes a key of any length; the error type is there for other MACs.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(session.as_bytes()) else { return Self::default() };
        mac.update(TAG);
        Self(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()).into())
    }

    /// The token as text, for a form or a `meta` element.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request's token is this one, in constant time. Nothing matches the empty token.
    #[must_use]
    pub fn matches(&self, given: &str) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(given.as_bytes()))
    }
}

impl fmt::Display for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_belongs_to_its_session_alone_and_never_shows_it() {
        let (one, two) =
            (CsrfToken::of_session("lintel_session_a"), CsrfToken::of_session("lintel_session_b"));
        assert!(one.matches(CsrfToken::of_session("lintel_session_a").as_str()));
        assert!(!one.matches(two.as_str()) && !one.matches(""));
        assert!(!one.as_str().contains("session") && !format!("{one:?}").contains(one.as_str()));
    }

    #[test]
    fn without_a_session_nothing_matches() {
        assert!(!CsrfToken::default().matches(""));
    }
}
