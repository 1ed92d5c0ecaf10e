//! A mapping that was read and checked: what is left can be written without asking again.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::ops::Range;

use super::dates::{DateFormat, UnknownDirective};
use super::encoding::Encoding;
use super::line::{Category, LineKind, NotACategory};
use super::wire::{self, From, Layout, Per, Wire};
use crate::reports::hours::{Digits, HOUR_MS, MINUTE_MS, h_mm, rounded};

mod columns;

pub(super) use columns::{Column, Content};

/// How a payroll program wants its file.
#[derive(Debug)]
pub struct Mapping {
    name: String,
    pub(super) layout: Layout,
    pub(super) per: Per,
    pub(super) file: wire::File,
    pub(super) line_kinds: wire::LineKinds,
    pub(super) columns: Vec<Column>,
    /// The payroll's codes in the order of the file.
    pub(super) codes: Vec<String>,
    /// Which code a category has, at one rate or at any.
    rules: BTreeMap<(Category, Option<u16>), usize>,
    ignored: BTreeSet<Category>,
    /// What is reconciled: the form of the first column with an amount.
    pub(super) form: Form,
}

/// How an amount is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A decimal number of hours or of days: unit of the last digit in ms, digits, separator.
    Decimal(NonZeroU32, Digits, char),
    HoursAndMinutes,
    Minutes,
}

impl Form {
    /// What is lost below, in ms.
    pub(super) const fn unit_ms(self) -> NonZeroU32 {
        match self {
            Self::Decimal(unit, ..) => unit,
            Self::HoursAndMinutes | Self::Minutes => MINUTE_MS,
        }
    }

    pub(super) fn written(self, millis: i64) -> String {
        match self {
            Self::Decimal(unit, digits, separator) => digits.written(rounded(millis, unit), separator),
            Self::HoursAndMinutes => h_mm(millis),
            Self::Minutes => rounded(millis, MINUTE_MS).to_string(),
        }
    }
}

/// A mapping can't be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Not TOML, or a name that nobody knows; the text says the line, the name and the known ones.
    #[error("read the payroll mapping: {0}")]
    Toml(#[from] toml::de::Error),
    /// TOML that makes no sense.
    #[error("payroll mapping, line {line}: {problem}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        problem: Problem,
    },
}

/// What is wrong with a line of a mapping.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No such category.
    #[error("{0}")]
    Category(#[from] NotACategory),
    /// A rate behind a category that is no number.
    #[error("{0:?} is no rate: write whole percent behind the @, such as overtime_daily@150")]
    Rate(String),
    /// The same category twice, or both mapped and ignored.
    #[error("{0:?} stands here for the second time: say once what becomes of it")]
    Twice(String),
    /// No such date format.
    #[error("{0}")]
    Date(#[from] UnknownDirective),
    /// Digits or a separator where they mean nothing, or none where they are needed.
    #[error(
        "style = \"decimal\" needs digits = 2, 3 or 4 and separator = \".\" or \",\"; other styles take neither"
    )]
    HoursForm,
    /// The length of a day.
    #[error(
        "{0:?} days can't be counted: write [days] length = \"8:00\" (whole minutes, up to 24:00) and digits = 0 to 4"
    )]
    DayLength(String),
    /// A column with two contents or none.
    #[error("column {0:?} needs one of: from = \"…\", text = \"…\"")]
    Content(String),
    /// A setting that this column has no use for.
    #[error("column {column:?} has no use for {setting}: remove it")]
    Useless {
        /// The heading.
        column: String,
        /// The setting.
        setting: &'static str,
    },
    /// A column that its layout can't have.
    #[error("column {column:?}: {why}")]
    Layout {
        /// The heading.
        column: String,
        /// Why, and what to write.
        why: &'static str,
    },
    /// A column of a code that no category has.
    #[error("column {column:?}: no category has the pay code {code:?}; known are {known}")]
    Code {
        /// The heading.
        column: String,
        /// The code.
        code: String,
        /// The codes of `[pay_codes]`.
        known: String,
    },
    /// A code whose hours would be lost.
    #[error("pay code {0:?} has no column: add one with from = \"hours\" and pay_code = {0:?}")]
    Uncovered(String),
    /// Nothing to pay by.
    #[error("no column has an amount: add one with from = \"hours\", \"minutes\" or \"days\"")]
    NoAmount,
}

