//! Writes the file: a line a group, each field in its form, then the bytes.

use super::error::PayrollError;
use super::groups::{Group, Key, group};
use super::line::PayLine;
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
