//! `site add|list`.

use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use serde_json::json;

use super::{open, print};
use crate::auth::Actor;
use crate::cli::SiteCommand;
use crate::sites;
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
