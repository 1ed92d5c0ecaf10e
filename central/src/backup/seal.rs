//! Encrypting a stream under the data ring, in the age format (age-encryption.org/v1).
//!
//! Fernet holds a whole message in memory, so the file's own random key is what it seals: one stanza of the
//! age header carries it as a token of `DATA_ENCRYPTION_KEY`, newest key first, and any key of the ring opens
//! it. The body is age's: ChaCha20-Poly1305 in chunks of 64 KiB, bound to their order and to the end, so that
//! a flipped bit, a missing piece and a cut file are all refused.

use std::collections::HashSet;
use std::io::{self, Read, Write};

use age::{DecryptError, EncryptError};
use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret as _;
use lintel_core::seal::FernetRing;

/// The stanza's name; what follows it is one Fernet token.
const STANZA: &str = "lintel-data-key";

struct Ring(FernetRing);

impl age::Recipient for Ring {
    fn wrap_file_key(&self, key: &FileKey) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let body = self.0.seal(key.expose_secret()).into_bytes();
        Ok((vec![Stanza { tag: STANZA.to_owned(), args: Vec::new(), body }], HashSet::new()))
    }
}

impl age::Identity for Ring {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        let open = || {
            let token = std::str::from_utf8(&stanza.body).map_err(|_| DecryptError::InvalidHeader)?;
            let bytes = self.0.open(token).map_err(|_| DecryptError::KeyDecryptionFailed)?;
            let key: [u8; 16] = bytes.as_slice().try_into().map_err(|_| DecryptError::InvalidHeader)?;
            Ok(FileKey::new(Box::new(key)))
        };
        (stanza.tag == STANZA).then(open)
    }
}

/// Why a sealed file doesn't open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Sealed by other keys.
    #[error(
        "it was sealed by another DATA_ENCRYPTION_KEY: import the keys of the centre that made it (`keys import --recovery FILE`)"
    )]
    OtherKey,
    /// Not an age file, or its header was altered.
    #[error("its header is damaged or it is no backup of Lintel: use another copy")]
    Header(#[source] DecryptError),
}

/// A writer that encrypts onto another; call `finish` on what it gives.
///
/// # Errors
/// When the header can't be written.
pub(super) fn writer<W: Write>(ring: &FernetRing, to: W) -> io::Result<age::stream::StreamWriter<W>> {
    let ring = Ring(ring.clone());
    let recipients = std::iter::once(&ring as &dyn age::Recipient);
    age::Encryptor::with_recipients(recipients).map_err(io::Error::other)?.wrap_output(to)
}

/// A reader that decrypts another; damage further inside appears as a reading error.
///
/// # Errors
/// [`OpenError`].
pub(super) fn reader<R: Read>(ring: &FernetRing, from: R) -> Result<age::stream::StreamReader<R>, OpenError> {
    let decryptor = age::Decryptor::new(from).map_err(OpenError::Header)?;
    let ring = Ring(ring.clone());
    decryptor.decrypt(std::iter::once(&ring as &dyn age::Identity)).map_err(|error| match error {
        DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys => OpenError::OtherKey,
        other => OpenError::Header(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> FernetRing {
        FernetRing::parse(&FernetRing::generate_key()).unwrap()
    }

    fn sealed(ring: &FernetRing, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut to = writer(ring, &mut out).unwrap();
        to.write_all(bytes).unwrap();
        to.finish().unwrap();
        out
    }

    fn opened(ring: &FernetRing, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        reader(ring, bytes).ok()?.read_to_end(&mut out).ok()?;
        Some(out)
    }

    #[test]
    fn any_key_of_the_ring_opens_and_a_stranger_is_told_which_key_is_wrong() {
        let (old, new) = (FernetRing::generate_key(), FernetRing::generate_key());
        let file = sealed(&FernetRing::parse(&old).unwrap(), b"people");
        let rotated = FernetRing::parse(&format!("{},{}", *new, *old)).unwrap();
        assert_eq!(opened(&rotated, &file).unwrap(), b"people");
        assert!(matches!(reader(&ring(), &file[..]), Err(OpenError::OtherKey)));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused() {
        let ring = ring();
        let file = sealed(&ring, &[7; 200_000]);
        for at in (0..file.len()).step_by(file.len() / 400) {
            let mut flipped = file.clone();
            flipped[at] ^= 1;
            assert!(opened(&ring, &flipped).is_none(), "bit at {at}");
            assert!(opened(&ring, &file[..at]).is_none(), "cut at {at}");
        }
        assert!(opened(&ring, &file).is_some());
    }
}
