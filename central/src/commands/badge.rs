//! `badge …`.

use std::path::{Path, PathBuf};

use lintel_core::ids::SiteId;
use lintel_core::time::UtcMillis;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::{ExitCode, UsageError};
use lintel_runtime::secrets::write_private;
use serde_json::json;

use super::{open, print};
use crate::app::load_keys;
use crate::audit::{self, View};
use crate::auth::Actor;
use crate::auth::permit::ReadPeople;
use crate::badges::{self, BadgeKeys, Card, IssuedBadge};
use crate::cli::{BadgeCommand, Holder};
use crate::config::CentralSettings;
use crate::people;
use crate::store::Db;
use crate::words::words_in;

pub(super) async fn run(args: &ConfigArgs, command: BadgeCommand) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    open::with_ready_database(&settings, async |db| of_command(&settings, db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(settings: &CentralSettings, db: &Db, command: BadgeCommand) -> anyhow::Result<()> {
    let (actor, clock) = (Actor::local(), open::clock());
    match command {
        BadgeCommand::Issue { holder, valid_days, sheet, json } => {
            let sheet = sheet.map(Sheet::named).transpose()?;
            let keys = load_keys(settings)?.badge;
            let cards = issue(db, &keys, holder, valid_days).await?;
            let badges: Vec<_> = cards.iter().map(|card| card.badge.clone()).collect();
            if let Some(sheet) = &sheet {
                sheet.write(&cards)?;
            }
            match (json.json, sheet) {
                (true, _) => print::json(&json!({ "badges": badges }))?,
                (false, Some(sheet)) => println!("{} new badges in {}", cards.len(), sheet.path().display()),
                (false, None) => list(badges, "Everybody has a good badge already."),
            }
        }
        BadgeCommand::Print { holder, sheet } => {
            let sheet = Sheet::named(sheet)?;
            let keys = load_keys(settings)?.badge;
            let cards = match holder {
                Holder { all_of: Some(site), .. } => {
                    badges::print_site(db, &keys, &actor.permit()?, &*clock, &site).await?
                }
                Holder { person, .. } => {
                    let person = people::find(db, &actor.permit()?, &person.unwrap_or_default()).await?;
                    vec![badges::print(db, &keys, &actor.permit()?, &*clock, person.person_id).await?]
                }
            };
            sheet.write(&cards)?;
            println!("{} badges in {}", cards.len(), sheet.path().display());
        }
        BadgeCommand::Revoke { person } => {
            let person = people::find(db, &actor.permit()?, &person).await?;
            badges::revoke(db, &actor.permit()?, &*clock, person.person_id).await?;
            println!("revoked; the doors refuse the badge as soon as they hear of it");
        }
        BadgeCommand::List { site, json } => {
            let permit = actor.permit::<ReadPeople>()?;
            let subject = site.as_ref().map_or("all", SiteId::as_str);
            audit::viewed(db, permit.actor(), &*clock, View::People, subject).await?;
            let badges = badges::list(db, &permit, site.as_ref()).await?;
            if json.json {
                // With the keys: a replay at a door's table reads this.
                let keys = load_keys(settings)?.badge.public_texts();
                print::json(&json!({ "badges": badges, "keys": keys }))?;
            } else {
                list(badges, "There is no badge yet: badge issue PERSON --sheet FILE.svg");
            }
        }
    }
    Ok(())
}

async fn issue(db: &Db, keys: &BadgeKeys, holder: Holder, valid_days: u32) -> anyhow::Result<Vec<Card>> {
    let (actor, clock) = (Actor::local(), open::clock());
    let permit = actor.permit()?;
    Ok(match holder {
        Holder { all_of: Some(site), .. } => {
            badges::issue_to_site(db, keys, &permit, &*clock, &site, valid_days).await?
        }
        Holder { person, .. } => {
            let person = people::find(db, &actor.permit()?, &person.unwrap_or_default()).await?;
            vec![badges::issue(db, keys, &permit, &*clock, person.person_id, valid_days).await?]
        }
    })
}

/// A file to write cards to, by what its name ends in.
enum Sheet {
    Card(PathBuf),
    Page(PathBuf),
}

impl Sheet {
    /// Before a badge is issued: a new badge without its sheet would have revoked the old one for nothing.
    fn named(path: PathBuf) -> Result<Self, UsageError> {
        if path.exists() {
            return Err(UsageError(format!(
                "{} exists: move it away or name another --sheet",
                path.display()
            )));
        }
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("svg") => Ok(Self::Card(path)),
            Some("html") => Ok(Self::Page(path)),
            _ => Err(UsageError(format!("{}: name it FILE.svg or FILE.html", path.display()))),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Card(path) | Self::Page(path) => path,
        }
    }

    /// For its owner only: whoever has the picture has the badges.
    fn write(&self, cards: &[Card]) -> anyhow::Result<()> {
        let text = match (self, cards) {
            (Self::Page(_), cards) => badges::sheet_html(words_in("en"), cards)?,
            (Self::Card(_), [card]) => badges::card_svg(words_in("en"), card)?,
            (Self::Card(path), cards) => {
                let count = cards.len();
                return Err(UsageError(format!(
                    "{} would hold {count} cards: print them with `badge print … --sheet FILE.html`",
                    path.display()
                ))
                .into());
            }
        };
        write_private(self.path(), text.as_bytes())?;
        Ok(())
    }
}

fn list(badges: Vec<IssuedBadge>, empty: &str) {
    let day = |at: UtcMillis| at.date_in(&jiff::tz::TimeZone::UTC).to_string();
    let rows = badges
        .into_iter()
        .map(|badge| {
            [
                badge.person_id.to_string(),
                badge.name,
                badge.staff_no.unwrap_or_default(),
                badge.site_id.to_string(),
                badge.badge_id.to_string(),
                day(badge.issued_at),
                day(badge.not_after),
            ]
        })
        .collect();
    let header = ["Person", "Name", "Staff no", "Site", "Badge", "Issued (UTC)", "Good until (UTC)"];
    print::table(header, rows, empty);
}
