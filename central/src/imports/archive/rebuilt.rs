//! The checked parts as a new archive: plain headers, true sizes, the packed bytes as they were.

use super::directory::Entry;

/// Names are UTF-8 (APPNOTE 4.4.4, bit 11).
const UTF8_NAME: u16 = 1 << 11;

/// An archive of `parts`, each with the checksum that was found. None is larger than the upload it came from.
pub(super) fn archive(parts: &[(&Entry<'_>, u32)]) -> Vec<u8> {
    let packed: usize = parts.iter().map(|(entry, _)| entry.packed.len() + 2 * entry.folded.len() + 76).sum();
    let mut archive = Vec::with_capacity(packed + 22);
    let mut directory = Vec::new();
    for (entry, crc) in parts {
        let local = narrow(archive.len());
        let facts = facts(entry, *crc);
        archive.extend(b"PK\x03\x04");
        archive.extend(&facts);
        archive.extend([0; 2]);
        archive.extend(entry.folded.as_bytes());
        archive.extend(entry.packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&facts);
        // Extra field, comment, disk, internal and external attributes.
        directory.extend([0; 12]);
        directory.extend(local.to_le_bytes());
        directory.extend(entry.folded.as_bytes());
    }
    let (start, size) = (narrow(archive.len()), narrow(directory.len()));
    let count = u16::try_from(parts.len()).unwrap_or(u16::MAX).to_le_bytes();
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(count);
    archive.extend(count);
    archive.extend(size.to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0; 2]);
    archive
}

/// What a part's own header and the directory both say, from the version needed to the length of the name.
fn facts(entry: &Entry<'_>, crc: u32) -> Vec<u8> {
    let method: u16 = if entry.deflated { 8 } else { 0 };
    let unpacked = u32::try_from(entry.unpacked).unwrap_or(u32::MAX);
    let name = u16::try_from(entry.folded.len()).unwrap_or(u16::MAX);
    let mut facts = Vec::with_capacity(24);
    facts.extend(20_u16.to_le_bytes());
    facts.extend(UTF8_NAME.to_le_bytes());
    facts.extend(method.to_le_bytes());
    facts.extend([0; 4]);
    facts.extend(crc.to_le_bytes());
    facts.extend(narrow(entry.packed.len()).to_le_bytes());
    facts.extend(unpacked.to_le_bytes());
    facts.extend(name.to_le_bytes());
    facts
}

/// Uploads are below 32 MiB, so offsets and sizes always fit.
fn narrow(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}
