//! How the cells of a workbook are shown. Made once, since each cell only refers to its format.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

/// A row of the table or that of its sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Row,
    Total,
}

const HOURS_AND_MINUTES: &str = "[h]:mm;-[h]:mm";
const DECIMAL_HOURS: &str = "0.00";
const WHOLE: &str = "0";

/// The formats of one workbook.
pub(super) struct Formats {
    pub(super) head: Format,
    pub(super) date: Format,
    /// Bold text, with the line above that sums have.
    pub(super) total: Format,
    pub(super) wrapped: Format,
    duration: [Format; 2],
    balance: [Format; 2],
    number: [Format; 2],
    local: BTreeMap<String, Format>,
}

impl Formats {
    pub(super) fn new() -> Self {
        let pair = |shown: &str| {
            let row = Format::new().set_num_format(shown);
            [row.clone(), row.set_bold().set_border_top(FormatBorder::Thin)]
        };
        Self {
            head: Format::new()
                .set_bold()
                .set_background_color(Color::RGB(0x00E9_EDF1))
                .set_border_bottom(FormatBorder::Thin)
                .set_align(FormatAlign::Top),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            total: Format::new().set_bold().set_border_top(FormatBorder::Thin),
            wrapped: Format::new().set_text_wrap().set_align(FormatAlign::Top),
            duration: pair(HOURS_AND_MINUTES),
            balance: pair(DECIMAL_HOURS),
            number: pair(WHOLE),
            local: BTreeMap::new(),
        }
    }

    pub(super) fn duration(&self, weight: Weight) -> &Format {
        of(&self.duration, weight)
    }

    pub(super) fn balance(&self, weight: Weight) -> &Format {
        of(&self.balance, weight)
    }

    pub(super) fn number(&self, weight: Weight) -> &Format {
        of(&self.number, weight)
    }

    /// A cell's time has no place for an offset, so the format says it: the cell stays a time that can be
    /// sorted and subtracted, and 02:30 in the night when clocks go back is still told from 02:30.
    pub(super) fn local_time(&mut self, offset: &str) -> &Format {
        self.local
            .entry(offset.to_owned())
            .or_insert_with(|| Format::new().set_num_format(format!("yyyy-mm-dd hh:mm \"{offset}\"")))
    }
}

fn of(pair: &[Format; 2], weight: Weight) -> &Format {
    let [row, total] = pair;
    match weight {
        Weight::Row => row,
        Weight::Total => total,
    }
}
