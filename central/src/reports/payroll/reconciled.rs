//! What was written against what was meant, for each pay code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::mapping::Form;
use crate::reports::hours::rounded;

/// The sums of one pay code, or of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CodeSum {
    /// The code; empty for the sum of all.
    pub pay_code: String,
    /// Amounts that were written.
    pub amounts: u64,
    /// The exact sum in milliseconds.
    pub exact_ms: i64,
    /// The sum of the rounded amounts in milliseconds: what the payroll program adds up.
    pub written_ms: i64,
    /// The same as the file writes it, such as `1203.25`.
    pub written: String,
}

impl CodeSum {
    /// What rounding took away, or added if negative, in milliseconds: `exact = written + remainder`.
    #[must_use]
    pub const fn remainder_ms(&self) -> i64 {
        self.exact_ms.saturating_sub(self.written_ms)
    }
}

/// What was written against what was meant. Amounts in other forms than that of the mapping's first column
/// with an amount are not in it: they say the same hours once more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = PayrollSums)]
pub struct Reconciled {
    /// Each code with an amount, in the mapping's order.
    pub codes: Vec<CodeSum>,
    /// All of them.
    pub total: CodeSum,
}

/// Collects amounts as they are written.
#[derive(Debug)]
pub(super) struct Reconciling {
    form: Form,
    codes: BTreeMap<usize, (u64, i128, i128)>,
}

impl Reconciling {
    pub(super) const fn new(form: Form) -> Self {
        Self { form, codes: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, code: usize, millis: i64) {
        let unit = self.form.unit_ms();
        let (amounts, exact, written) = self.codes.entry(code).or_default();
        *amounts += 1;
        *exact += i128::from(millis);
        *written += i128::from(rounded(millis, unit)) * i128::from(unit.get());
    }

    pub(super) fn finish(self, names: &[String]) -> Reconciled {
        let form = self.form;
        // Beyond 292 million years the end of the range is as good as any number.
        let fitting = |sum: i128| i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX });
        let sum = |pay_code: String, (amounts, exact, written): (u64, i128, i128)| {
            let written_ms = fitting(written);
            CodeSum {
                pay_code,
                amounts,
                exact_ms: fitting(exact),
                written_ms,
                written: form.written(written_ms),
            }
        };
        let all = self.codes.values().fold((0, 0, 0), |(a, b, c), (x, y, z)| (a + x, b + y, c + z));
        let name = |code: usize| names.get(code).cloned().unwrap_or_default();
        let codes = self.codes.into_iter().map(|(code, sums)| sum(name(code), sums)).collect();
        Reconciled { codes, total: sum(String::new(), all) }
    }
}
