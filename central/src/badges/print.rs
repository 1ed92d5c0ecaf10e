//! Badges on paper: one card as SVG, or a sheet of them as an HTML page to be printed and cut.
//!
//! A card has the size of a bank card (ISO/IEC 7810 ID-1), so that it fits a holder. The code takes its whole
//! height: the larger a module, the farther from the camera the card is read. Only a name and a staff
//! number stand beside it, so that it finds its way back; neither is in the code.

use askama::Template;
use lintel_core::time::{UtcMillis, zone};
use lintel_runtime::catalogue::Words;

use super::Card;
use super::picture::{PictureError, modules};

/// Characters of a name in one line of a card.
const LINE_CHARS: usize = 15;
/// Lines of a name on a card.
const LINES: usize = 4;

/// A card or sheet can't be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The code.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The template.
    #[error("can't write the card")]
    Template(#[from] askama::Error),
}

#[derive(Template)]
#[template(path = "badge_card.svg")]
struct CardPicture {
    title: String,
    /// Baseline of each line of the name, mm from the top.
    name: Vec<(usize, String)>,
    staff_no: String,
    valid_until: String,
    last_day: String,
    /// Modules to a side, and the scale that makes them fit, in thousandths of a millimetre a module.
    scale: String,
    path: String,
}

#[derive(Template)]
#[template(path = "badge_sheet.html")]
struct Sheet<'a> {
    words: Words<'static>,
    cards: Vec<String>,
    /// Where the style is; a file of its own has it inside.
    style: Option<&'a str>,
    /// Where one came from.
    back: Option<&'a str>,
}

/// How a sheet looks, on the screen and on paper.
const STYLE: &str = include_str!("../console/assets/sheet.css");

/// One card, 85.6 × 54 mm, as an SVG document without styles or scripts.
///
/// # Errors
/// [`PrintError`].
pub fn card_svg(words: Words<'_>, card: &Card) -> Result<String, PrintError> {
    const CODE_MM: f64 = 51.0;
    let (side, path) = modules(card.text.expose())?;
    #[expect(clippy::cast_precision_loss, reason = "a code has at most 185 modules to a side")]
    let scale = format!("{:.5}", CODE_MM / side as f64);
    let name = wrapped(&card.badge.name).into_iter().enumerate();
    let picture = CardPicture {
        title: card.badge.name.clone(),
        name: name.map(|(n, line)| (12 + n * 5, line)).collect(),
        staff_no: card.badge.staff_no.clone().unwrap_or_default(),
        valid_until: words.say("badge-valid-until"),
        last_day: last_day(card.badge.not_after, &card.zone),
        scale,
        path,
    };
    Ok(picture.render()?)
}

/// An A4 page of ten cards after another, with lines to cut along, as a file of its own.
///
/// # Errors
/// [`PrintError`].
pub fn sheet_html(words: Words<'static>, cards: &[Card]) -> Result<String, PrintError> {
    sheet(words, cards, None, None)
}

/// The same as a page of the console, whose policy lets no style stand inside of it.
///
/// # Errors
/// [`PrintError`].
pub fn sheet_page(
    words: Words<'static>,
    cards: &[Card],
    style: &str,
    back: &str,
) -> Result<String, PrintError> {
    sheet(words, cards, Some(style), Some(back))
}

fn sheet(
    words: Words<'static>,
    cards: &[Card],
    style: Option<&str>,
    back: Option<&str>,
) -> Result<String, PrintError> {
    let cards = cards.iter().map(|card| card_svg(words, card)).collect::<Result<_, _>>()?;
    Ok(Sheet { words, cards, style, back }.render()?)
}

/// The last civil date on which the badge is good at its site.
fn last_day(not_after: UtcMillis, zone_name: &str) -> String {
    let zone = zone(zone_name).unwrap_or(jiff::tz::TimeZone::UTC);
    not_after.plus_millis(-1).date_in(&zone).to_string()
}

