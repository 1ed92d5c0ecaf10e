//! How much of a name a door shows to whoever stands beside it.
//!
//! Initials by default: enough to see that it was you and not the person behind you, and little for anybody
//! else. What isn't shown isn't sent to the local stream either.

use serde::{Deserialize, Serialize};

/// What of a display name is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShownName {
    /// No name.
    None,
    /// The first letters of the first and the last word.
    #[default]
    Initials,
    /// The first word.
    First,
    /// All of it.
    Full,
}

/// Longer names are cut: a screen has room for so many letters that can be read from afar.
const MAX_LETTERS: usize = 40;

impl ShownName {
    /// What is shown of a display name; `None` where nothing is.
    #[must_use]
    pub fn of(self, name: &str) -> Option<String> {
        // Line breaks and the marks that turn text around have no place on a screen.
        let clean: String = name.chars().map(|c| if is_text(c) { c } else { ' ' }).collect();
        let mut words = clean.split_whitespace();
        let first = words.next()?;
        let shown = match self {
            Self::None => return None,
            Self::Initials => {
                let initial = |word: &str| word.chars().next().into_iter().flat_map(char::to_uppercase);
                initial(first).chain(words.next_back().into_iter().flat_map(initial)).collect()
            }
            Self::First => first.to_owned(),
            Self::Full => clean.split_whitespace().collect::<Vec<_>>().join(" "),
        };
        Some(cut(&shown))
    }
}

fn is_text(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}

fn cut(text: &str) -> String {
    if text.chars().count() <= MAX_LETTERS {
        return text.to_owned();
    }
    text.chars().take(MAX_LETTERS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_of_a_name_is_shown_as_the_site_wants() {
        let name = "  Ada  Maria Lovelace ";
        assert_eq!(ShownName::None.of(name), None);
        assert_eq!(ShownName::Initials.of(name).as_deref(), Some("AL"));
        assert_eq!(ShownName::First.of(name).as_deref(), Some("Ada"));
        assert_eq!(ShownName::Full.of(name).as_deref(), Some("Ada Maria Lovelace"));
        assert_eq!(ShownName::Initials.of("øystein").as_deref(), Some("Ø"));
        assert_eq!(ShownName::Full.of(" \u{202e} "), None);
    }

    #[test]
    fn a_name_that_would_fill_the_screen_or_turn_it_around_does_neither() {
        let shown = ShownName::Full.of(&"x".repeat(5000)).unwrap();
        assert_eq!(shown.chars().count(), MAX_LETTERS);
        assert_eq!(ShownName::Full.of("A\u{202e}\nB").as_deref(), Some("A B"));
    }
}
