//! Who comes late: how many on each day, and by how much in the middle.
//!
//! Two pictures above each other with the same days, not two scales in one: where two scales cross means
//! nothing, and looks as if it did.

use jiff::civil::Date;
use lintel_runtime::catalogue::Words;
use plotters::chart::{ChartBuilder, LabelAreaPosition};
use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::prelude::BindKeyPoints;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::ticks;
use super::ink::Ink;
use super::picture::{Canvas, letters, nothing, picture};
use super::{Frame, PlotError, Size};
use crate::reports::hours::whole_minutes;

/// A day's late arrivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateDay {
    /// The day.
    pub date: Date,
    /// Late arrivals.
    pub late: u32,
    /// The median of their lateness in milliseconds; nothing where nobody was late.
    pub median_ms: Option<i64>,
}

impl LateDay {
    fn minutes(&self) -> Option<i64> {
        self.median_ms.filter(|_| self.late > 0).map(|millis| whole_minutes(millis.max(0)))
    }
}

/// Bars for the late arrivals of each day, and below them marks for the median. Days stand side by side in
/// the order in which they are given; those that are not given are not there.
///
/// # Errors
/// [`PlotError`].
pub fn lateness(words: Words<'_>, days: &[LateDay], frame: &Frame) -> Result<String, PlotError> {
    let title = words.say("plots-lateness-title");
    if days.is_empty() {
        return nothing(words, frame, &title);
    }
    picture(frame, 380, &title, &in_words(words, days), |canvas| {
        let (upper, lower) = canvas.split_vertically(180);
        let late: Vec<Option<i64>> =
            days.iter().map(|day| Some(i64::from(day.late)).filter(|late| *late > 0)).collect();
        let median: Vec<Option<i64>> = days.iter().map(LateDay::minutes).collect();
        let labels = Labels::of(days, frame.size);
        panel(&upper, &words.say("plots-lateness-count"), &late, &labels, Form::Bars)?;
        panel(&lower, &words.say("plots-lateness-median"), &median, &labels, Form::Marks)
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Bars,
    Marks,
}

/// Which days are named below, and how.
struct Labels {
    dates: Vec<Date>,
    every: usize,
    with_month: bool,
}

impl Labels {
    fn of(days: &[LateDay], size: Size) -> Self {
        let dates: Vec<Date> = days.iter().map(|day| day.date).collect();
        let with_month =
            dates.first().map(|date| date.first_of_month()) != dates.last().map(|date| date.first_of_month());
        let room = match (size, with_month) {
            (Size::Wide, false) => 31,
            (Size::Wide, true) => 12,
            (Size::Narrow, false) => 10,
            (Size::Narrow, true) => 5,
        };
        Self { every: dates.len().div_ceil(room).max(1), dates, with_month }
    }

    /// The middles of the days that are named; a day is two units wide.
    fn places(&self) -> Vec<i64> {
        (0_i64..).take(self.dates.len()).step_by(self.every).map(|place| place * 2 + 1).collect()
    }

    fn text(&self, place: i64) -> String {
        let date = usize::try_from(place / 2).ok().and_then(|place| self.dates.get(place));
        date.map_or_else(String::new, |date| {
            if self.with_month { date.strftime("%m-%d").to_string() } else { date.day().to_string() }
        })
    }
}

fn panel(
    canvas: &Canvas<'_>,
    unit: &str,
    values: &[Option<i64>],
    labels: &Labels,
    form: Form,
) -> Result<(), PlotError> {
    let most = values.iter().flatten().copied().max().unwrap_or(0);
    let heights = ticks(most, 1, 4);
    let top = heights.last().copied().unwrap_or(1);
    let width = i64::try_from(values.len()).unwrap_or(1) * 2;
    let mut chart = ChartBuilder::on(canvas)
        .margin_top(30)
        .margin_right(24)
        .margin_left(4)
        .set_label_area_size(LabelAreaPosition::Left, 40)
        .set_label_area_size(LabelAreaPosition::Bottom, 26)
        .build_cartesian_2d(
            (0_i64..width).with_key_points(labels.places()),
            (0_i64..top).with_key_points(heights),
        )?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(Ink::Grid.stroked(1))
        .light_line_style(Ink::Grid.stroked(1))
        .axis_style(Ink::Axis.stroked(1))
        .label_style(letters(Ink::Soft, HPos::Center, VPos::Center))
        .set_all_tick_mark_size(3)
        .x_label_formatter(&|place| labels.text(*place))
        .y_label_formatter(&ToString::to_string)
        .draw()?;
    let points = (0_i64..).zip(values).filter_map(|(place, value)| value.map(|value| (place * 2, value)));
    match form {
        Form::Bars => {
            let bars = points.map(|(left, value)| {
                let mut bar = Rectangle::new([(left, 0), (left + 2, value)], Ink::Solid.filled());
                bar.set_margin(0, 0, 1, 1);
                bar
            });
            chart.draw_series(bars)?;
        }
        Form::Marks => {
            let points: Vec<(i64, i64)> = points.map(|(left, value)| (left + 1, value)).collect();
            // A line only joins days that stand beside each other: between others nothing is known.
            let joined = points.windows(2).filter_map(|pair| match pair {
                [from, to] if to.0 - from.0 == 2 => {
                    Some(PathElement::new(vec![*from, *to], Ink::Line.stroked(2)))
                }
                _ => None,
            });
            chart.draw_series(joined)?;
            chart.draw_series(points.iter().map(|point| Circle::new(*point, 4, Ink::Mark.filled())))?;
        }
    }
    canvas.draw(&Text::new(unit.to_owned(), (4, 4), letters(Ink::Soft, HPos::Left, VPos::Top)))?;
    Ok(())
}

fn in_words(words: Words<'_>, days: &[LateDay]) -> String {
    let all: i64 = days.iter().map(|day| i64::from(day.late)).sum();
    let count = i64::try_from(days.len()).unwrap_or(i64::MAX);
    let mut said =
        vec![words.say_with("plots-lateness-all", &[("late", all.into()), ("days", count.into())])];
    let each = days.iter().filter(|day| day.late > 0).map(|day| {
        let values = [
            ("date", day.date.to_string().into()),
            ("late", i64::from(day.late).into()),
            ("minutes", day.minutes().unwrap_or(0).into()),
        ];
        words.say_with("plots-lateness-day", &values)
    });
    said.extend(each);
    said.join(" ")
}
