//! A stranger's words in an error: cut short, invisible characters written out, so that an error can't be dressed
//! as something else.

/// Longest value that an error repeats, in characters before escaping.
const SHOWN_CHARS: usize = 40;

/// A stranger's text for a message.
pub(super) fn shown(text: &str) -> String {
    let mut chars = text.trim().chars();
    let mut short: String = chars.by_ref().take(SHOWN_CHARS).flat_map(char::escape_debug).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short.replace("\\'", "'").replace("\\\"", "\"")
}
