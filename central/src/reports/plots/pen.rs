//! Writes what plotters draws as SVG with classes. Text stays text, escaped; nothing of it reaches an
//! attribute.

use std::convert::Infallible;
use std::fmt::Write;

use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::ink::Ink;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// Draws into a string.
pub(super) struct Pen<'a> {
    pub(super) svg: &'a mut String,
    pub(super) size: (u32, u32),
    /// Begins the ids inside of the picture.
    pub(super) id: &'a str,
}

impl Pen<'_> {
    fn put(&mut self, element: std::fmt::Arguments<'_>) -> Drawn {
        // Writing into a String never fails.
        let _written = self.svg.write_fmt(format_args!("{element}\n"));
        Ok(())
    }

    fn points(points: impl IntoIterator<Item = BackendCoord>) -> String {
        let points: Vec<String> = points.into_iter().map(|(x, y)| format!("{x},{y}")).collect();
        points.join(" ")
    }

    /// The hatching belongs to the picture, so that each keeps its own when another is hidden.
    fn pattern(&self, ink: Ink) -> String {
        if ink == Ink::Hatched { format!(" fill=\"url(#{}-hatch)\"", self.id) } else { String::new() }
    }
}

/// Whether something is drawn at all.
fn is_seen(colour: BackendColor) -> bool {
    colour.alpha > 0.0
}

impl DrawingBackend for Pen<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    // Nothing here is drawn point by point.
    fn draw_pixel(&mut self, _: BackendCoord, _: BackendColor) -> Drawn {
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        if !is_seen(style.color()) {
            return Ok(());
        }
        let (attributes, width) = (Ink::of(style.color().rgb).attributes(), style.stroke_width());
        let points = Self::points(path);
        self.put(format_args!("<polyline {attributes} stroke-width=\"{width}\" points=\"{points}\"/>"))
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        _: bool,
    ) -> Drawn {
        let (width, height) = (right - left, bottom - top);
        if !is_seen(style.color()) || width <= 0 || height <= 0 {
            return Ok(());
        }
        let ink = Ink::of(style.color().rgb);
        let (attributes, pattern) = (ink.attributes(), self.pattern(ink));
        self.put(format_args!(
            "<rect {attributes}{pattern} x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"/>"
        ))
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        _: bool,
    ) -> Drawn {
        let attributes = Ink::of(style.color().rgb).attributes();
        self.put(format_args!("<circle {attributes} cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"))
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        vert: I,
        style: &S,
    ) -> Drawn {
        let (attributes, points) = (Ink::of(style.color().rgb).attributes(), Self::points(vert));
        self.put(format_args!("<polygon {attributes} points=\"{points}\"/>"))
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, (x, y): BackendCoord) -> Drawn {
        if text.is_empty() {
            return Ok(());
        }
        let anchor = match style.anchor().h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        let down = match style.anchor().v_pos {
            VPos::Top => ".8em",
            VPos::Center => ".35em",
            VPos::Bottom => "-.2em",
        };
        let (attributes, text) = (Ink::of(style.color().rgb).attributes(), escaped(text));
        let size = style.size();
        self.put(format_args!(
            "<text {attributes} x=\"{x}\" y=\"{y}\" dy=\"{down}\" font-size=\"{size}\" text-anchor=\"{anchor}\">{text}</text>"
        ))
    }

    /// Half an em a letter: no font is asked, since the reader's is not known.
    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "sizes are small constants"
        )]
        let size = style.size() as u32;
        let letters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Ok((letters.saturating_mul(size) / 2, size))
    }

    fn blit_bitmap(&mut self, _: BackendCoord, _: (u32, u32), _: &[u8]) -> Drawn {
        Ok(())
    }
}

/// Text as XML has it; characters that XML can't say are shown as missing.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
