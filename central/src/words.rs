//! The centre's texts: the Fluent files under `text/`, part of the program.
//!
//! Pages take their words from here by the reader's `Accept-Language`. Nothing here knows a page.

use std::sync::LazyLock;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use lintel_runtime::catalogue::{Catalogue, Words};

/// One file a page, so that a page and its words are found together.
const EN: &[&str] = &[
    include_str!("../text/en/accounts.ftl"),
    include_str!("../text/en/audit.ftl"),
    include_str!("../text/en/badges.ftl"),
    include_str!("../text/en/date.ftl"),
    include_str!("../text/en/devices.ftl"),
    include_str!("../text/en/documents.ftl"),
    include_str!("../text/en/login.ftl"),
    include_str!("../text/en/month.ftl"),
    include_str!("../text/en/people.ftl"),
    include_str!("../text/en/plots.ftl"),
    include_str!("../text/en/recovery.ftl"),
    include_str!("../text/en/reports.ftl"),
    include_str!("../text/en/shell.ftl"),
    include_str!("../text/en/today.ftl"),
];

// A constant of the build: the test below is what keeps it readable.
static CATALOGUE: LazyLock<Option<Catalogue>> = LazyLock::new(|| Catalogue::new(&[("en", EN)]).ok());
static EMPTY: LazyLock<Catalogue> = LazyLock::new(Catalogue::mute);

/// The words for whoever sent a request.
#[must_use]
pub fn words(headers: &HeaderMap) -> Words<'static> {
    let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    words_in(asked)
}

/// The words in a language, as a browser asks for it.
#[must_use]
pub fn words_in(accept_language: &str) -> Words<'static> {
    CATALOGUE.as_ref().unwrap_or(&EMPTY).words(accept_language)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    fn read_all(folder: &Path, endings: &[&str], into: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                read_all(&path, endings, into);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one)) {
                into.push(std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    #[test]
    fn every_file_of_texts_is_part_of_the_program_and_can_be_read() {
        Catalogue::new(&[("en", EN)]).unwrap();
        let mut files = Vec::new();
        read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("text/en"), &["ftl"], &mut files);
        assert_eq!(files.len(), EN.len(), "name each file in words.rs");
    }

    #[test]
    fn what_is_said_is_defined_and_what_is_defined_is_said() {
        let mut sources = Vec::new();
        read_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &["rs", "html", "js"], &mut sources);
        let found = lintel_runtime::catalogue::differences(EN, &sources);
        assert!(found.is_empty(), "{found:#?}");
    }
}
