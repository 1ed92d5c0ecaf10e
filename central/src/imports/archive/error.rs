//! Why an archive isn't opened.

/// Why an archive isn't opened. Sizes are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// No directory at the end, or one that points outside.
    #[error("the file is cut off or damaged: send it again, or save it again as .xlsx")]
    NoDirectory,
    /// The form for archives of gigabytes, or one of several files.
    #[error("the archive is of the kind for very large files: save it again as .xlsx")]
    Zip64,
    /// Over [`super::super::limits::MAX_PARTS`].
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
    /// Over [`super::super::limits::MAX_RATIO`].
    #[error("part {name:?} would unpack to more than {limit} times its size: the file is damaged or hostile")]
    Ratio {
        /// The part, or `all parts`.
        name: String,
        /// The ceiling.
        limit: u64,
    },
    /// Over [`super::super::limits::MAX_UNPACKED_BYTES`].
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
