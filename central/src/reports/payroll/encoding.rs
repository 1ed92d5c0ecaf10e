//! The file's bytes. What a character set has no byte for is refused, never replaced: a name with a `?` in it
//! is another name.

use std::borrow::Cow;

use serde::Deserialize;

/// A character set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Encoding {
    /// UTF-8 without a mark.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-8 behind a byte order mark.
    #[serde(rename = "utf-8-bom")]
    Utf8Bom,
    /// Windows' western European set, as many payroll programs still read it.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl Encoding {
    /// The name for the header `Content-Type`.
    #[must_use]
    pub const fn charset(self) -> &'static str {
        match self {
            Self::Utf8 | Self::Utf8Bom => "utf-8",
            Self::Windows1252 => "windows-1252",
        }
    }

    /// What the file begins with.
    pub(super) const fn mark(self) -> &'static [u8] {
        match self {
            Self::Utf8Bom => b"\xef\xbb\xbf",
            Self::Utf8 | Self::Windows1252 => b"",
        }
    }

    /// The text's bytes, or the first character that has none.
    pub(super) fn bytes(self, text: &str) -> Result<Cow<'_, [u8]>, char> {
        match self {
            Self::Utf8 | Self::Utf8Bom => Ok(Cow::Borrowed(text.as_bytes())),
            Self::Windows1252 => {
                let (bytes, _, replaced) = encoding_rs::WINDOWS_1252.encode(text);
                if !replaced {
                    return Ok(bytes);
                }
                let mut buffer = [0; 4];
                let fits = |c: char, buffer: &mut [u8; 4]| {
                    !encoding_rs::WINDOWS_1252.encode(c.encode_utf8(buffer)).2
                };
                let stranger = text.chars().find(|c| !fits(*c, &mut buffer));
                Err(stranger.unwrap_or(char::REPLACEMENT_CHARACTER))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn western_letters_have_their_byte_and_others_are_named() {
        let bytes = |text| Encoding::Windows1252.bytes(text).map(Cow::into_owned);
        assert_eq!(bytes("Größe €"), Ok(b"Gr\xf6\xdfe \x80".to_vec()));
        assert_eq!(bytes("Dvořák"), Err('ř'));
        assert_eq!(Encoding::Utf8.bytes("ř").unwrap(), "ř".as_bytes());
    }
}
