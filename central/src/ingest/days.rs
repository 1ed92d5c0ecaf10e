//! Which local days a batch's punches fall on.

use jiff::civil::Date;
use lintel_core::time::{UnknownZone, UtcMillis, day_bounds};

use crate::devices::Device;

/// Local days of a device's site; neighbouring events mostly share one, so the last one is kept.
pub(super) struct Days {
    zone: jiff::tz::TimeZone,
    last: Option<(UtcMillis, UtcMillis, Date)>,
}

impl Days {
    /// For punches of this device.
    ///
    /// # Errors
    /// When its site's zone isn't in this version's database.
    pub(super) fn new(device: &Device) -> Result<Self, UnknownZone> {
        let zone = lintel_core::time::zone(&device.zone)?;
        Ok(Self { zone, last: None })
    }

    pub(super) fn date_of(&mut self, at: UtcMillis) -> Date {
        if let Some((start, end, date)) = self.last
            && start <= at
            && at < end
        {
            return date;
        }
        let date = at.date_in(&self.zone);
        let (start, end) = day_bounds(date, &self.zone);
        self.last = Some((start, end, date));
        date
    }
}
