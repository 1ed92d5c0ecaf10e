//! The archive that a workbook is: judged part by part, then packed anew from what was judged.
//!
//! Two readers of one archive can see different things in it (doubled names, a second directory, sizes that
//! lie), and the gap between them is where an attack lives. So the spreadsheet reader never gets the upload: it
//! gets an archive written here, of the parts that it needs, byte for byte those that were looked through.

mod directory;
pub(super) mod error;
mod markup;
mod part;
mod rebuilt;

use directory::Entry;
pub use error::ArchiveError;
use part::Part;

use super::limits::{Counters, Limits};

/// An archive of the parts that a reader needs, each of them looked through.
///
/// # Errors
/// [`ArchiveError`] names the part.
pub(super) fn checked(
    bytes: &[u8],
    limits: &Limits,
    counters: &mut Counters,
) -> Result<Vec<u8>, ArchiveError> {
    let entries = directory::entries(bytes, limits)?;
    expect_sizes(&entries, limits)?;
    if !entries.iter().any(|entry| entry.folded == "xl/workbook.xml") {
        return Err(ArchiveError::NoWorkbook);
    }
    let mut kept = Vec::new();
    for entry in &entries {
        let part = Part::open(entry, limits);
        if is_read(entry) {
            let crc = markup::look_through(part, limits, counters)?;
            kept.push((entry, crc));
        } else {
            part.drain(is_markup(entry), counters)?;
        }
    }
    Ok(rebuilt::archive(&kept))
}

/// What the declared sizes come to. That they are true, unpacking shows.
fn expect_sizes(entries: &[Entry<'_>], limits: &Limits) -> Result<(), ArchiveError> {
    let too_much = |unpacked: u64, packed: u64| {
        unpacked > limits.ratio_free_bytes && unpacked > packed.saturating_mul(limits.ratio)
    };
    let (mut unpacked, mut packed) = (0_u64, 0_u64);
    for entry in entries {
        unpacked = unpacked.saturating_add(entry.unpacked);
        packed = packed.saturating_add(entry.packed.len() as u64);
    }
    if unpacked > limits.unpacked_bytes {
        return Err(ArchiveError::TooLarge { limit: limits.unpacked_bytes });
    }
    let limit = limits.ratio;
    if let Some(entry) = entries.iter().find(|entry| too_much(entry.unpacked, entry.packed.len() as u64)) {
        return Err(ArchiveError::Ratio { name: entry.name.clone(), limit });
    }
    if too_much(unpacked, packed) {
        return Err(ArchiveError::Ratio { name: "all parts".to_owned(), limit });
    }
    Ok(())
}

fn is_markup(entry: &Entry<'_>) -> bool {
    [".xml", ".rels", ".vml"].iter().any(|end| entry.folded.ends_with(end))
}

/// The parts that make up sheets; pictures, macros, properties and custom data are left behind.
fn is_read(entry: &Entry<'_>) -> bool {
    let markup = entry.folded.ends_with(".xml") || entry.folded.ends_with(".rels");
    let unread = [
        "xl/drawings/",
        "xl/charts/",
        "xl/externallinks/",
        "xl/pivotcache/",
        "xl/pivottables/",
        "xl/calcchain",
    ];
    entry.folded == "_rels/.rels"
        || (markup
            && entry.folded.starts_with("xl/")
            && !unread.iter().any(|folder| entry.folded.starts_with(folder)))
}
