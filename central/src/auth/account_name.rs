//! The name that somebody types to log in.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::UnicodeNormalization as _;

/// Longest name, in characters.
const MAX_CHARS: usize = 64;

/// Not a name for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an account's name has 1 to {MAX_CHARS} letters, digits and . _ - @ +, such as ada.lovelace")]
pub struct AccountNameError;

/// An account's name: as its owner writes it, and as it is searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountName {
    written: String,
    folded: String,
}

impl AccountName {
    /// Reads a name. Spaces around it are a slip of the keyboard and don't count.
    ///
    /// # Errors
    /// [`AccountNameError`] says the rule.
    pub fn parse(text: &str) -> Result<Self, AccountNameError> {
        let written: String = text.trim().nfkc().collect();
        let chars = written.chars().count();
        let fits = written.chars().all(|c| c.is_alphanumeric() || "._-@+".contains(c));
        if !(1..=MAX_CHARS).contains(&chars) || !fits {
            return Err(AccountNameError);
        }
        Ok(Self { folded: written.to_lowercase(), written })
    }

    /// As its owner writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// As it is searched: two names that differ in case only are one.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

impl FromStr for AccountName {
    type Err = AccountNameError;
    fn from_str(text: &str) -> Result<Self, AccountNameError> {
        Self::parse(text)
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_whatever_its_case_and_composition() {
        let written = AccountName::parse(" Zo\u{eb}.Ward ").unwrap();
        assert_eq!(written.as_str(), "Zo\u{eb}.Ward");
        assert_eq!(written.folded(), AccountName::parse("ZOE\u{308}.ward").unwrap().folded());
    }

    #[test]
    fn what_could_hide_or_break_a_line_is_no_name() {
        for bad in ["", "  ", "a b", "a\0", "a\nb", "a\u{202e}b", "<b>", "a/b", &"x".repeat(65)] {
            assert_eq!(AccountName::parse(bad), Err(AccountNameError), "{bad:?}");
        }
    }
}
