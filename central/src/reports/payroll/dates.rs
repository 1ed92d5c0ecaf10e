//! Dates as a payroll program reads them: a small part of strftime, and none that depends on a language.

use std::fmt::Write;

use jiff::civil::Date;

/// How dates are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DateFormat(Vec<Token>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Year,
    ShortYear,
    Month,
    Day,
    Literal(char),
}

/// A date format says what is not known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown {found:?} in a date format: write %Y (2026), %y (26), %m (01 to 12), %d (01 to 31), \
     and between them a point, comma, slash, hyphen, underscore or space"
)]
pub struct UnknownDirective {
    /// The directive or character.
    pub found: String,
}

impl DateFormat {
    pub(super) fn parse(text: &str) -> Result<Self, UnknownDirective> {
        let mut tokens = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let token = match c {
                '%' => {
                    let directive = chars.next();
                    match directive {
                        Some('Y') => Token::Year,
                        Some('y') => Token::ShortYear,
                        Some('m') => Token::Month,
                        Some('d') => Token::Day,
                        _ => {
                            let found = directive.map_or("%".to_owned(), |c| format!("%{c}"));
                            return Err(UnknownDirective { found });
                        }
                    }
                }
                '.' | ',' | '/' | '-' | '_' | ' ' => Token::Literal(c),
                other => return Err(UnknownDirective { found: other.to_string() }),
            };
            tokens.push(token);
        }
        if tokens.is_empty() { Err(UnknownDirective { found: String::new() }) } else { Ok(Self(tokens)) }
    }

    pub(super) fn written(&self, date: Date) -> String {
        let mut text = String::new();
        for token in &self.0 {
            // Writing into a String never fails.
            let _written = match token {
                Token::Year => write!(text, "{:04}", date.year()),
                Token::ShortYear => write!(text, "{:02}", date.year().rem_euclid(100)),
                Token::Month => write!(text, "{:02}", date.month()),
                Token::Day => write!(text, "{:02}", date.day()),
                Token::Literal(c) => text.write_char(*c),
            };
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn dates_are_written_as_asked() {
        let said = |format: &str| DateFormat::parse(format).unwrap().written(date(2026, 3, 9));
        assert_eq!(said("%Y-%m-%d"), "2026-03-09");
        assert_eq!(said("%d.%m.%Y"), "09.03.2026");
        assert_eq!(said("%y%m"), "2603");
    }

    #[test]
    fn what_is_not_known_is_named() {
        let found = |format: &str| DateFormat::parse(format).unwrap_err().found;
        assert_eq!(found("%d %B"), "%B");
        assert_eq!(found("%d%"), "%");
        assert_eq!(found("d.m."), "d");
        assert_eq!(found(""), "");
    }
}
