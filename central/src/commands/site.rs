//! `site add|rename|set-zone|list`.

use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use serde_json::json;

use super::rosters::say;
use super::{open, print};
use crate::auth::Actor;
use crate::cli::SiteCommand;
use crate::sites::{self, Changes};
use crate::store::Db;

pub(super) async fn run(args: &ConfigArgs, command: SiteCommand) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    open::with_ready_database(&settings, async |db| of_command(db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(db: &Db, command: SiteCommand) -> anyhow::Result<()> {
    let actor = Actor::local();
    match command {
        SiteCommand::Add { id, zone, name } => {
            let site = sites::add(db, &actor.permit()?, &*open::clock(), &id, &zone, name.as_deref()).await?;
            println!("added site {} ({}, {})", site.site_id, site.name, site.zone);
        }
        SiteCommand::Rename { id, name } => {
            let changes = Changes { name: Some(name), zone: None };
            let (site, _) = sites::change(db, &actor.permit()?, &*open::clock(), &id, changes).await?;
            println!("{} is called {} now", site.site_id, print::plain(&site.name));
        }
        SiteCommand::SetZone { id, zone } => {
            let changes = Changes { name: None, zone: Some(zone) };
            let (site, touched) = sites::change(db, &actor.permit()?, &*open::clock(), &id, changes).await?;
            println!("{} is in {}", site.site_id, site.zone);
            if let Some(touched) = touched {
                say(&touched);
                println!("its doors show the old time on their screens until they join again");
            }
        }
        SiteCommand::List(json) => {
            let sites = sites::list(db, &actor.permit()?).await?;
            if json.json {
                print::json(&json!({ "sites": sites }))?;
            } else {
                let rows = sites.into_iter().map(|s| [s.site_id.to_string(), s.name, s.zone]).collect();
                print::table(["Site", "Name", "Zone"], rows, "There is no site yet: site add ID --zone ZONE");
            }
        }
    }
    Ok(())
}
