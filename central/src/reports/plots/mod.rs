//! Plots as SVG, made on the server: who is there by the hour, who comes late, hours against the schedule.
//!
//! A picture is part of a page whose policy allows no style inside, so it carries classes and plain
//! attributes; `plots.css` gives the classes the page's colours, light or dark. Two series never differ by
//! colour alone: one is solid and one hatched, one is bars and one marks. Each picture says its numbers in
//! words, for those who don't see it.
//!
//! Pure: numbers in, SVG out. Times are whole milliseconds and averages whole tenths; only plotters' own
//! layout of axes has floating point in it.

mod axis;
mod ink;
mod lateness;
mod pen;
mod picture;
mod presence;
mod worked;

use plotters::drawing::DrawingAreaErrorKind;

pub use lateness::{LateDay, lateness};
pub use presence::{Presence, presence};
pub use worked::{HoursRow, worked};

/// A picture can't be drawn.
#[derive(Debug, thiserror::Error)]
#[error("draw the plot: {cause}")]
pub struct PlotError {
    cause: String,
}

impl<E: std::error::Error + Send + Sync> From<DrawingAreaErrorKind<E>> for PlotError {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self { cause: error.to_string() }
    }
}

/// How wide the place for a picture is. Letters have the same size in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// A desk: 720 units.
    Wide,
    /// A phone: 300 units.
    Narrow,
}

/// Where a picture goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    id: String,
    size: Size,
}

impl Frame {
    /// A frame. The id begins all ids inside, so that two pictures on a page don't mix; characters other than
    /// letters, digits and hyphens are left out of it.
    #[must_use]
    pub fn new(id: &str, size: Size) -> Self {
        Self { id: id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect(), size }
    }

    const fn width(&self) -> u32 {
        match self.size {
            Size::Wide => 720,
            Size::Narrow => 300,
        }
    }
}

/// A picture in both sizes for one page; `plots.css` shows the one that fits, and hides the other from
/// screen readers too.
///
/// # Errors
/// [`PlotError`].
pub fn in_both_sizes(
    id: &str,
    draw: impl Fn(&Frame) -> Result<String, PlotError>,
) -> Result<String, PlotError> {
    let wide = draw(&Frame::new(&format!("{id}-wide"), Size::Wide))?;
    let narrow = draw(&Frame::new(&format!("{id}-narrow"), Size::Narrow))?;
    Ok(format!("<div class=\"plot-wide\">{wide}</div>\n<div class=\"plot-narrow\">{narrow}</div>\n"))
}

#[cfg(test)]
mod tests;
