//! The archive that a workbook is: judged part by part, then packed anew from what was judged.
//!
//! Two readers of one archive can see different things in it (doubled names, a second directory, sizes that
//! lie), and the gap between them is where an attack lives. So the spreadsheet reader never gets the upload: it
//! gets an archive written here, of the parts that it needs, byte for byte those that were looked through.

mod directory;
mod markup;
mod part;
mod rebuilt;

use directory::Entry;
use part::Part;

use super::limits::{Counters, Limits};

/// Why an archive isn't opened. Sizes are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// No directory at the end, or one that points outside.
    #[error("the file is cut off or damaged: send it again, or save it again as .xlsx")]
    NoDirectory,
    /// The form for archives of gigabytes, or one of several files.
    #[error("the archive is of the kind for very large files: save it again as .xlsx")]
    Zip64,
    /// Over [`super::limits::MAX_PARTS`].
    #[error("the archive has {parts} parts, {limit} at most: copy the table to a workbook of its own")]
    TooManyParts {
        /// How many.
        parts: usize,
        /// The ceiling.
        limit: usize,
    },
    /// A header that doesn't say what the directory says, or lies outside the file.
    #[error("part {0:?} of the archive is damaged: save the file again as .xlsx")]
    Damaged(String),
    /// Two parts of one name.
    #[error("part {0:?} is in the archive twice: save the file again as .xlsx")]
    Twice(String),
    /// Two parts share bytes.
    #[error("parts {0:?} and {1:?} of the archive overlap: the file is damaged or hostile")]
    Overlap(String, String),
    /// Behind a password.
    #[error("part {0:?} is encrypted: save the file without a password")]
    Encrypted(String),
    /// Packed with something else than Deflate.
    #[error("part {name:?} is packed by method {method}: save the file again as .xlsx")]
    Method {
        /// The part.
        name: String,
        /// The method's number (APPNOTE 4.4.5).
        method: u16,
    },
    /// Over [`super::limits::MAX_RATIO`].
    #[error("part {name:?} would unpack to more than {limit} times its size: the file is damaged or hostile")]
    Ratio {
        /// The part, or `all parts`.
        name: String,
        /// The ceiling.
        limit: u64,
    },
    /// Over [`super::limits::MAX_UNPACKED_BYTES`].
    #[error("the file would unpack to more than {limit} bytes: split it into several files")]
    TooLarge {
        /// The ceiling.
        limit: u64,
    },
    /// More or fewer bytes than declared.
    #[error("part {0:?} isn't as long as the archive says: the file is damaged or hostile")]
    Lied(String),
    /// Something inside that is an archive itself.
    #[error("part {0:?} is a file inside the file: remove embedded objects and save again")]
    Nested(String),
    /// A document type, the means of entity bombs.
    #[error("part {0:?} has a DOCTYPE, which no spreadsheet program writes: save the file again as .xlsx")]
    Doctype(String),
    /// Markup in another encoding.
    #[error("part {0:?} isn't UTF-8: save the file again as .xlsx")]
    NotUtf8(String),
    /// Markup that isn't well formed, or an address or number in it that can't be.
    #[error("part {name:?} has {what}: save the file again as .xlsx")]
    Markup {
        /// The part.
        name: String,
        /// What stands there.
        what: String,
    },
    /// More of something than a workbook has.
    #[error("part {name:?} has more than {limit} {what}: copy the table to a workbook of its own")]
    TooMany {
        /// The part.
        name: String,
        /// Of what.
        what: &'static str,
        /// The ceiling.
        limit: usize,
    },
    /// No workbook.
    #[error(
        "the archive has no xl/workbook.xml, so it isn't an Excel workbook: save it as .xlsx or CSV UTF-8"
    )]
    NoWorkbook,
}

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
