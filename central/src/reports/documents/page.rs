//! A document as a page to be read on a screen and printed: the head line comes again on each sheet of paper,
//! and on a phone each row is a card.
//!
//! For people: words instead of codes, hours as `8:05`, times in their zone with its offset. Written as the
//! rows come, and without a script; the style is linked where the console's policy lets none stand inside.

use std::io::Write;

use askama::Template;
use lintel_runtime::catalogue::Words;

use super::cell::offset;
use super::totals::Totals;
use super::{Cell, Column, Document, DocumentError, Kind, Making, Rows};
use crate::reports::hours::h_mm;

/// How a document looks, on the screen and on paper.
const STYLE: &str = include_str!("../../console/assets/document.css");
/// How its plot does.
const PLOTS: &str = include_str!("../../console/assets/plots.css");

/// Where the style is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Style {
    /// In the page, which is then a file that can be sent on.
    Inside,
    /// At an address, for a page of the console.
    Linked(String),
}

/// A plot below a table.
#[derive(Debug, Clone)]
pub struct Picture {
    /// As [`crate::reports::plots`] drew it.
    pub svg: String,
    /// Where the plots' style is.
    pub style: Style,
}

#[derive(Template)]
#[template(path = "document_head.html")]
struct Head<'a> {
    words: Words<'a>,
    document: &'a Document,
    style: &'a Style,
    /// How the plot looks, where there is one.
    plots: Option<&'a Style>,
    made: String,
}

#[derive(Template)]
#[template(path = "document_row.html")]
struct Row<'a> {
    cells: Vec<Shown<'a>>,
    total: bool,
}

#[derive(Template)]
#[template(path = "document_foot.html")]
struct Foot<'a> {
    count: String,
    picture: &'a str,
    notes: &'a [String],
    totals: Option<Row<'a>>,
}

/// A cell as the template needs it.
struct Shown<'a> {
    heading: &'a str,
    class: &'static str,
    text: String,
    /// What stands small behind it: a time's offset.
    behind: String,
}

/// A page that is being written.
#[derive(Debug)]
pub struct Page<'a, W: Write> {
    out: W,
    words: Words<'a>,
    totals: Totals,
    notes: Vec<String>,
    /// Below the table.
    picture: String,
}

impl<'a, W: Write> Page<'a, W> {
    /// Writes all that stands before the rows.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn begin(
        document: &Document,
        making: &Making<'a>,
        style: &Style,
        out: W,
    ) -> Result<Self, DocumentError> {
        Self::with_picture(document, making, style, None, out)
    }

    /// The same with a plot below the table.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn with_picture(
        document: &Document,
        making: &Making<'a>,
        style: &Style,
        picture: Option<Picture>,
        mut out: W,
    ) -> Result<Self, DocumentError> {
        let words = making.words;
        let plots = picture.as_ref().map(|picture| &picture.style);
        Head { words, document, style, plots, made: making.said_made() }.write_into(&mut out)?;
        let (totals, notes) = (Totals::of(document), document.notes.clone());
        Ok(Self {
            out,
            words,
            totals,
            notes,
            picture: picture.map(|picture| picture.svg).unwrap_or_default(),
        })
    }
}

impl<W: Write> Rows for Page<'_, W> {
    type Done = W;

    fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), DocumentError> {
        self.totals.add(cells)?;
        let cells = shown_row(self.words, self.totals.columns(), cells);
        Row { cells, total: false }.write_into(&mut self.out)?;
        Ok(())
    }

    fn finish(mut self) -> Result<W, DocumentError> {
        let count = i64::try_from(self.totals.rows()).unwrap_or(i64::MAX);
        let totals = self.totals.row().map(|sums| {
            let mut cells = shown_row(self.words, self.totals.columns(), &sums);
            if let Some(first) = cells.first_mut().filter(|first| first.text.is_empty()) {
                first.text = self.words.say("document-total");
                first.class = "";
            }
            Row { cells, total: true }
        });
        let count = self.words.say_with("document-count", &[("count", count.into())]);
        Foot { count, picture: &self.picture, notes: &self.notes, totals }.write_into(&mut self.out)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn shown_row<'a>(words: Words<'_>, columns: &'a [Column], cells: &[Cell<'_>]) -> Vec<Shown<'a>> {
    columns.iter().zip(cells).map(|(column, cell)| shown(words, column, cell)).collect()
}

fn shown<'a>(words: Words<'_>, column: &'a Column, cell: &Cell<'_>) -> Shown<'a> {
    let (text, behind) = said(words, cell);
    let class = class_of(column.kind, &text);
    Shown { heading: &column.heading, class, text, behind }
}

/// The style's class of a cell with a text.
pub(super) fn class_of(kind: Kind, text: &str) -> &'static str {
    match kind {
        _ if text.is_empty() => "empty",
        kind if kind.is_amount() => "amount",
        Kind::Date | Kind::LocalTime => "when",
        _ => "",
    }
}

/// A cell as people read it, and what stands small behind it.
pub(super) fn said(words: Words<'_>, cell: &Cell<'_>) -> (String, String) {
    let mut behind = String::new();
    let text = match cell {
        Cell::Text(text) => text.clone().into_owned(),
        Cell::Date(date) => date.to_string(),
        Cell::LocalTime { at, zone, day } => {
            behind = offset(*at, zone);
            let date = at.date_in(zone);
            let time = at.hour_minute_in(zone);
            if *day == Some(date) { time } else { format!("{date} {time}") }
        }
        Cell::Duration(millis) => h_mm(*millis),
        Cell::Number(number) => number.to_string(),
        Cell::Bool(true) => words.say("document-yes"),
        Cell::Bool(false) => words.say("document-no"),
        Cell::Codes(codes) => {
            let codes: Vec<&str> = codes.iter().map(|one| one.words.as_str()).collect();
            codes.join(", ")
        }
        Cell::Empty => String::new(),
    };
    (text, behind)
}
