//! The commands of the rosters. Templates and policies come as TOML and are printed as TOML.

pub(super) mod assignment;
pub(super) mod holiday;
pub(super) mod leave;
pub(super) mod outage;
pub(super) mod pattern;
pub(super) mod period;
pub(super) mod policy;
pub(super) mod shift;

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use lintel_core::ids::PersonId;
use lintel_core::time::Clock;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::UsageError;
use serde::de::DeserializeOwned;

use super::open;
use crate::auth::Actor;
use crate::people;
use crate::rosters::Touched;
use crate::store::Db;

/// More than any template or policy has.
const MAX_FILE_BYTES: u64 = 256 * 1024;

pub(super) async fn with_database<T>(
    args: &ConfigArgs,
    work: impl AsyncFnOnce(&Db) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    open::with_ready_database(&open::settings(args)?.value, work).await
}

/// What a TOML file or standard input says.
fn read_toml<T: DeserializeOwned>(file: &Path) -> anyhow::Result<T> {
    let mut text = String::new();
    if file == Path::new("-") {
        let input = std::io::stdin().lock().take(MAX_FILE_BYTES).read_to_string(&mut text);
        input.context("can't read standard input")?;
    } else {
        let opened = std::fs::File::open(file).with_context(|| format!("can't open {}", file.display()))?;
        let read = opened.take(MAX_FILE_BYTES).read_to_string(&mut text);
        read.with_context(|| format!("can't read {}", file.display()))?;
    }
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    toml::from_str(&text).map_err(|error| UsageError(format!("{name}: {error}")).into())
}

/// A person by id or staff number.
pub(super) async fn find(db: &Db, person: &str) -> anyhow::Result<PersonId> {
    Ok(people::find(db, &Actor::local().permit()?, person).await?.person_id)
}

pub(super) async fn find_or_all(db: &Db, person: Option<&str>) -> anyhow::Result<Option<PersonId>> {
    match person {
        Some(person) => Ok(Some(find(db, person).await?)),
        None => Ok(None),
    }
}

fn today(clock: &dyn Clock) -> Date {
    clock.now().date_in(&TimeZone::UTC)
}

fn until(to: Option<Date>) -> String {
    to.map(|to| to.to_string()).unwrap_or_default()
}

/// Which days may come out otherwise now.
pub(super) fn say(touched: &Touched) {
    let from = if touched.from == Date::MIN { "the beginning".to_owned() } else { touched.from.to_string() };
    let to = touched.to.map_or_else(|| "on".to_owned(), |to| format!("to {to}"));
    let sites: Vec<&str> = touched.sites.iter().map(|site| site.as_str()).collect();
    let whose = match &touched.people {
        Some(people) => format!("{} people", people.len()),
        None => "everybody".to_owned(),
    };
    println!("this touches the days of {whose} at {} from {from} {to}", sites.join(", "));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attendance::policy::Policy;
    use crate::attendance::shift::ShiftTemplate;

    #[test]
    fn what_is_printed_as_toml_reads_back() {
        let policy: Policy = toml::from_str("min_gap = '0:05'\n[doors]\ndoor-1 = 'fixed-in'").unwrap();
        assert_eq!(toml::from_str::<Policy>(&toml::to_string(&policy).unwrap()).unwrap(), policy);
        let text = "name = 'Split'\nparts = [{ start = '06:00', end = '10:00' }, { start = '12:00', end = '16:00' }]";
        let template: ShiftTemplate = toml::from_str(text).unwrap();
        assert_eq!(toml::from_str::<ShiftTemplate>(&toml::to_string(&template).unwrap()).unwrap(), template);
    }

    #[test]
    fn a_mistyped_file_is_named_with_its_mistake() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, b"min_gab = '0:05'").unwrap();
        let error = read_toml::<Policy>(file.path()).unwrap_err().to_string();
        assert!(error.contains("min_gab") && error.contains(&file.path().display().to_string()), "{error}");
        assert!(
            read_toml::<Policy>(Path::new("/nowhere.toml"))
                .unwrap_err()
                .to_string()
                .contains("/nowhere.toml")
        );
    }
}
