//! Writes the file: a line a group, each field in its form, then the bytes.

use super::groups::{Group, Key, group};
use super::line::{Category, PayLine};
use super::mapping::{Content, Mapping};
use super::reconciled::{Reconciled, Reconciling};
use super::wire::{Formulas, LineEnding, Quote};
use crate::reports::formula::harmless;

/// The file, and what to check it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayFile {
    /// The file.
    pub bytes: Vec<u8>,
    /// Lines in it, without the head line.
    pub lines: u64,
    /// Lines that were not written because each of their amounts is exactly nothing.
    pub left_out: u64,
    /// Sums by code, and what rounding took from them.
    pub reconciled: Reconciled,
}

/// Lines can't be written as a mapping wants them.
#[derive(Debug, thiserror::Error)]
pub enum PayrollError {
    /// Hours that would be lost.
    #[error(
        "{who} has hours of the category {category}, which has no pay code: add \"{category}\" = \"…\" to \
         [pay_codes], or name it in ignore = […]"
    )]
    Unmapped {
        /// Staff number, or the person's key.
        who: String,
        /// The category.
        category: Category,
    },
    /// Hours that would be paid wrongly.
    #[error(
        "{category} under the pay code {code:?} is at {first} and, for {who}, at {second}: give each rate its \
         code by \"{category}@<percent>\" = \"…\" in [pay_codes], or add a column with from = \"rate_percent\""
    )]
    Rates {
        /// Staff number, or the person's key.
        who: String,
        /// The category.
        category: Category,
        /// The code.
        code: String,
        /// The rate that was seen first.
        first: String,
        /// The other one.
        second: String,
    },
    /// Payroll could not tell who it is.
    #[error("person {person} has no staff number, and the file has a column for it: give them one")]
    NoStaffNumber {
        /// The person's key.
        person: String,
    },
    /// The sum leaves the range of 64 bits.
    #[error("the hours of person {person} are too many to be added up: look at their lines")]
    Sum {
        /// The person's key.
        person: String,
    },
    /// A character without a byte in the file's character set.
    #[error(
        "line {line} of the file, column {column:?}: {character:?} does not exist in {charset}: \
         choose encoding = \"utf-8\" if the payroll program reads it, or change the text"
    )]
    Character {
        /// Line of the file, counted from 1 with the head line.
        line: u64,
        /// The heading.
        column: String,
        /// The character.
        character: char,
        /// The character set.
        charset: &'static str,
    },
    /// Text that breaks a line which may have no quotes.
    #[error(
        "line {line} of the file, column {column:?}: the text has a delimiter, quote or line break in it: \
         write quote = \"where_needed\", or choose another delimiter"
    )]
    Unquoted {
        /// Line of the file, counted from 1 with the head line.
        line: u64,
        /// The heading.
        column: String,
    },
    /// The CSV writer failed.
    #[error("write the payroll file")]
    Csv(#[from] ::csv::Error),
    /// The memory that it is written to failed.
    #[error("write the payroll file")]
    Write(#[from] std::io::Error),
}

impl PayrollError {
    pub(super) fn unmapped(line: &PayLine) -> Self {
        Self::Unmapped { who: who(line), category: line.category.clone() }
    }

    pub(super) fn rates(mapping: &Mapping, code: usize, line: &PayLine, first: Option<u16>) -> Self {
        let said = |rate: Option<u16>| rate.map_or("no rate".to_owned(), |rate| format!("{rate} %"));
        Self::Rates {
            who: who(line),
            category: line.category.clone(),
            code: mapping.codes.get(code).cloned().unwrap_or_default(),
            first: said(first),
            second: said(line.rate_percent),
        }
    }
}

fn who(line: &PayLine) -> String {
    line.staff_no.as_ref().map_or_else(|| format!("person {}", line.person), |no| format!("staff no {no}"))
}

/// Writes lines as a mapping wants them: by staff number, then period, day, kind and code, whatever the order
/// they come in.
///
/// # Errors
/// [`PayrollError`]. Nothing is written then: half a payroll file is worse than none.
pub fn export<'a>(
    mapping: &Mapping,
    batch_id: &str,
    lines: impl IntoIterator<Item = &'a PayLine>,
) -> Result<PayFile, PayrollError> {
    let groups = group(mapping, lines)?;
    let mut reconciling = Reconciling::new(mapping.form);
    let mut file = Fields::begin(mapping)?;
    let mut left_out = 0;
    for (key, group) in &groups {
        if group.amounts.values().all(|millis| *millis == 0) {
            left_out += 1;
            continue;
        }
        for (code, millis) in &group.amounts {
            reconciling.add(*code, *millis);
        }
        for column in &mapping.columns {
            let text = field(mapping, batch_id, &column.content, key, group);
            file.field(&column.heading, &text)?;
        }
        file.end_line()?;
    }
    let lines = file.line - 1 - u64::from(mapping.file.header);
    Ok(PayFile { bytes: file.finish()?, lines, left_out, reconciled: reconciling.finish(&mapping.codes) })
}

