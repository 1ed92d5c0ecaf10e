//! The keys that sign badges: apart from the ack key, because cards outlive it and are held by strangers.

use lintel_core::sign::{SignError, SigningKey};

/// Badge-signing keys, newest first: the first one signs, the others keep printed cards alive until they
/// are replaced.
#[derive(Debug)]
pub struct BadgeKeys {
    newest: SigningKey,
    older: Vec<SigningKey>,
}

impl BadgeKeys {
    /// One key.
    #[must_use]
    pub fn new(newest: SigningKey) -> Self {
        Self { newest, older: Vec::new() }
    }

    /// Reads seeds in base64, one in a line, newest first.
    ///
    /// # Errors
    /// When there is none or one is no key.
    pub fn parse(text: &str) -> Result<Self, SignError> {
        let mut keys = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(SigningKey::parse);
        let newest = keys.next().ok_or(SignError::Malformed("private key"))??;
        Ok(Self { newest, older: keys.collect::<Result<_, _>>()? })
    }

    /// The id of the key that signs.
    #[must_use]
    pub fn newest_id(&self) -> String {
        self.newest.verifying_key().key_id()
    }

    pub(super) fn by_id(&self, key_id: &str) -> Option<&SigningKey> {
        self.all().find(|key| key.verifying_key().key_id() == key_id)
    }

    /// Public halves in base64, for the doors.
    #[must_use]
    pub fn public_texts(&self) -> Vec<String> {
        self.all().map(|key| key.verifying_key().to_text()).collect()
    }

    fn all(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.newest).chain(&self.older)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_signs_and_the_others_are_still_known() {
        let [new, old] = [[2; 32], [1; 32]].map(|seed| SigningKey::from_seed(&seed));
        let keys = BadgeKeys::parse(&format!("{}\n\n{}\n", new.to_text(), old.to_text())).unwrap();
        assert_eq!(keys.newest_id(), new.verifying_key().key_id());
        assert!(keys.by_id(&old.verifying_key().key_id()).is_some());
        assert_eq!(keys.public_texts(), [new, old].map(|key| key.verifying_key().to_text()));
        assert!(keys.by_id("0000000000000000").is_none());
    }

    #[test]
    fn an_empty_file_or_a_broken_line_is_no_ring() {
        for text in ["", "\n \n", "not a key"] {
            assert!(BadgeKeys::parse(text).is_err(), "{text:?}");
        }
    }
}
