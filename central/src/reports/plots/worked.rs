//! Hours worked against hours scheduled: a pair of bars for each person, or for each week.

use lintel_runtime::catalogue::Words;
use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::ticks;
use super::ink::Ink;
use super::picture::{Canvas, letters, nothing, picture};
use super::{Frame, PlotError, Size};
use crate::reports::hours::{HOUR_MS, h_mm};

/// Rows that a picture holds; beyond them it says how many more there are.
const MOST_ROWS: usize = 60;
const ROW: i32 = 48;
const HEAD: i32 = 34;
const FOOT: i32 = 30;
const SIDE: i32 = 16;
/// The width that a letter is taken to have: a little more than most have.
const LETTER: i32 = 7;

/// A pair of bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoursRow {
    /// A name, or a week.
    pub label: String,
    /// Milliseconds worked.
    pub worked_ms: i64,
    /// Milliseconds scheduled.
    pub scheduled_ms: i64,
}

/// A pair of bars for each row, in their order: a solid one for what was worked, a hatched one for what was
/// scheduled.
///
/// # Errors
/// [`PlotError`].
pub fn worked(words: Words<'_>, rows: &[HoursRow], frame: &Frame) -> Result<String, PlotError> {
    let title = words.say("plots-worked-title");
    if rows.is_empty() {
        return nothing(words, frame, &title);
    }
    let more = i64::try_from(rows.len().saturating_sub(MOST_ROWS)).unwrap_or(0);
    let more = (more > 0).then(|| words.say_with("plots-worked-more", &[("count", more.into())]));
    let shown = rows.get(..MOST_ROWS).unwrap_or(rows);
    let count = i32::try_from(shown.len()).unwrap_or(0);
    let height = HEAD + count * ROW + FOOT + if more.is_some() { 20 } else { 0 };
    let desc = in_words(words, shown, more.as_deref());
    picture(frame, height.unsigned_abs(), &title, &desc, |canvas| {
        draw(words, canvas, shown, frame)?;
        if let Some(more) = &more {
            let style = letters(Ink::Soft, HPos::Left, VPos::Bottom);
            canvas.draw(&Text::new(more.clone(), (SIDE, height - 4), style))?;
        }
        Ok(())
    })
}

/// Hours to units of the picture, in whole numbers.
struct Scale {
    top_ms: i64,
    width: i32,
}

impl Scale {
    fn place(&self, millis: i64) -> i32 {
        let part = i128::from(millis.clamp(0, self.top_ms)) * i128::from(self.width);
        SIDE + i32::try_from(part / i128::from(self.top_ms.max(1))).unwrap_or(0)
    }
}

fn draw(words: Words<'_>, canvas: &Canvas<'_>, rows: &[HoursRow], frame: &Frame) -> Result<(), PlotError> {
    let most = rows.iter().map(|row| row.worked_ms.max(row.scheduled_ms)).max().unwrap_or(0);
    let lines = ticks(most, i64::from(HOUR_MS), if frame.size == Size::Wide { 8 } else { 4 });
    let right = i32::try_from(frame.width()).unwrap_or(0) - SIDE;
    let scale = Scale { top_ms: lines.last().copied().unwrap_or(1), width: right - SIDE };
    let bottom = HEAD + ROW * i32::try_from(rows.len()).unwrap_or(0);
    for line in &lines {
        let x = scale.place(*line);
        let ink = if *line == 0 { Ink::Axis } else { Ink::Grid };
        canvas.draw(&PathElement::new(vec![(x, HEAD), (x, bottom)], ink.stroked(1)))?;
        let hours = (line / i64::from(HOUR_MS)).to_string();
        canvas.draw(&Text::new(hours, (x, bottom + 6), letters(Ink::Soft, HPos::Center, VPos::Top)))?;
    }
    legend(words, canvas)?;
    for (place, row) in (0_i32..).zip(rows) {
        let top = HEAD + place * ROW;
        let values = values(words, row);
        let room =
            usize::try_from((right - SIDE) / LETTER).unwrap_or(0).saturating_sub(values.chars().count() + 2);
        let label =
            Text::new(cut(&row.label, room), (SIDE + 4, top + 6), letters(Ink::Label, HPos::Left, VPos::Top));
        canvas.draw(&label)?;
        canvas.draw(&Text::new(values, (right, top + 6), letters(Ink::Soft, HPos::Right, VPos::Top)))?;
        for (offset, millis, ink) in [(22, row.worked_ms, Ink::Solid), (33, row.scheduled_ms, Ink::Hatched)] {
            let bar = [(SIDE, top + offset), (scale.place(millis), top + offset + 9)];
            canvas.draw(&Rectangle::new(bar, ink.filled()))?;
        }
    }
    Ok(())
}

fn legend(words: Words<'_>, canvas: &Canvas<'_>) -> Result<(), PlotError> {
    let mut x = SIDE;
    for (ink, text) in
        [(Ink::Solid, words.say("plots-worked-worked")), (Ink::Hatched, words.say("plots-worked-scheduled"))]
    {
        let letters_wide = i32::try_from(text.chars().count()).unwrap_or(0) * LETTER;
        canvas.draw(&Rectangle::new([(x, 8), (x + 22, 18)], ink.filled()))?;
        canvas.draw(&Text::new(text, (x + 28, 13), letters(Ink::Label, HPos::Left, VPos::Center)))?;
        x += 28 + letters_wide + 16;
    }
    Ok(())
}

/// A text that fits, its end shown as left out where it doesn't.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

fn values(words: Words<'_>, row: &HoursRow) -> String {
    let values = [("worked", h_mm(row.worked_ms).into()), ("scheduled", h_mm(row.scheduled_ms).into())];
    words.say_with("plots-worked-of", &values)
}

fn in_words(words: Words<'_>, rows: &[HoursRow], more: Option<&str>) -> String {
    let each = rows.iter().map(|row| {
        let values = [
            ("label", row.label.as_str().into()),
            ("worked", h_mm(row.worked_ms).into()),
            ("scheduled", h_mm(row.scheduled_ms).into()),
        ];
        words.say_with("plots-worked-row", &values)
    });
    let said: Vec<String> = each.chain(more.map(ToOwned::to_owned)).collect();
    said.join(" ")
}