fn field(mapping: &Mapping, batch_id: &str, content: &Content, key: &Key<'_>, group: &Group<'_>) -> String {
    let free = |text: &str| match mapping.file.formulas {
        Formulas::Neutralise => harmless(text).into_owned(),
        Formulas::Keep => text.to_owned(),
    };
    match content {
        Content::Fixed(text) => text.clone(),
        Content::StaffNo => free(key.staff_no.unwrap_or_default()),
        Content::Name => free(group.name),
        Content::Site => free(key.site),
        Content::Team => free(key.team),
        Content::PeriodStart(format) => format.written(key.period.first),
        Content::PeriodEnd(format) => format.written(key.period.last),
        Content::Date(format) => format.written(key.date.unwrap_or(key.period.last)),
        Content::PayCode => key.code.and_then(|code| mapping.codes.get(code)).cloned().unwrap_or_default(),
        Content::Amount(form, of) => {
            let millis = of.or(key.code).and_then(|code| group.amounts.get(&code));
            millis.map(|millis| form.written(*millis)).unwrap_or_default()
        }
        Content::RatePercent => key.rate.map(|rate| rate.to_string()).unwrap_or_default(),
        Content::BatchId => batch_id.to_owned(),
        Content::LineKind => mapping.word(key.kind).to_owned(),
    }
}

/// The file as it grows, in its character set.
struct Fields<'a> {
    mapping: &'a Mapping,
    writer: ::csv::Writer<Vec<u8>>,
    /// Counted from 1 with the head line.
    line: u64,
}

impl<'a> Fields<'a> {
    fn begin(mapping: &'a Mapping) -> Result<Self, PayrollError> {
        let file = &mapping.file;
        let writer = ::csv::WriterBuilder::new()
            .delimiter(file.delimiter.byte())
            .terminator(match file.line_ending {
                LineEnding::Crlf => ::csv::Terminator::CRLF,
                LineEnding::Lf => ::csv::Terminator::Any(b'\n'),
            })
            .quote_style(match file.quote {
                Quote::WhereNeeded => ::csv::QuoteStyle::Necessary,
                Quote::Always => ::csv::QuoteStyle::Always,
                Quote::Never => ::csv::QuoteStyle::Never,
            })
            .from_writer(file.encoding.mark().to_vec());
        let mut this = Self { mapping, writer, line: 1 };
        if file.header {
            for column in &mapping.columns {
                this.field(&column.heading, &column.heading)?;
            }
            this.end_line()?;
        }
        Ok(this)
    }

    fn field(&mut self, column: &str, text: &str) -> Result<(), PayrollError> {
        let file = &self.mapping.file;
        let breaks = |c: char| c == char::from(file.delimiter.byte()) || matches!(c, '"' | '\n' | '\r');
        if file.quote == Quote::Never && text.contains(breaks) {
            return Err(PayrollError::Unquoted { line: self.line, column: column.to_owned() });
        }
        let bytes = file.encoding.bytes(text).map_err(|character| PayrollError::Character {
            line: self.line,
            column: column.to_owned(),
            character,
            charset: file.encoding.charset(),
        })?;
        Ok(self.writer.write_field(bytes)?)
    }

    fn end_line(&mut self) -> Result<(), PayrollError> {
        self.line += 1;
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }

    fn finish(self) -> Result<Vec<u8>, PayrollError> {
        self.writer.into_inner().map_err(|error| error.into_error().into())
    }
}
