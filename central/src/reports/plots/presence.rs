//! How many people are there by the hour of the day, on average.

use lintel_runtime::catalogue::Words;
use plotters::chart::{ChartBuilder, LabelAreaPosition};
use plotters::element::{Rectangle, Text};
use plotters::prelude::BindKeyPoints;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::ticks;
use super::ink::Ink;
use super::picture::{Canvas, letters, nothing, picture};
use super::{Frame, PlotError, Size};
use crate::reports::hours::{Digits, HOUR_MS};

/// Averages have one digit.
const TENTHS: Option<Digits> = Digits::new(1);

/// Presence by hour of the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// Days that are averaged over.
    pub days: u32,
    /// Milliseconds that all people together were there in each hour of all of these days; the first is the
    /// hour from 0:00 to 1:00, local time.
    pub present_ms: [i64; 24],
}

impl Presence {
    /// People on average in an hour, in tenths, halves up.
    fn tenths(&self, present_ms: i64) -> i64 {
        let whole = i64::from(self.days.max(1)) * i64::from(HOUR_MS);
        let tenths = (i128::from(present_ms.max(0)) * 20 + i128::from(whole)) / (2 * i128::from(whole));
        i64::try_from(tenths).unwrap_or(i64::MAX / 100)
    }
}

/// Bars for the 24 hours of the day.
///
/// # Errors
/// [`PlotError`].
pub fn presence(words: Words<'_>, data: &Presence, frame: &Frame) -> Result<String, PlotError> {
    let title = words.say("plots-presence-title");
    let hours: Vec<i64> = data.present_ms.iter().map(|millis| data.tenths(*millis)).collect();
    let busiest = (0_i64..).zip(&hours).max_by_key(|(hour, tenths)| (**tenths, -hour));
    match busiest.filter(|(_, tenths)| data.days > 0 && **tenths > 0) {
        None => nothing(words, frame, &title),
        Some((hour, tenths)) => {
            let desc = in_words(words, data.days, &hours, hour, *tenths);
            picture(frame, 260, &title, &desc, |canvas| {
                draw(words, canvas, &hours, (hour, *tenths), frame.size)
            })
        }
    }
}

fn draw(
    words: Words<'_>,
    canvas: &Canvas<'_>,
    hours: &[i64],
    (busiest, most): (i64, i64),
    size: Size,
) -> Result<(), PlotError> {
    let heights = ticks(most, 10, 5);
    let top = heights.last().copied().unwrap_or(most);
    let every = if size == Size::Wide { 3 } else { 6 };
    // An hour is two units wide, so that its middle is a whole number.
    let across = (0_i64..48).with_key_points((0..=24).step_by(every).map(|hour| hour * 2).collect());
    let mut chart = ChartBuilder::on(canvas)
        .margin_top(30)
        .margin_right(24)
        .margin_left(4)
        .set_label_area_size(LabelAreaPosition::Left, 40)
        .set_label_area_size(LabelAreaPosition::Bottom, 26)
        .build_cartesian_2d(across, (0_i64..top).with_key_points(heights))?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(Ink::Grid.stroked(1))
        .light_line_style(Ink::Grid.stroked(1))
        .axis_style(Ink::Axis.stroked(1))
        .label_style(letters(Ink::Soft, HPos::Center, VPos::Center))
        .set_all_tick_mark_size(3)
        .x_label_formatter(&|half| format!("{}:00", half / 2))
        .y_label_formatter(&|tenths| (tenths / 10).to_string())
        .draw()?;
    let bars = (0_i64..).zip(hours).filter(|(_, tenths)| **tenths > 0).map(|(hour, tenths)| {
        let mut bar = Rectangle::new([(hour * 2, 0), (hour * 2 + 2, *tenths)], Ink::Solid.filled());
        bar.set_margin(0, 0, 1, 1);
        bar
    });
    chart.draw_series(bars)?;
    let value =
        Text::new(written(most), (busiest * 2 + 1, most), letters(Ink::Label, HPos::Center, VPos::Bottom));
    chart.draw_series([value])?;
    let unit = words.say("plots-presence-unit");
    canvas.draw(&Text::new(unit, (4, 4), letters(Ink::Soft, HPos::Left, VPos::Top)))?;
    Ok(())
}

fn in_words(words: Words<'_>, days: u32, hours: &[i64], busiest: i64, most: i64) -> String {
    let hour = |hour: i64| format!("{hour}:00");
    let mut said = vec![
        words.say_with("plots-presence-days", &[("days", i64::from(days).into())]),
        words.say_with(
            "plots-presence-busiest",
            &[
                ("from", hour(busiest).into()),
                ("to", hour(busiest + 1).into()),
                ("people", written(most).into()),
            ],
        ),
    ];
    let each = (0_i64..).zip(hours).filter(|(_, tenths)| **tenths > 0).map(|(from, tenths)| {
        words.say_with(
            "plots-presence-hour",
            &[("from", hour(from).into()), ("people", written(*tenths).into())],
        )
    });
    said.extend(each);
    said.join(" ")
}

fn written(tenths: i64) -> String {
    TENTHS.map(|digits| digits.written(tenths, '.')).unwrap_or_default()
}
