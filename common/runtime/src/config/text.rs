//! Small grammars: yes and no, numbers, lists, and the nearest name to a misspelt one.
//!
//! Pure. The same words mean the same in every variable of both programs.

/// Reads a truth value: `1/true/yes/on` or `0/false/no/off`, in any case, with blanks around it.
#[must_use]
pub fn parse_bool(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Reads a whole number; `_` may stand between digits, as in TOML.
pub(super) fn parse_integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    if text.starts_with('_') || text.ends_with('_') || text.contains("__") {
        return None;
    }
    digits.parse().ok()
}

/// Reads a finite number.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Reads a list from `a,b,c`. An empty text is an empty list.
pub(super) fn split_list(text: &str) -> Vec<String> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    text.split(',').map(|item| item.trim().to_owned()).collect()
}

/// The candidate that a misspelt name was most likely meant to be, if one is near enough: at most a
/// third of the letters may differ.
pub(super) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The Levenshtein distance with swapped neighbours counted once (optimal string alignment), the
/// commonest slip of the fingers.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let width = b.len() + 1;
    let mut before: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    let mut previous = None;
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        let mut left_of: Option<char> = None;
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX - 1);
            let mut best =
                (at(&last, j) + usize::from(x != y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            if previous == Some(*y) && left_of == Some(*x) && j > 0 && i > 0 {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
            left_of = Some(*y);
        }
        before = std::mem::replace(&mut last, row);
        previous = Some(*x);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slip_of_the_fingers_is_one_step() {
        assert_eq!(distance("widht", "width"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn the_nearest_name_is_found_and_a_strange_one_is_not() {
        let names = ["width", "height", "device"];
        assert_eq!(nearest("widht", names), Some("width"));
        assert_eq!(nearest("heigth", names), Some("height"));
        assert_eq!(nearest("frame_rate", names), None);
    }

    #[test]
    fn numbers_may_be_grouped_but_not_carelessly() {
        assert_eq!(parse_integer("200_000"), Some(200_000));
        assert_eq!(parse_integer(" -5 "), Some(-5));
        for wrong in ["_1", "1_", "1__0", "1.5", "", "0x10"] {
            assert_eq!(parse_integer(wrong), None, "{wrong}");
        }
        assert_eq!(parse_float("NaN"), None);
    }

    proptest! {
        #[test]
        fn truth_is_read_in_any_case_and_with_blanks(
            word in prop::sample::select(vec!["1", "true", "yes", "on", "0", "false", "no", "off"]),
            upper: [bool; 5], left in " {0,3}", right in "[ \t]{0,3}"
        ) {
            let cased: String = word.chars().zip(upper.iter().cycle())
                .map(|(c, up)| if *up { c.to_ascii_uppercase() } else { c }).collect();
            let expected = ["1", "true", "yes", "on"].contains(&word);
            prop_assert_eq!(parse_bool(&format!("{left}{cased}{right}")), Some(expected));
        }

        #[test]
        fn nothing_else_is_a_truth(text in "\\PC{0,8}") {
            let plain = text.trim().to_ascii_lowercase();
            let word = ["1", "true", "yes", "on", "0", "false", "no", "off"].contains(&plain.as_str());
            prop_assert_eq!(parse_bool(&text).is_some(), word);
        }

        #[test]
        fn every_whole_number_reads_back(number: i64) {
            prop_assert_eq!(parse_integer(&number.to_string()), Some(number));
        }

        #[test]
        fn distance_is_symmetric_and_zero_only_for_equals(a in "[a-d]{0,6}", b in "[a-d]{0,6}") {
            prop_assert_eq!(distance(&a, &b), distance(&b, &a));
            prop_assert_eq!(distance(&a, &b) == 0, a == b);
        }
    }
}
