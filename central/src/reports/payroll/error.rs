//! Why there is no payroll file.

use super::line::{Category, PayLine};
use super::mapping::Mapping;

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
