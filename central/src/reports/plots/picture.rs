//! What stands around each drawing: its name, its numbers in words, the hatching.

use std::fmt::Write;

use lintel_runtime::catalogue::Words;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::Text;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{IntoFont, RGBColor, TextStyle};
use plotters_backend::BackendColor;

use super::ink::Ink;
use super::pen::{Pen, escaped};
use super::{Frame, PlotError};

/// The size of letters.
const LETTERS: u32 = 13;

pub(super) type Canvas<'a> = DrawingArea<Pen<'a>, Shift>;

/// How letters look and where they stand from their point.
pub(super) fn letters(ink: Ink, h_pos: HPos, v_pos: VPos) -> TextStyle<'static> {
    let RGBColor(red, green, blue) = ink.colour();
    let color = BackendColor { alpha: 1.0, rgb: (red, green, blue) };
    let font = ("sans-serif", LETTERS).into_font();
    TextStyle { pos: Pos::new(h_pos, v_pos), color, font }
}

/// A picture with its name and its numbers in words.
pub(super) fn picture(
    frame: &Frame,
    height: u32,
    title: &str,
    desc: &str,
    draw: impl FnOnce(&Canvas<'_>) -> Result<(), PlotError>,
) -> Result<String, PlotError> {
    let (id, width) = (&frame.id, frame.width());
    let mut svg = String::new();
    let (title, desc) = (escaped(title), escaped(desc));
    // Writing into a String never fails.
    let _written = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" \
         font-family=\"system-ui, sans-serif\">\n\
         <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{desc}</desc>\n\
         <defs><pattern id=\"{id}-hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><line class=\"plot-hatch\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" \
         stroke=\"#7a4600\" stroke-width=\"3\"/></pattern></defs>\n"
    );
    let canvas = Pen { svg: &mut svg, size: (width, height), id }.into_drawing_area();
    draw(&canvas)?;
    canvas.present()?;
    drop(canvas);
    svg.push_str("</svg>");
    Ok(svg)
}

/// A picture that says that there is nothing to show.
pub(super) fn nothing(words: Words<'_>, frame: &Frame, title: &str) -> Result<String, PlotError> {
    let said = words.say("plots-nothing");
    picture(frame, 120, title, &said, |canvas| {
        let middle = i32::try_from(frame.width() / 2).unwrap_or(0);
        let style = letters(Ink::Soft, HPos::Center, VPos::Center);
        canvas.draw(&Text::new(said.clone(), (middle, 60), style))?;
        Ok(())
    })
}
