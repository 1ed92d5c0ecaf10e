//! The file for payroll: Lintel's hours under the payroll's codes, in the form that the payroll program reads.
//!
//! Each payroll program wants another file, so what it looks like is data: a mapping in TOML (samples under
//! `config/payroll/`), not code. Pure: lines in, bytes out.
//!
//! **Rounding.** Lines of one person, period (or day), kind and pay code are added up in exact milliseconds
//! first; then each amount that is written is rounded once, to the last digit of its form, halves away from
//! zero. Sums of rounded amounts and exact sums differ by at most half a unit for each amount. The difference
//! is not spread over anybody's lines: it is reported for each code ([`Reconciled`]), so that
//! `exact = written + remainder` holds to the millisecond and payroll can check its own total against
//! `written`. A reversal is written as the exact negative of what it takes back, if that was one amount.
//!
//! It must never lose hours in silence: a category without a pay code, a code without a column, and rates that
//! one code cannot tell apart are errors.

mod dates;
mod encoding;
mod error;
mod export;
mod groups;
mod line;
mod mapping;
mod reconciled;
mod wire;

pub use dates::UnknownDirective;
pub use encoding::Encoding;
pub use error::PayrollError;
pub use export::{PayFile, export};
pub use line::{Category, LineKind, NotACategory, PayLine, Period, When};
pub use mapping::{Mapping, MappingError, Problem};
pub use reconciled::{CodeSum, Reconciled};

#[cfg(test)]
mod tests;