/// The name in short lines, cut with an ellipsis where it doesn't fit; SVG breaks no lines itself.
fn wrapped(name: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in name.split(' ') {
        let chars: Vec<char> = word.chars().collect();
        for (n, part) in chars.chunks(LINE_CHARS).enumerate() {
            let part: String = part.iter().collect();
            match lines.last_mut() {
                Some(line) if n == 0 && line.chars().count() + 1 + part.chars().count() <= LINE_CHARS => {
                    line.push(' ');
                    line.push_str(&part);
                }
                _ => lines.push(part),
            }
        }
    }
    if lines.len() > LINES {
        lines.truncate(LINES);
        if let Some(last) = lines.last_mut() {
            *last = last.chars().take(LINE_CHARS - 1).chain(['…']).collect();
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use lintel_core::ids::{BadgeId, PersonId, SiteId};
    use lintel_runtime::secrets::SecretString;

    use super::*;
    use crate::badges::IssuedBadge;
    use crate::words::words_in;

    fn card(name: &str) -> Card {
        Card {
            badge: IssuedBadge {
                badge_id: BadgeId::random([7; 16]),
                person_id: PersonId::new(UtcMillis::from_i64(1), &[1; 10]),
                name: name.into(),
                staff_no: Some("00<42>".into()),
                site_id: SiteId::parse("berlin").unwrap(),
                key_id: "k".into(),
                issued_at: UtcMillis::from_i64(0),
                // 2026-11-20T23:00:00Z is midnight in Berlin.
                not_after: UtcMillis::from_i64(1_795_215_600_000),
            },
            zone: "Europe/Berlin".into(),
            text: SecretString::new(format!("LB1{}", "A".repeat(144))),
        }
    }

    #[test]
    fn a_card_shows_name_number_and_last_day_and_nothing_else_of_the_person() {
        let card = card("Ada <b>Lovelace</b>");
        let svg = card_svg(words_in("en"), &card).unwrap();
        assert!(
            svg.starts_with("<svg ") && svg.contains("width=\"85.6mm\"") && svg.contains("height=\"54mm\"")
        );
        assert!(
            svg.contains("Valid until") && svg.contains("2026-11-20") && svg.contains("00&#60;42&#62;"),
            "{svg}"
        );
        assert!(!svg.contains("<b>") && !svg.contains("style=") && !svg.contains("<script"));
        assert!(!svg.contains(&card.badge.person_id.to_string()));
        assert!(!svg.contains(card.text.expose()), "the code's text must not stand there to be copied");
        assert!(!format!("{card:?}").contains("LB1"));
    }

    #[test]
    fn a_sheet_holds_every_card_once() {
        let cards: Vec<Card> = (0..23).map(|n| card(&format!("Person {n}"))).collect();
        let html = sheet_html(words_in("en"), &cards).unwrap();
        assert_eq!(html.matches("<svg ").count(), 23);
        assert!(html.contains("@page") && html.contains("size: A4") && html.contains("Person 22"));

        let page = sheet_page(words_in("en"), &cards, "/assets/sheet.css", "/console/people").unwrap();
        assert_eq!(page.matches("<svg ").count(), 23);
        assert!(!page.contains("<style") && !page.contains("style=") && page.contains("/assets/sheet.css"));
    }

    #[test]
    fn a_long_name_is_broken_into_lines_and_at_last_cut() {
        assert_eq!(wrapped("Ada Lovelace"), ["Ada Lovelace"]);
        assert_eq!(
            wrapped("Wolfeschlegelsteinhausenbergerdorff Junior"),
            ["Wolfeschlegelst", "einhausenberger", "dorff Junior"]
        );
        let long = wrapped(&"Maximiliane-Theodora ".repeat(9));
        assert_eq!(long.len(), LINES);
        assert!(long[3].ends_with('…') && long.iter().all(|line| line.chars().count() <= LINE_CHARS));
    }
}
