//! The findings of `doctor`: one line each, with what to do about it.
//!
//! Only the form lives here. The checks themselves belong to the programs, and a check never changes
//! anything.

use serde::Serialize;

use crate::exit::ExitCode;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Works, but shouldn't stay so.
    Warn,
    /// Doesn't work.
    Fail,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at, one or two words: `camera`, `disk`.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// What was found, with figures.
    pub detail: String,
    /// What to do, as a sentence or a command. None when there is nothing to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Check {
    /// As it should be.
    #[must_use]
    pub fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), status: Status::Ok, detail: detail.into(), advice: None }
    }

    /// Works, but shouldn't stay so.
    #[must_use]
    pub fn warn(name: impl Into<String>, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name: name.into(), status: Status::Warn, detail: detail.into(), advice: Some(advice.into()) }
    }

    /// Doesn't work.
    #[must_use]
    pub fn fail(name: impl Into<String>, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { name: name.into(), status: Status::Fail, detail: detail.into(), advice: Some(advice.into()) }
    }
}

/// All findings of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// In the order in which they were made.
    pub checks: Vec<Check>,
}

impl Report {
    /// Adds a finding.
    pub fn push(&mut self, check: Check) {
        self.checks.push(check);
    }

    /// 0 when nothing needs doing, else 3: a warning is a problem found.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self.checks.iter().map(|check| check.status).max() {
            None | Some(Status::Ok) => ExitCode::Fine,
            Some(Status::Warn | Status::Fail) => ExitCode::ProblemsFound,
        }
    }

    /// One line a finding, its advice below it. The word says the state; colour, when asked for, repeats it.
    #[must_use]
    pub fn table(&self, colour: bool) -> String {
        let width = self.checks.iter().map(|check| check.name.chars().count()).max().unwrap_or(0);
        let mut out = String::new();
        for check in &self.checks {
            let (word, code) = match check.status {
                Status::Ok => ("ok  ", "32"),
                Status::Warn => ("WARN", "33"),
                Status::Fail => ("FAIL", "31"),
            };
            let word = if colour { format!("\x1b[{code}m{word}\x1b[0m") } else { word.to_owned() };
            out.push_str(&format!("{word}  {:<width$}  {}\n", check.name, one_line(&check.detail)));
            if let Some(advice) = &check.advice {
                out.push_str(&format!("      {:<width$}  → {}\n", "", one_line(advice)));
            }
        }
        out
    }

    /// `{"checks": […]}`.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({ "checks": self.checks })
    }
}

/// Findings quote errors from elsewhere; what they quote must not draw lines of its own.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Report {
        let mut report = Report::default();
        report.push(Check::ok("model", "lintel-1"));
        report.push(Check::warn("disk", "3 % free", "make room on /var"));
        report
    }

    #[test]
    fn each_finding_has_a_line_and_its_advice_below() {
        let table = sample().table(false);
        assert_eq!(table, "ok    model  lintel-1\nWARN  disk   3 % free\n             → make room on /var\n");
        assert!(sample().table(true).contains("\x1b[33mWARN"));
    }

    #[test]
    fn a_warning_is_a_problem_found() {
        assert_eq!(sample().exit_code(), ExitCode::ProblemsFound);
        assert_eq!(Report::default().exit_code(), ExitCode::Fine);
    }

    #[test]
    fn the_json_has_lower_case_states_and_no_empty_advice() {
        let json = sample().json().to_string();
        assert!(json.contains(r#""status":"warn""#), "{json}");
        assert_eq!(json.matches("advice").count(), 1, "{json}");
    }

    #[test]
    fn a_quoted_error_cannot_draw_a_line_of_its_own() {
        let report = Report { checks: vec![Check::ok("a", "x\nok    b  forged")] };
        assert_eq!(report.table(false).lines().count(), 1);
    }
}
