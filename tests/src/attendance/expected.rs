//! What a case expects of a day, compared with what the rules made of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use jiff::tz::TimeZone;
use lintel_central::attendance::overtime::OvertimeLine;
use lintel_central::attendance::record::DayRecord;
use lintel_core::time::UtcMillis;
use serde::Deserialize;

/// What is expected of a day. What isn't written isn't compared, but status, exceptions and provisional always.
#[derive(Debug, Deserialize)]
pub(super) struct Expected {
    pub(super) date: String,
    status: String,
    #[serde(default)]
    exceptions: Vec<String>,
    /// `not over`, and the doors that block.
    #[serde(default)]
    provisional: Vec<String>,
    #[serde(flatten)]
    figures: BTreeMap<String, toml::Value>,
}

impl Expected {
    /// Name, what is expected and what is, as people write it.
    pub(super) fn compare(
        &self,
        record: &DayRecord,
        zone: &TimeZone,
    ) -> Result<Vec<(String, String, String)>> {
        let mut pairs = vec![("status".to_owned(), self.status.clone(), record.status.as_str().to_owned())];
        let provisional: Vec<String> = record
            .provisional
            .iter()
            .flat_map(|provisional| {
                let not_over = provisional.not_over.then(|| "not over".to_owned());
                not_over.into_iter().chain(provisional.blocked_by.iter().map(ToString::to_string))
            })
            .collect();
        pairs.push(("provisional".into(), self.provisional.join(", "), provisional.join(", ")));
        pairs.push(("exceptions".into(), self.sorted_exceptions(), self.exceptions_of(record)));
        for (name, expected) in &self.figures {
            pairs.push((name.clone(), written(expected), figure(name, record, zone)?));
        }
        Ok(pairs)
    }

    fn sorted_exceptions(&self) -> String {
        self.exceptions.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
    }

    /// The record's exceptions, with a length only where one is expected.
    fn exceptions_of(&self, record: &DayRecord) -> String {
        let shown = record.exceptions.iter().map(|exception| {
            let code = exception.code.as_str();
            let whole = exception.length.map(|length| format!("{code} {length}"));
            match whole {
                Some(whole) if !self.exceptions.iter().any(|expected| expected == code) => whole,
                _ => code.to_owned(),
            }
        });
        shown.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
    }
}

fn figure(name: &str, record: &DayRecord, zone: &TimeZone) -> Result<String> {
    let hours = &record.hours;
    let time = |at: Option<UtcMillis>| at.map_or_else(|| "none".to_owned(), |at| at.hour_minute_in(zone));
    let list = |items: Vec<String>| items.join(", ");
    Ok(match name {
        "scheduled" => hours.scheduled.to_string(),
        "credited" => hours.credited.to_string(),
        "presence" => hours.presence.to_string(),
        "worked" => hours.worked.to_string(),
        "payable" => hours.payable.to_string(),
        "rounding" => hours.rounding.to_string(),
        "late" => hours.late.to_string(),
        "early" => hours.early.to_string(),
        "break_punched" => hours.break_punched.to_string(),
        "break_deducted" => hours.break_deducted.to_string(),
        "doubtful" => hours.doubtful.to_string(),
        "in" => time(record.first_in()),
        "out" => time(record.last_out()),
        "closed" => {
            list(record.stretches.iter().filter_map(|s| s.closed_at).map(|at| time(Some(at))).collect())
        }
        "punches" => record.punches.to_string(),
        "repeats" => record.repeats.to_string(),
        "holiday" => record.holiday.clone().unwrap_or_default(),
        "leave" => list(record.leave.iter().map(ToString::to_string).collect()),
        "out_of_service" => list(record.out_of_service.iter().map(ToString::to_string).collect()),
        "policy" => record.policy_version.split(':').nth(1).unwrap_or_default().to_owned(),
        "shifts" => list(
            record
                .stretches
                .iter()
                .map(|s| s.shift.as_ref().map_or("none".into(), ToString::to_string))
                .collect(),
        ),
        "overtime" => {
            let line = |line: &OvertimeLine| {
                let reasons: Vec<String> =
                    line.reasons.iter().map(|r| format!("{r:?}").to_lowercase()).collect();
                format!("{} {} {}%", line.length, reasons.join("+"), line.premium)
            };
            list(record.overtime.iter().map(line).collect())
        }
        _ => bail!("a day has no {name:?}"),
    })
}

fn written(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(items) => items.iter().map(written).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
