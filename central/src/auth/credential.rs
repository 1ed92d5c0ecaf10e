//! Credentials as they travel: 32 random bytes in base64url behind a prefix that says what they are.
//!
//! The prefix lets secret scanners and people recognise a leaked one. Only SHA-256 of it is stored: with
//! 256 bits of randomness a slow hash would add nothing but load.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lintel_runtime::clock::{ClockError, random_bytes};
use lintel_runtime::secrets::SecretString;
use sha2::{Digest, Sha256};

/// Longest credential that is looked at, in bytes.
const MAX_BYTES: usize = 256;

/// A new random credential such as `lintel_api_…`.
///
/// # Errors
/// When the system gives no randomness.
pub fn generate(prefix: &str) -> Result<SecretString, ClockError> {
    let random = random_bytes::<32>()?;
    Ok(SecretString::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random))))
}

/// What is stored of a credential.
#[must_use]
pub fn hash(credential: &str) -> [u8; 32] {
    Sha256::digest(credential.as_bytes()).into()
}

/// The bearer token of a request.
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && token.len() <= MAX_BYTES).then_some(token)
}

/// A cookie of a request.
#[must_use]
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty() && value.len() <= MAX_BYTES)
        .map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn two_credentials_differ_and_say_what_they_are() {
        let (one, two) = (generate("lintel_api_").unwrap(), generate("lintel_api_").unwrap());
        assert_ne!(one.expose(), two.expose());
        assert!(one.expose().starts_with("lintel_api_") && one.expose().len() == 11 + 43);
    }

    #[test]
    fn only_a_bearer_header_of_sane_length_is_a_token() {
        let with = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(with("bearer abc"), Some("abc".into()));
        assert_eq!(with("Basic abc"), None);
        assert_eq!(with("Bearer "), None);
        assert_eq!(with(&format!("Bearer {}", "x".repeat(300))), None);
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_static("a=1; xlintel_session=no; lintel_session=yes"));
        assert_eq!(cookie(&headers, "lintel_session"), Some("yes"));
        assert_eq!(cookie(&headers, "session"), None);
    }
}