/// What a category's hours become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// They go under a code, by a rule for this rate or for any.
    Code { code: usize, any_rate: bool },
    /// The mapping says to leave them out.
    Ignored,
    /// The mapping says nothing.
    Unmapped,
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// [`MappingError`], with the line.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let wire: Wire = toml::from_str(text)?;
        let lines = Lines(text);
        let (codes, rules) = pay_codes(&lines, &wire)?;
        let mut ignored = BTreeSet::new();
        for name in &wire.ignore {
            let at = |problem| lines.at(&name.span(), problem);
            let category: Category = name.get_ref().parse().map_err(|error| at(Problem::Category(error)))?;
            let mapped = rules.keys().any(|(mapped, _)| *mapped == category);
            if mapped || !ignored.insert(category) {
                return Err(at(Problem::Twice(name.get_ref().clone())));
            }
        }
        let columns = columns::read(&lines, &wire, &codes)?;
        let form = columns.iter().find_map(|column| match column.content {
            Content::Amount(form, _) => Some(form),
            _ => None,
        });
        let form = form.ok_or_else(|| lines.at(&(0..0), Problem::NoAmount))?;
        Ok(Self {
            name: wire.name,
            layout: wire.layout,
            per: wire.per,
            file: wire.file,
            line_kinds: wire.line_kinds,
            columns,
            codes,
            rules,
            ignored,
            form,
        })
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file's character set.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.file.encoding
    }

    /// Whether hours of a category are left out because the mapping says so.
    #[must_use]
    pub fn ignores(&self, category: &Category) -> bool {
        self.ignored.contains(category)
    }

    /// Whether a line of the file is of one day, not of a period.
    #[must_use]
    pub fn is_by_day(&self) -> bool {
        self.per == Per::Day
    }

    pub(super) fn fate(&self, category: &Category, rate: Option<u16>) -> Fate {
        let rule = |rate| self.rules.get(&(category.clone(), rate)).copied();
        if let Some(code) = rate.and_then(|rate| rule(Some(rate))) {
            return Fate::Code { code, any_rate: false };
        }
        match rule(None) {
            Some(code) => Fate::Code { code, any_rate: true },
            None if self.ignores(category) => Fate::Ignored,
            None => Fate::Unmapped,
        }
    }

    pub(super) fn shows(&self, content: &Content) -> bool {
        self.columns.iter().any(|column| column.content == *content)
    }

    pub(super) fn word(&self, kind: LineKind) -> &str {
        match kind {
            LineKind::Original => &self.line_kinds.original,
            LineKind::Reversal => &self.line_kinds.reversal,
            LineKind::Adjustment => &self.line_kinds.adjustment,
        }
    }
}

/// Where in the text something stands.
struct Lines<'a>(&'a str);

impl Lines<'_> {
    fn at(&self, span: &Range<usize>, problem: Problem) -> MappingError {
        let before = self.0.get(..span.start).unwrap_or_default();
        MappingError::Line { line: before.matches('\n').count() + 1, problem }
    }
}

type Rules = BTreeMap<(Category, Option<u16>), usize>;

fn pay_codes(lines: &Lines<'_>, wire: &Wire) -> Result<(Vec<String>, Rules), MappingError> {
    let mut entries: Vec<_> = wire.pay_codes.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    let (mut codes, mut rules) = (Vec::<String>::new(), Rules::new());
    for (name, code) in entries {
        let at = |problem| lines.at(&name.span(), problem);
        let (category, rate) = match name.get_ref().split_once('@') {
            Some((category, rate)) => {
                let rate = rate.parse().map_err(|_| at(Problem::Rate(rate.to_owned())))?;
                (category, Some(rate))
            }
            None => (name.get_ref().as_str(), None),
        };
        let category: Category = category.parse().map_err(|error| at(Problem::Category(error)))?;
        let known = codes.iter().position(|known| known == code.get_ref());
        let place = known.unwrap_or_else(|| {
            codes.push(code.get_ref().clone());
            codes.len() - 1
        });
        if rules.insert((category, rate), place).is_some() {
            return Err(at(Problem::Twice(name.get_ref().clone())));
        }
    }
    Ok((codes, rules))
}

/// The form of `hours` columns.
fn hours_form(lines: &Lines<'_>, wire: &Wire) -> Result<Form, MappingError> {
    let hours = wire.hours.get_ref();
    let refused = || lines.at(&wire.hours.span(), Problem::HoursForm);
    match (hours.style, hours.digits, hours.separator) {
        (wire::Style::Decimal, Some(digits @ 2..=4), Some(separator)) => {
            let digits = Digits::new(digits).ok_or_else(refused)?;
            let unit = digits.unit_of(HOUR_MS).ok_or_else(refused)?;
            Ok(Form::Decimal(unit, digits, separator.as_char()))
        }
        (wire::Style::HoursAndMinutes, None, None) => Ok(Form::HoursAndMinutes),
        (wire::Style::Minutes, None, None) => Ok(Form::Minutes),
        _ => Err(refused()),
    }
}

/// The form of `days` columns.
fn days_form(lines: &Lines<'_>, wire: &Wire, span: &Range<usize>) -> Result<Form, MappingError> {
    let Some(spanned) = &wire.days else {
        return Err(lines.at(span, Problem::DayLength(String::new())));
    };
    let days = spanned.get_ref();
    let form = || {
        let (hours, minutes) = days.length.split_once(':')?;
        let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let length = hours.checked_mul(60)?.checked_add(minutes).filter(|all| (1..=1440).contains(all))?;
        let digits = Digits::new(days.digits)?;
        let unit = digits.unit_of(length * MINUTE_MS.get())?;
        (minutes < 60).then_some(Form::Decimal(unit, digits, days.separator.as_char()))
    };
    form().ok_or_else(|| lines.at(&spanned.span(), Problem::DayLength(days.length.clone())))
}

fn date_format(
    lines: &Lines<'_>,
    wire: &Wire,
    own: Option<&toml::Spanned<String>>,
) -> Result<DateFormat, MappingError> {
    match own.or(wire.dates.as_ref().map(|dates| &dates.format)) {
        Some(format) => {
            DateFormat::parse(format.get_ref()).map_err(|error| lines.at(&format.span(), error.into()))
        }
        None => DateFormat::parse("%Y-%m-%d").map_err(|error| lines.at(&(0..0), error.into())),
    }
}
