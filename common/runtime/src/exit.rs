//! The exit codes of both programs: one table that scripts and units can rely on.
//!
//! `main` maps its result through this and does nothing else with numbers.

use crate::config::ConfigError;

/// What the caller learns from the process's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// Everything went as asked.
    Fine = 0,
    /// It was tried and it failed; trying again may help.
    Failure = 1,
    /// The command line or the configuration is wrong; trying again won't help. Units list this in
    /// `RestartPreventExitStatus=`.
    Usage = 2,
    /// A check (`doctor`, `audit verify`) ran to its end and found problems.
    ProblemsFound = 3,
}

impl ExitCode {
    /// The code that an error deserves: [`ExitCode::Usage`] when a [`ConfigError`] or a [`UsageError`]
    /// stands anywhere in its chain, else [`ExitCode::Failure`].
    #[must_use]
    pub fn of(error: &anyhow::Error) -> Self {
        let usage = error.chain().any(|cause| cause.is::<ConfigError>() || cause.is::<UsageError>());
        if usage { Self::Usage } else { Self::Failure }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

/// The command was asked for something that can't be: ends with [`ExitCode::Usage`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// An error and its causes on one line, as `main` prints it: `act: cause: cause`. A cause that its
/// parent already quotes is not said twice.
#[must_use]
pub fn chain(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if line.ends_with(&text) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&text);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn the_table_of_exit_codes_is_this_one() {
        let table =
            [(ExitCode::Fine, 0), (ExitCode::Failure, 1), (ExitCode::Usage, 2), (ExitCode::ProblemsFound, 3)];
        for (code, number) in table {
            assert_eq!(code.number(), number);
        }
    }

    #[test]
    fn a_usage_error_is_found_below_its_context() {
        let inner = anyhow::Error::from(UsageError("no such door".into()));
        assert_eq!(ExitCode::of(&inner.context("device show")), ExitCode::Usage);
        assert_eq!(ExitCode::of(&anyhow::anyhow!("disk full")), ExitCode::Failure);
    }

    #[test]
    fn a_chain_prints_each_cause_once() {
        let error = std::fs::read("/nonexistent/x").context("open the outbox").unwrap_err();
        let line = chain(&error);
        assert!(line.starts_with("open the outbox: No such file"), "{line}");
        let doubled = anyhow::anyhow!("b").context("a: b");
        assert_eq!(chain(&doubled), "a: b");
    }
}
