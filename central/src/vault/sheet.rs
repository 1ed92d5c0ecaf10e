//! The recovery export on paper: lines that can be typed and codes that can be scanned, both the same text.
//!
//! Each line says of which sheet it is, which of how many, and ends with a check, so that a typing mistake is
//! found in its line. The order in which lines are given back doesn't matter.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use askama::Template;
use data_encoding::{Encoding, Specification};
use lintel_core::chain::Hash;
use lintel_core::time::UtcMillis;
use lintel_runtime::catalogue::Words;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::words::words_in;

/// What every line begins with.
const MARK: &str = "LR1";
/// Bytes per line: 40 characters.
const LINE_BYTES: usize = 25;
/// Lines per code: about 900 characters, which a telephone reads from paper.
const CODE_LINES: usize = 16;
const MAX_LINES: usize = 999;

/// Crockford's alphabet: without I, L, O and U; what looks like one of its characters is read as it.
static ALPHABET: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut spec = Specification::new();
    spec.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    spec.translate.from.push_str("abcdefghjkmnpqrstvwxyzoOiIlL");
    spec.translate.to.push_str("ABCDEFGHJKMNPQRSTVWXYZ001111");
    spec.encoding().ok()
});

/// Lines that can't be read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// Not a line of a sheet.
    #[error("line {0:?} is not of a recovery sheet: a line begins with {MARK}")]
    Line(String),
    /// A mistake in a line.
    #[error("line {number} has a mistake in it: compare it with the sheet")]
    Check {
        /// Which, as printed.
        number: usize,
    },
    /// Lines are missing.
    #[error("these lines of the recovery sheet are missing: {}", list(.0))]
    Missing(Vec<usize>),
    /// Lines of two sheets.
    #[error("line {number} belongs to another recovery sheet")]
    Mixed {
        /// Which, as printed.
        number: usize,
    },
    /// Too much for paper, or no code can be drawn.
    #[error("the recovery export is too large for a sheet: keep the file")]
    TooLarge,
}

