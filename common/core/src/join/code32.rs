//! Bytes as text for people: Crockford's base 32 in groups of five, with a checksum that finds the
//! mistake (<https://www.crockford.com/base32.html> for the alphabet).
//!
//! Everything is tried that one slip of the finger can do: 31 other characters at each place, each pair of
//! neighbours swapped. Among some 4,000 tries a 40-bit checksum fits one by accident once in 250 million codes
//! that are wrong in some other way; such a code is refused all the same, only with the wrong place named.

use sha2::{Digest, Sha256};

use super::{JoinCodeError, MAX_CODE_BYTES};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUP: usize = 5;
/// 40 bits.
const SUM_SYMBOLS: usize = 8;
const TAG: &[u8] = b"lintel.join-code.v1\0";

/// Bytes in groups behind a prefix.
pub(super) fn write(prefix: &str, bytes: &[u8]) -> String {
    let mut symbols = to_symbols(bytes);
    symbols.extend(sum(&symbols));
    let mut text = prefix.to_owned();
    for (at, symbol) in symbols.into_iter().enumerate() {
        if at % GROUP == 0 {
            text.push('-');
        }
        text.push(ALPHABET.get(usize::from(symbol)).map_or('0', |byte| char::from(*byte)));
    }
    text
}

/// The bytes of a text that [`write`] made and a person has handled since.
pub(super) fn read(prefix: &str, text: &str) -> Result<Vec<u8>, JoinCodeError> {
    if text.len() > MAX_CODE_BYTES {
        return Err(JoinCodeError::TooLong);
    }
    let mut typed = text.chars().filter(|c| *c != '-' && !c.is_whitespace());
    for (at, expected) in prefix.chars().enumerate() {
        let found = typed.next().map(symbol);
        if found != Some(symbol(expected)) {
            // L and J stand; only the version's digit differs.
            let other_version = at == 2 && found.flatten().is_some_and(|digit| digit <= 9);
            return Err(if other_version { JoinCodeError::Version } else { JoinCodeError::NotACode });
        }
    }
    let mut symbols = Vec::new();
    for (at, c) in typed.enumerate() {
        let group = at / GROUP + 1;
        symbols.push(symbol(c).ok_or(JoinCodeError::Character { group, found: c })?);
    }
    if symbols.len() <= SUM_SYMBOLS {
        return Err(JoinCodeError::TooShort { groups: symbols.len() / GROUP });
    }
    if !fits(&symbols) {
        return Err(diagnose(symbols));
    }
    let data = symbols.len() - SUM_SYMBOLS;
    from_symbols(symbols.get(..data).unwrap_or_default()).ok_or(JoinCodeError::Checksum)
}

/// The value of a character; Crockford's look-alikes count as what they look like.
fn symbol(c: char) -> Option<u8> {
    let upper = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let byte = u8::try_from(upper).ok()?;
    ALPHABET.iter().position(|known| *known == byte).and_then(|at| u8::try_from(at).ok())
}

/// The checksum of data symbols; their number is part of it.
fn sum(data: &[u8]) -> [u8; SUM_SYMBOLS] {
    let mut hash = Sha256::new();
    hash.update(TAG);
    hash.update(data.len().to_be_bytes());
    hash.update(data);
    let digest: [u8; 32] = hash.finalize().into();
    // One byte of the digest for each symbol: the lower five bits of each are as good as any.
    let mut symbols = [0; SUM_SYMBOLS];
    for (symbol, byte) in symbols.iter_mut().zip(digest) {
        *symbol = byte & 31;
    }
    symbols
}

fn fits(symbols: &[u8]) -> bool {
    let Some(at) = symbols.len().checked_sub(SUM_SYMBOLS) else { return false };
    let (data, given) = symbols.split_at(at);
    sum(data) == given
}

/// What one slip would explain.
fn diagnose(mut symbols: Vec<u8>) -> JoinCodeError {
    for at in 0..symbols.len() {
        let Some(typed) = symbols.get(at).copied() else { break };
        for other in (0..32).filter(|other| *other != typed) {
            put(&mut symbols, at, other);
            if fits(&symbols) {
                return JoinCodeError::Mistyped { group: at / GROUP + 1, position: at % GROUP + 1 };
            }
        }
        put(&mut symbols, at, typed);
    }
    for at in 1..symbols.len() {
        symbols.swap(at - 1, at);
        if fits(&symbols) {
            return JoinCodeError::Swapped { group: (at - 1) / GROUP + 1, position: (at - 1) % GROUP + 1 };
        }
        symbols.swap(at - 1, at);
    }
    JoinCodeError::Checksum
}

fn put(symbols: &mut [u8], at: usize, value: u8) {
    if let Some(symbol) = symbols.get_mut(at) {
        *symbol = value;
    }
}

/// Five bits a symbol, highest first, filled up with zeros.
fn to_symbols(bytes: &[u8]) -> Vec<u8> {
    let (mut symbols, mut held, mut bits) = (Vec::with_capacity(bytes.len() * 8 / 5 + 1), 0_u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            symbols.push(low_five(held >> bits));
        }
    }
    if bits > 0 {
        symbols.push(low_five(held << (5 - bits)));
    }
    symbols
}

/// None when the filling isn't zero or a whole symbol too many is there: a code has one text only.
fn from_symbols(symbols: &[u8]) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::with_capacity(symbols.len() * 5 / 8), 0_u32, 0);
    for symbol in symbols {
        held = (held << 5 | u32::from(*symbol)) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).ok()?);
        }
    }
    let filling = held & ((1 << bits) - 1);
    (bits < 5 && filling == 0).then_some(bytes)
}

fn low_five(value: u32) -> u8 {
    u8::try_from(value & 31).unwrap_or_default()
}
