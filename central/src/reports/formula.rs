//! What a spreadsheet would run is shown and not run.
//!
//! Names and notes are typed by people, and some people type formulas. Every file that a spreadsheet opens as
//! text takes its free text through here; numbers and dates that this program wrote itself do not, or `-0:30`
//! would no longer be a number.

use std::borrow::Cow;

/// Text typed by people that a spreadsheet would run as a formula gets an apostrophe in front (OWASP, "CSV
/// Injection": = + - @, tab and carriage return).
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_a_formula_is_shown_and_not_run() {
        assert_eq!(harmless("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
        for start in ["+1", "-1", "@x", "\tx", "\rx", "\nx"] {
            assert!(harmless(start).starts_with('\''));
        }
        assert_eq!(harmless("O'Neill-Ågren"), "O'Neill-Ågren");
        assert_eq!(harmless(""), "");
    }
}
