//! The directory of a ZIP archive (APPNOTE 6.3.10), read by the letter.
//!
//! Only what spreadsheet programs write is taken: one file, 32-bit sizes, no encryption, each part once and
//! none sharing bytes with another.

use std::collections::HashSet;

use super::super::limits::Limits;
use super::super::shown::shown;
use super::error::ArchiveError;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_BYTES: usize = 22;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
/// Encrypted, strongly encrypted, or with a masked directory (4.4.4).
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;

/// A part of the archive.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// Its name, shortened, for messages.
    pub(super) name: String,
    /// Its name in full, in lower case and with `/`.
    pub(super) folded: String,
    /// Whether it is packed by Deflate; otherwise it stands as it is.
    pub(super) deflated: bool,
    /// Its bytes in the archive.
    pub(super) packed: &'a [u8],
    /// How many bytes it says that it has once unpacked.
    pub(super) unpacked: u64,
    /// The checksum that it says these have.
    pub(super) crc: u32,
    /// Where its header begins, and where its bytes end.
    span: (usize, usize),
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn size_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

/// The parts, in the order of the directory.
pub(super) fn entries<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Vec<Entry<'a>>, ArchiveError> {
    let end = end_record(bytes).ok_or(ArchiveError::NoDirectory)?;
    let field = |at: usize| u16_at(bytes, end + at).ok_or(ArchiveError::NoDirectory);
    let (disk, first_disk, here, count) = (field(4)?, field(6)?, field(8)?, field(10)?);
    let size = u32_at(bytes, end + 12).ok_or(ArchiveError::NoDirectory)?;
    let start = u32_at(bytes, end + 16).ok_or(ArchiveError::NoDirectory)?;
    if count == u16::MAX || size == u32::MAX || start == u32::MAX || disk != 0 || first_disk != 0 {
        return Err(ArchiveError::Zip64);
    }
    let count = usize::from(count);
    if count > limits.parts {
        return Err(ArchiveError::TooManyParts { parts: count, limit: limits.parts });
    }
    let start = usize::try_from(start).map_err(|_| ArchiveError::NoDirectory)?;
    if here as usize != count || start.checked_add(size as usize).is_none_or(|stop| stop > end) {
        return Err(ArchiveError::NoDirectory);
    }
    let mut entries = Vec::with_capacity(count);
    let mut names = HashSet::new();
    let mut at = start;
    for _ in 0..count {
        let (entry, next) = entry(bytes, at, start)?;
        if !names.insert(entry.folded.clone()) {
            return Err(ArchiveError::Twice(entry.name));
        }
        entries.push(entry);
        at = next;
    }
    if at > end {
        return Err(ArchiveError::NoDirectory);
    }
    expect_apart(&entries)?;
    Ok(entries)
}

/// The last record whose comment reaches exactly to the end of the file.
fn end_record(bytes: &[u8]) -> Option<usize> {
    let last = bytes.len().checked_sub(END_BYTES)?;
    let first = last.saturating_sub(usize::from(u16::MAX));
    (first..=last).rev().find(|&at| {
        u32_at(bytes, at) == Some(END)
            && u16_at(bytes, at + 20)
                .is_some_and(|comment| at + END_BYTES + usize::from(comment) == bytes.len())
    })
}

/// The entry at `at`, and where the next one begins.
fn entry(bytes: &[u8], at: usize, directory: usize) -> Result<(Entry<'_>, usize), ArchiveError> {
    let read = || {
        let sizes = [28, 30, 32].map(|field| u16_at(bytes, at + field).map(usize::from));
        let [Some(name), Some(extra), Some(comment)] = sizes else { return None };
        let name = bytes.get(at + CENTRAL_BYTES..at + CENTRAL_BYTES + name)?;
        let next = at + CENTRAL_BYTES + name.len() + extra + comment;
        (u32_at(bytes, at)? == CENTRAL).then_some((name, next))
    };
    let (raw_name, next) = read().ok_or(ArchiveError::NoDirectory)?;
    let full = String::from_utf8_lossy(raw_name).replace('\\', "/");
    let name = shown(&full);
    let damaged = || ArchiveError::Damaged(name.clone());
    let flags = u16_at(bytes, at + 8).ok_or_else(damaged)?;
    let method = u16_at(bytes, at + 10).ok_or_else(damaged)?;
    let crc = u32_at(bytes, at + 16).ok_or_else(damaged)?;
    let packed = size_at(bytes, at + 20).ok_or_else(damaged)?;
    let unpacked = u32_at(bytes, at + 24).ok_or_else(damaged)?;
    let local = size_at(bytes, at + 42).ok_or_else(damaged)?;
    if [packed, unpacked as usize, local].contains(&(u32::MAX as usize)) {
        return Err(ArchiveError::Zip64);
    }
    if flags & ENCRYPTED != 0 {
        return Err(ArchiveError::Encrypted(name));
    }
    if method != 0 && method != 8 {
        return Err(ArchiveError::Method { name, method });
    }
    let data = local_data(bytes, local, raw_name, flags, method).ok_or_else(damaged)?;
    let stop = data.checked_add(packed).filter(|stop| *stop <= directory).ok_or_else(damaged)?;
    let packed = bytes.get(data..stop).ok_or_else(damaged)?;
    let folded = full.to_ascii_lowercase();
    let (deflated, unpacked) = (method == 8, u64::from(unpacked));
    Ok((Entry { name, folded, deflated, packed, unpacked, crc, span: (local, stop) }, next))
}

/// Where the bytes begin, if the part's own header says the same as the directory.
fn local_data(bytes: &[u8], at: usize, name: &[u8], flags: u16, method: u16) -> Option<usize> {
    let same = u32_at(bytes, at)? == LOCAL
        && u16_at(bytes, at + 6)? & ENCRYPTED == flags & ENCRYPTED
        && u16_at(bytes, at + 8)? == method
        && usize::from(u16_at(bytes, at + 26)?) == name.len()
        && bytes.get(at + LOCAL_BYTES..at + LOCAL_BYTES + name.len())? == name;
    same.then_some(at + LOCAL_BYTES + name.len() + usize::from(u16_at(bytes, at + 28)?))
}

fn expect_apart(entries: &[Entry<'_>]) -> Result<(), ArchiveError> {
    let mut spans: Vec<&Entry<'_>> = entries.iter().collect();
    spans.sort_by_key(|entry| entry.span);
    for (one, other) in spans.iter().zip(spans.iter().skip(1)) {
        if one.span.1 > other.span.0 {
            return Err(ArchiveError::Overlap(one.name.clone(), other.name.clone()));
        }
    }
    Ok(())
}
