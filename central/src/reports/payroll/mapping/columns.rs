//! The columns of a mapping, each checked against its layout.

use std::ops::Range;

use super::{Form, From, Layout, Lines, MappingError, Per, Problem, Wire};
use super::{date_format, days_form, hours_form};
use crate::reports::payroll::dates::DateFormat;
use crate::reports::payroll::wire;

/// A column of the file.
#[derive(Debug)]
pub(in crate::reports::payroll) struct Column {
    pub(in crate::reports::payroll) heading: String,
    pub(in crate::reports::payroll) content: Content,
}

/// What stands in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::reports::payroll) enum Content {
    Fixed(String),
    StaffNo,
    Name,
    Site,
    Team,
    PeriodStart(DateFormat),
    PeriodEnd(DateFormat),
    Date(DateFormat),
    PayCode,
    /// An amount: of the line's code, or of one code of the whole line.
    Amount(Form, Option<usize>),
    RatePercent,
    BatchId,
    LineKind,
}

pub(super) fn read(lines: &Lines<'_>, wire: &Wire, codes: &[String]) -> Result<Vec<Column>, MappingError> {
    let mut columns = Vec::with_capacity(wire.columns.len());
    for spanned in &wire.columns {
        let (column, span) = (spanned.get_ref(), spanned.span());
        let content = content(lines, wire, codes, column, &span)?;
        columns.push(Column { heading: column.heading.clone(), content });
    }
    if wire.layout == Layout::Wide {
        let has = |code: usize| {
            columns.iter().any(|one| matches!(one.content, Content::Amount(_, Some(of)) if of == code))
        };
        if let Some((_, code)) = codes.iter().enumerate().find(|(place, _)| !has(*place)) {
            let entry = wire.pay_codes.iter().find(|(_, one)| one.get_ref() == code);
            let span = entry.map_or(0..0, |(name, _)| name.span());
            return Err(lines.at(&span, Problem::Uncovered(code.clone())));
        }
    }
    Ok(columns)
}

fn content(
    lines: &Lines<'_>,
    wire: &Wire,
    codes: &[String],
    column: &wire::Column,
    span: &Range<usize>,
) -> Result<Content, MappingError> {
    let heading = || column.heading.clone();
    let at = |problem| lines.at(span, problem);
    let from = match (column.from, &column.text) {
        (Some(from), None) => Some(from),
        (None, Some(_)) => None,
        _ => return Err(at(Problem::Content(heading()))),
    };
    let is_date = matches!(from, Some(From::PeriodStart | From::PeriodEnd | From::Date));
    let is_amount = matches!(from, Some(From::Hours | From::Minutes | From::Days));
    if column.format.is_some() && !is_date {
        return Err(at(Problem::Useless { column: heading(), setting: "format" }));
    }
    if column.pay_code.is_some() && !is_amount {
        return Err(at(Problem::Useless { column: heading(), setting: "pay_code" }));
    }
    let Some(from) = from else { return Ok(Content::Fixed(column.text.clone().unwrap_or_default())) };
    if let Some(why) = misfit(wire, from, column.pay_code.is_some()) {
        return Err(at(Problem::Layout { column: heading(), why }));
    }
    let date = || date_format(lines, wire, column.format.as_ref());
    let code = || code_of(lines, codes, column);
    Ok(match from {
        From::StaffNo => Content::StaffNo,
        From::Name => Content::Name,
        From::Site => Content::Site,
        From::Team => Content::Team,
        From::PeriodStart => Content::PeriodStart(date()?),
        From::PeriodEnd => Content::PeriodEnd(date()?),
        From::Date => Content::Date(date()?),
        From::PayCode => Content::PayCode,
        From::Hours => Content::Amount(hours_form(lines, wire)?, code()?),
        From::Minutes => Content::Amount(Form::Minutes, code()?),
        From::Days => Content::Amount(days_form(lines, wire, span)?, code()?),
        From::RatePercent => Content::RatePercent,
        From::BatchId => Content::BatchId,
        From::LineKind => Content::LineKind,
    })
}

/// Why a column can't stand in this file.
fn misfit(wire: &Wire, from: From, has_code: bool) -> Option<&'static str> {
    let is_amount = matches!(from, From::Hours | From::Minutes | From::Days);
    match (wire.layout, wire.per) {
        (_, Per::Period) if from == From::Date => {
            Some("a line for a period has no date: write period_start or period_end, or per = \"day\"")
        }
        (Layout::Long, _) if is_amount && has_code => {
            Some("in the long layout each line has its own code: remove pay_code")
        }
        (Layout::Wide, _) if is_amount && !has_code => {
            Some("in the wide layout an amount is of one code: add pay_code = \"…\"")
        }
        (Layout::Wide, _) if matches!(from, From::PayCode | From::RatePercent) => {
            Some("in the wide layout a line has many codes: write layout = \"long\", or remove the column")
        }
        _ => None,
    }
}

fn code_of(
    lines: &Lines<'_>,
    codes: &[String],
    column: &wire::Column,
) -> Result<Option<usize>, MappingError> {
    let Some(code) = &column.pay_code else { return Ok(None) };
    match codes.iter().position(|known| known == code.get_ref()) {
        Some(place) => Ok(Some(place)),
        None => {
            let problem = Problem::Code {
                column: column.heading.clone(),
                code: code.get_ref().clone(),
                known: codes.join(", "),
            };
            Err(lines.at(&code.span(), problem))
        }
    }
}
