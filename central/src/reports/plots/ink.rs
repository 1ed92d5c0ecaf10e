//! What a stroke means. Plotters knows colours only, so each ink travels through it as a colour that is never
//! shown, and becomes a class again in the picture.

use plotters::style::{RGBColor, ShapeStyle};

/// What something is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Words and numbers.
    Label,
    /// Words that are less important.
    Soft,
    /// The line that values stand on.
    Axis,
    /// Lines to read values by.
    Grid,
    /// The series that is solid.
    Solid,
    /// The series that is hatched.
    Hatched,
    /// A line between marks.
    Line,
    /// A mark.
    Mark,
}

const ALL: [Ink; 8] =
    [Ink::Label, Ink::Soft, Ink::Axis, Ink::Grid, Ink::Solid, Ink::Hatched, Ink::Line, Ink::Mark];

impl Ink {
    /// The colour that stands for it on its way through plotters.
    pub(super) fn colour(self) -> RGBColor {
        let place = ALL.iter().position(|one| *one == self).and_then(|place| u8::try_from(place).ok());
        RGBColor(place.unwrap_or(0), 0, 0)
    }

    pub(super) fn of((place, _, _): (u8, u8, u8)) -> Self {
        ALL.get(usize::from(place)).copied().unwrap_or(Self::Label)
    }

    pub(super) fn filled(self) -> ShapeStyle {
        ShapeStyle { color: self.colour().into(), filled: true, stroke_width: 1 }
    }

    pub(super) fn stroked(self, stroke_width: u32) -> ShapeStyle {
        ShapeStyle { color: self.colour().into(), filled: false, stroke_width }
    }

    /// The class, and the attributes that hold where no style sheet is. Each is a constant.
    pub(super) const fn attributes(self) -> &'static str {
        match self {
            Self::Label => "class=\"plot-label\" fill=\"currentColor\"",
            Self::Soft => "class=\"plot-soft\" fill=\"currentColor\"",
            Self::Axis => "class=\"plot-axis\" stroke=\"currentColor\" fill=\"none\"",
            Self::Grid => "class=\"plot-grid\" stroke=\"currentColor\" stroke-opacity=\".2\" fill=\"none\"",
            Self::Solid => "class=\"plot-solid\" fill=\"#1f5f8b\"",
            // The hatching itself names the picture, so the pen adds it.
            Self::Hatched => "class=\"plot-hatched\" stroke=\"#7a4600\"",
            Self::Line => "class=\"plot-line\" stroke=\"#1f5f8b\" fill=\"none\"",
            Self::Mark => "class=\"plot-mark\" fill=\"#1f5f8b\"",
        }
    }
}
