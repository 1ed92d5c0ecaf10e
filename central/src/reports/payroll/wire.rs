//! A mapping as it stands in its file. Names that nobody knows are refused by serde, with the line.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::encoding::Encoding;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wire {
    pub(super) name: String,
    pub(super) layout: Layout,
    pub(super) per: Per,
    #[serde(default)]
    pub(super) ignore: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) file: File,
    pub(super) hours: Spanned<Hours>,
    pub(super) days: Option<Spanned<Days>>,
    pub(super) dates: Option<Dates>,
    #[serde(default)]
    pub(super) line_kinds: LineKinds,
    pub(super) pay_codes: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(rename = "column")]
    pub(super) columns: Vec<Spanned<Column>>,
}

/// How people's codes stand in lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Layout {
    /// A line for each person and code.
    Long,
    /// A line for each person, a column for each code.
    Wide,
}

/// What one line covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Per {
    Day,
    Period,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) delimiter: Delimiter,
    pub(super) quote: Quote,
    pub(super) encoding: Encoding,
    pub(super) line_ending: LineEnding,
    pub(super) header: bool,
    pub(super) formulas: Formulas,
}

impl Default for File {
    fn default() -> Self {
        Self {
            delimiter: Delimiter::Comma,
            quote: Quote::WhereNeeded,
            encoding: Encoding::Utf8,
            line_ending: LineEnding::Crlf,
            header: true,
            formulas: Formulas::Neutralise,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Delimiter {
    #[serde(rename = ",")]
    Comma,
    #[serde(rename = ";")]
    Semicolon,
    #[serde(rename = "\t")]
    Tab,
    #[serde(rename = "|")]
    Bar,
}

impl Delimiter {
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Quote {
    WhereNeeded,
    Always,
    /// What would need quotes is an error.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LineEnding {
    Crlf,
    Lf,
}

/// What becomes of names that a spreadsheet would run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Formulas {
    /// They get an apostrophe in front.
    Neutralise,
    /// They stay: for a program that must find the very name, and nobody who opens the file.
    Keep,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hours {
    pub(super) style: Style,
    pub(super) digits: Option<u8>,
    pub(super) separator: Option<Separator>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Style {
    #[serde(rename = "decimal")]
    Decimal,
    #[serde(rename = "h:mm")]
    HoursAndMinutes,
    #[serde(rename = "minutes")]
    Minutes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Separator {
    #[serde(rename = ".")]
    Point,
    #[serde(rename = ",")]
    Comma,
}

impl Separator {
    pub(super) const fn as_char(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Days {
    /// `h:mm`.
    pub(super) length: String,
    pub(super) digits: u8,
    pub(super) separator: Separator,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dates {
    pub(super) format: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LineKinds {
    pub(super) original: String,
    pub(super) reversal: String,
    pub(super) adjustment: String,
}

impl Default for LineKinds {
    fn default() -> Self {
        Self { original: "original".into(), reversal: "reversal".into(), adjustment: "adjustment".into() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Column {
    pub(super) heading: String,
    pub(super) from: Option<From>,
    pub(super) text: Option<String>,
    pub(super) pay_code: Option<Spanned<String>>,
    pub(super) format: Option<Spanned<String>>,
}

/// Where a column's content comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum From {
    StaffNo,
    Name,
    Site,
    Team,
    PeriodStart,
    PeriodEnd,
    Date,
    PayCode,
    Hours,
    Minutes,
    Days,
    RatePercent,
    BatchId,
    LineKind,
}