fn list(numbers: &[usize]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Bytes as printable lines: `LR1-7F3Q 03/41 ABCDE-… WXYZ`.
///
/// # Errors
/// [`SheetError::TooLarge`].
pub fn lines(bytes: &[u8]) -> Result<Vec<String>, SheetError> {
    let alphabet = ALPHABET.as_ref().ok_or(SheetError::TooLarge)?;
    let total = bytes.len().div_ceil(LINE_BYTES);
    if total == 0 || total > MAX_LINES {
        return Err(SheetError::TooLarge);
    }
    let sheet = short(MARK.as_bytes(), bytes);
    let line = |(number, some): (usize, &[u8])| {
        let text: Vec<char> = alphabet.encode(some).chars().collect();
        let groups: Vec<String> = text.chunks(5).map(|group| group.iter().collect()).collect();
        let sum = short(format!("{sheet} {number}/{total} ").as_bytes(), some);
        format!("{MARK}-{sheet} {number:02}/{total:02} {} {sum}", groups.join("-"))
    };
    Ok((1..).zip(bytes.chunks(LINE_BYTES)).map(line).collect())
}

/// Four characters over a line or a sheet.
fn short(what: &[u8], bytes: &[u8]) -> String {
    let sum = Hash::of(&[what, bytes].concat());
    let three = sum.as_bytes().first_chunk::<3>().copied().unwrap_or_default();
    ALPHABET.as_ref().map(|alphabet| alphabet.encode(&three).chars().take(4).collect()).unwrap_or_default()
}

/// A check as it was meant by whoever typed it.
fn meant(typed: &str) -> String {
    typed.to_uppercase().replace('O', "0").replace(['I', 'L'], "1")
}

/// The bytes of lines, in whichever order; blanks, dashes and case don't matter.
///
/// # Errors
/// [`SheetError`] names the line.
pub fn read(text: &str) -> Result<Vec<u8>, SheetError> {
    let alphabet = ALPHABET.as_ref().ok_or(SheetError::TooLarge)?;
    let mut found: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
    let mut of: Option<(String, usize)> = None;
    for line in text.split(['\n', '\r', '$']).map(str::trim).filter(|line| !line.is_empty()) {
        let (sheet, number, total, rest) = parts(line)
            .ok_or_else(|| SheetError::Line(line.chars().filter(|c| !c.is_control()).take(20).collect()))?;
        let wrong = || SheetError::Check { number };
        let (content, sum) =
            rest.len().checked_sub(4).and_then(|at| rest.split_at_checked(at)).ok_or_else(wrong)?;
        let bytes = alphabet.decode(content.as_bytes()).map_err(|_| wrong())?;
        if meant(sum) != short(format!("{sheet} {number}/{total} ").as_bytes(), &bytes) {
            return Err(wrong());
        }
        if *of.get_or_insert_with(|| (sheet.clone(), total)) != (sheet, total) {
            return Err(SheetError::Mixed { number });
        }
        found.insert(number, bytes);
    }
    let Some((sheet, total)) = of else { return Err(SheetError::Line(String::new())) };
    let missing: Vec<usize> = (1..=total).filter(|number| !found.contains_key(number)).collect();
    if !missing.is_empty() {
        return Err(SheetError::Missing(missing));
    }
    let bytes: Vec<u8> = found.into_values().flatten().collect();
    if short(MARK.as_bytes(), &bytes) == sheet { Ok(bytes) } else { Err(SheetError::Mixed { number: 1 }) }
}

/// A line's sheet, place, number of places, and the rest without blanks and dashes.
fn parts(line: &str) -> Option<(String, usize, usize, String)> {
    let mut words = line.split_whitespace();
    let (mark, sheet) = words.next()?.split_once('-')?;
    let (number, total) = words.next()?.split_once('/')?;
    let (number, total): (usize, usize) = (number.parse().ok()?, total.parse().ok()?);
    let sound = mark.eq_ignore_ascii_case(MARK) && total <= MAX_LINES && (1..=total).contains(&number);
    let rest = words.collect::<String>().replace('-', "");
    sound.then(|| (meant(sheet), number, total, rest))
}

/// Codes over the lines, as SVG. A code holds whole lines, joined by `$`, and only characters of the dense mode.
///
/// # Errors
/// [`SheetError::TooLarge`].
pub fn codes(lines: &[String]) -> Result<Vec<String>, SheetError> {
    let code = |some: &[String]| {
        let code = QrCode::with_error_correction_level(some.join("$"), EcLevel::M)
            .map_err(|_| SheetError::TooLarge)?;
        Ok(code.render::<svg::Color<'_>>().min_dimensions(360, 360).quiet_zone(true).build())
    };
    lines.chunks(CODE_LINES).map(code).collect()
}

#[derive(Template)]
#[template(path = "recovery_sheet.html")]
struct Page {
    words: Words<'static>,
    title: String,
    what: String,
    lines: Vec<String>,
    /// With what stands below each.
    codes: Vec<(String, String)>,
}

/// The page to print: what it is, what to do with it, the codes and the lines. Nothing on it is fetched from
/// anywhere.
///
/// # Errors
/// [`SheetError::TooLarge`].
pub fn page(sealed: &[u8], made: UtcMillis, host: &str) -> Result<String, SheetError> {
    let words = words_in("en");
    let lines = lines(sealed)?;
    let drawn = codes(&lines)?;
    let sheet = short(MARK.as_bytes(), sealed);
    let made = made.to_string().replace('T', " ");
    let made = format!("{} UTC", made.split('.').next().unwrap_or_default());
    let count = drawn.len();
    let caption = |number: usize| {
        words.say_with("recovery-code", &[("number", number.into()), ("count", count.into())])
    };
    let page = Page {
        words,
        title: words.say_with("recovery-title", &[("sheet", sheet.as_str().into())]),
        what: words.say_with("recovery-what", &[("made", made.as_str().into()), ("host", host.into())]),
        codes: (1..).zip(drawn).map(|(number, code)| (caption(number), code)).collect(),
        lines,
    };
    page.render().map_err(|_| SheetError::TooLarge)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_looks_like_this() {
        let lines = lines(b"twenty-five bytes of keys and some more").unwrap();
        let words: Vec<&str> = lines[0].split(' ').collect();
        assert_eq!((words.len(), words[1], words[2].len(), words[3].len()), (4, "01/02", 47, 4), "{lines:?}");
        assert!(words[0].starts_with("LR1-") && words[2].starts_with("EHVPA-VKMF4"), "{lines:?}");
    }

    #[test]
    fn a_mistyped_a_missing_and_a_foreign_line_are_named() {
        let lines = lines(&[7; 120]).unwrap();
        let typed = |change: &dyn Fn(&mut Vec<String>)| {
            let mut some = lines.clone();
            change(&mut some);
            read(&some.join("\n")).unwrap_err()
        };
        let wrong = typed(&|lines| lines[2] = lines[2].replacen("W3G", "W3H", 1));
        assert_eq!(wrong, SheetError::Check { number: 3 });
        let missing = typed(&|lines| drop(lines.remove(1)));
        assert_eq!(missing, SheetError::Missing(vec![2]));
        let foreign = typed(&|some| some[4] = super::lines(&[8; 120]).unwrap()[4].clone());
        assert_eq!(foreign, SheetError::Mixed { number: 5 });
        assert!(matches!(read("dear diary"), Err(SheetError::Line(_))));
        assert!(matches!(read(""), Err(SheetError::Line(_))));
    }

    #[test]
    fn every_code_can_be_drawn() {
        let lines = lines(&[0xa5; 2_400]).unwrap();
        let codes = codes(&lines).unwrap();
        assert_eq!(codes.len(), 6);
        assert!(codes.iter().all(|code| code.contains("<svg")));
    }

    #[test]
    fn the_page_holds_every_line_and_fetches_nothing() {
        let sealed = [0x5a; 700];
        let page = page(&sealed, UtcMillis::from_i64(1_795_161_600_000), "<b>host").unwrap();
        assert!(lines(&sealed).unwrap().iter().all(|line| page.contains(line)));
        assert!(page.contains("2026-11-20 08:00:00 UTC") && page.contains("&#60;b&#62;host"), "{page}");
        for hole in ["http://", "https://", "<script", "url("] {
            assert!(!page.replace("http://www.w3.org/2000/svg", "").contains(hole), "{hole}");
        }
    }

    proptest! {
        #[test]
        fn lines_give_the_bytes_back_in_any_order_and_case(
            bytes in prop::collection::vec(any::<u8>(), 1..3_000),
            backwards: bool,
            lower: bool,
        ) {
            let mut lines = lines(&bytes).unwrap();
            if backwards {
                lines.reverse();
            }
            let mut text = lines.join("$\n ");
            if lower {
                text = text.to_lowercase();
            }
            prop_assert_eq!(read(&text).unwrap(), bytes);
        }

        #[test]
        fn hostile_text_never_panics(text in "(LR1-[A-Z0-9]{0,4} )?[0-9]{0,4}/?[0-9]{0,4}[ A-Za-zé0-9$/-]{0,60}") {
            drop(read(&text));
        }
    }
}
