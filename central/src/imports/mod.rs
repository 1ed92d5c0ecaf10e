//! What HR uploads, read: bytes in, typed rows out, and each row that can't be taken with its reason.
//!
//! A file is judged before it is opened: size, packing and markup have ceilings ([`limits`]) that hold while
//! it is read, because what a file says of its own size may be a lie. Nothing here knows of the database, the
//! clock or HTTP, and nothing is guessed: a date that can be read in two ways is refused with both.

mod archive;
mod columns;
mod contract_hours;
mod csv;
mod errors;
mod fields;
mod holidays;
mod ics;
mod leave;
pub mod limits;
mod people;
mod serial;
mod sheet;
mod shift_assignments;
mod shown;
mod spans;
mod table;
mod xlsx;

pub use archive::ArchiveError;
pub use columns::{Column, Wanted};
pub use contract_hours::ContractHoursRow;
pub use errors::{ImportError, Parsed, RowError, RowErrors};
pub use fields::Weekdays;
pub use holidays::HolidayRow;
pub use ics::{CalendarError, read as read_calendar};
pub use leave::LeaveRow;
pub use people::PersonRow;
pub use sheet::read;
pub use shift_assignments::{Plan, ShiftAssignmentRow};
pub use table::{Row, Table};

/// Reads one kind of file: the sheet that fits its columns, then its rows.
macro_rules! kind {
    ($(#[$doc:meta])* $name:ident, $module:ident, $row:ty) => {
        $(#[$doc])*
        ///
        /// `name` is the file's, for messages; `wanted_sheet` picks a sheet of a workbook by its name.
        ///
        /// # Errors
        /// [`ImportError`] when the file as a whole can't be read; what is wrong with a row is in the answer.
        pub fn $name(
            bytes: &[u8],
            name: &str,
            wanted_sheet: Option<&str>,
        ) -> Result<Parsed<$row>, ImportError> {
            let wanted = Wanted { columns: $module::COLUMNS, sheet: wanted_sheet };
            $module::rows(&read(bytes, name, wanted)?)
        }
    };
}

kind!(
    /// People: `staff_no`, `name`, and optionally `site`, `team`, `joined`, `left`, `weekly_hours`.
    read_people,
    people,
    PersonRow
);
kind!(
    /// Shifts of people: `staff_no`, `shift` or `pattern`, `valid_from`, and optionally `valid_to`, `weekdays`.
    read_shift_assignments,
    shift_assignments,
    ShiftAssignmentRow
);
kind!(
    /// Agreed hours a week: `staff_no`, `valid_from`, `weekly_hours`.
    read_contract_hours,
    contract_hours,
    ContractHoursRow
);
kind!(
    /// Leave: `staff_no`, `from`, `to`, `kind`, and optionally `part`, `note`.
    read_leave,
    leave,
    LeaveRow
);
kind!(
    /// Holidays: `date`, `name`, and optionally `half`, `site`.
    read_holidays,
    holidays,
    HolidayRow
);

#[cfg(test)]
mod tests;
