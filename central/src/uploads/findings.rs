//! What came of each row.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Kind, Mode};
use crate::imports::RowErrors;
use crate::imports::limits::MAX_ROW_ERRORS;

/// What a row does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = RowAct)]
pub enum Act {
    /// Something new.
    Create,
    /// Something that was there is otherwise now.
    Change,
    /// It is all there already.
    Nothing,
}

impl Act {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Change => "change",
            Self::Nothing => "nothing",
        }
    }
}

/// A row that can be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowDone {
    /// Its number in the file.
    pub row: usize,
    /// Whom or what it is about: a staff number, or the day of a holiday.
    pub about: String,
    /// What it does.
    pub action: Act,
    /// What exactly.
    pub what: String,
}

/// A row that can't.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RowRefused {
    /// Its number in the file.
    pub row: usize,
    /// Whom or what it is about; empty when the row couldn't be read.
    pub about: String,
    /// The column, where it is one cell's fault.
    pub column: Option<String>,
    /// What stands there, of a row that couldn't be read.
    pub value: String,
    /// For programs, such as `unknown_shift`.
    pub code: &'static str,
    /// What is wrong and what to write.
    pub reason: String,
}

/// How many rows of each sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RowCounts)]
pub struct Counts {
    /// Something new.
    pub create: usize,
    /// Changes.
    pub change: usize,
    /// There already.
    pub nothing: usize,
    /// Can't be done; a row with two faults counts twice.
    pub refused: usize,
}

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ImportReport)]
pub struct Report {
    /// What it was about.
    pub kind: Kind,
    /// The sheet's name, or the file's.
    pub source: String,
    /// Whether it was only tried.
    pub dry_run: bool,
    /// Whether it was written.
    pub applied: bool,
    /// How many rows of each sort.
    pub counts: Counts,
    /// The rows that can be done, by number.
    pub rows: Vec<RowDone>,
    /// The rows that can't, by number.
    pub errors: Vec<RowRefused>,
    /// How many more there are than are listed.
    pub more_errors: usize,
}

impl Report {
    /// Whether every row can be done.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.counts.refused == 0
    }
}

/// Rows as they are judged.
#[derive(Debug, Default)]
pub(super) struct Findings {
    counts: Counts,
    rows: Vec<RowDone>,
    errors: Vec<RowRefused>,
    more_errors: usize,
}

impl Findings {
    /// The rows that couldn't even be read.
    pub(super) fn unread(&mut self, errors: &RowErrors) {
        for error in errors.listed() {
            let code = if error.column.is_some() { "bad_cell" } else { "bad_row" };
            self.refused(RowRefused {
                row: error.row,
                about: String::new(),
                column: error.column.clone(),
                value: error.value.clone(),
                code,
                reason: error.reason.clone(),
            });
        }
        self.counts.refused += errors.more();
        self.more_errors += errors.more();
    }

    pub(super) fn done(&mut self, row: RowDone) {
        match row.action {
            Act::Create => self.counts.create += 1,
            Act::Change => self.counts.change += 1,
            Act::Nothing => self.counts.nothing += 1,
        }
        self.rows.push(row);
    }

    pub(super) fn refused(&mut self, row: RowRefused) {
        self.counts.refused += 1;
        if self.errors.len() < MAX_ROW_ERRORS {
            self.errors.push(row);
        } else {
            self.more_errors += 1;
        }
    }

    /// Whether every row can be done.
    pub(super) fn are_clean(&self) -> bool {
        self.counts.refused == 0
    }

    /// Whether a row does anything.
    pub(super) fn change_something(&self) -> bool {
        self.counts.create + self.counts.change > 0
    }

    pub(super) fn report(mut self, kind: Kind, source: String, mode: Mode, applied: bool) -> Report {
        self.rows.sort_by_key(|row| row.row);
        self.errors.sort_by_key(|error| error.row);
        Report {
            kind,
            source,
            dry_run: mode == Mode::Trial,
            applied,
            counts: self.counts,
            rows: self.rows,
            errors: self.errors,
            more_errors: self.more_errors,
        }
    }
}
