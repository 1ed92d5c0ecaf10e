//! `/api/v1` of the record: days, timesheets, exceptions, corrections, reports.
//!
//! Lists come in pages as those of the rosters do. Whoever reads is in the audit before they have an answer.

pub mod change;
pub mod corrections;
pub mod days;
pub mod exceptions;
pub mod reports;
pub mod timesheets;

use jiff::civil::Date;

use crate::api::problem::Problem;
use crate::corrections::CorrectionError;
use crate::inquiries::{self, InquiryError};

/// Longest range of one list, in days.
const MAX_DAYS: i32 = 400;

impl From<InquiryError> for Problem {
    fn from(error: InquiryError) -> Self {
        use InquiryError as E;
        use axum::http::StatusCode as S;
        let (status, code) = match &error {
            E::When { .. } | E::NotTaken { .. } => (S::BAD_REQUEST, "bad_query"),
            E::Range { .. } => (S::BAD_REQUEST, "bad_range"),
            E::TooMany => (S::UNPROCESSABLE_ENTITY, "too_many_lines"),
            E::UnknownSite(_) => (S::UNPROCESSABLE_ENTITY, "unknown_site"),
            E::UnknownPerson(_) => (S::NOT_FOUND, "unknown_person"),
            E::Zone(_) | E::Document(_) | E::Plot(_) | E::Store(_) => return Self::internal(&error),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<CorrectionError> for Problem {
    fn from(error: CorrectionError) -> Self {
        use CorrectionError as E;
        use axum::http::StatusCode as S;
        let (status, code) = match &error {
            E::UnknownPerson => (S::UNPROCESSABLE_ENTITY, "unknown_person"),
            E::UnknownSite(_) => (S::UNPROCESSABLE_ENTITY, "unknown_site"),
            E::UnknownPunch => (S::UNPROCESSABLE_ENTITY, "unknown_punch"),
            E::Unknown => (S::NOT_FOUND, "unknown_correction"),
            E::Decided => (S::CONFLICT, "decided_already"),
            E::Own => (S::FORBIDDEN, "own_record"),
            E::Others => (S::FORBIDDEN, "not_allowed"),
            E::NotToBeGiven => (S::CONFLICT, "not_to_be_given"),
            E::Theirs => (S::CONFLICT, "theirs_already"),
            E::Reason => (S::UNPROCESSABLE_ENTITY, "reason_needed"),
            E::Instant => (S::UNPROCESSABLE_ENTITY, "unlikely_instant"),
            E::Zone(_) | E::Random(_) | E::Store(_) => return Self::internal(&error),
        };
        Self::new(status, code, error.to_string())
    }
}

fn expect_range(from: Date, to: Date) -> Result<(), Problem> {
    Ok(inquiries::expect_range(from, to, MAX_DAYS)?)
}
