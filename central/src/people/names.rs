//! Names as people write them: kept as written, without what could hide or break a line.

/// Longest name, in characters.
const MAX_CHARS: usize = 200;

/// A text that can't be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing to see.
    #[error("write at least one visible character")]
    Empty,
    /// Too long.
    #[error("write at most {MAX_CHARS} characters")]
    TooLong,
    /// A character that isn't text.
    #[error("leave control characters out")]
    Control,
}

/// The name with single spaces inside and none around.
///
/// # Errors
/// [`NameError`]. NUL is refused with the other control characters: PostgreSQL can't store it.
pub fn clean_name(text: &str) -> Result<String, NameError> {
    let name = text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let name = name.trim();
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.chars().count() > MAX_CHARS {
        return Err(NameError::TooLong);
    }
    if name.chars().any(char::is_control) {
        return Err(NameError::Control);
    }
    Ok(name.to_owned())
}

/// The name as it is searched and sorted; made here because databases fold letters differently.
#[must_use]
pub fn folded(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_as_written_without_loose_spaces() {
        assert_eq!(clean_name("  Zoë   O'Brien-Łukasz ").unwrap(), "Zoë O'Brien-Łukasz");
        assert_eq!(folded("ÅSA"), "åsa");
    }

    #[test]
    fn what_can_not_be_shown_or_stored_is_refused() {
        assert_eq!(clean_name("   "), Err(NameError::Empty));
        assert_eq!(clean_name("a\0b"), Err(NameError::Control));
        assert_eq!(clean_name("a\nb"), Err(NameError::Control));
        assert_eq!(clean_name(&"x".repeat(201)), Err(NameError::TooLong));
    }
}
