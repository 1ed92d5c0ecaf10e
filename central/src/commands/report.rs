//! `report daily`.

use lintel_core::ids::SiteId;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::{ExitCode, UsageError};

use super::open;
use crate::audit::{self, View};
use crate::auth::Actor;
use crate::auth::permit::ReadAttendance;
use crate::cli::ReportCommand;
use crate::reports;
use crate::store::{Db, days, sites};

pub(super) async fn run(args: &ConfigArgs, command: ReportCommand) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    open::with_ready_database(&settings, async |db| of_command(db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(db: &Db, command: ReportCommand) -> anyhow::Result<()> {
    let ReportCommand::Daily { date, site, format } = command;
    let permit = Actor::local().permit::<ReadAttendance>()?;
    let mut tx = db.read().await?;
    // A mistyped site must not look like a day on which nobody came.
    if let Some(id) = &site
        && sites::get(&mut tx, id).await?.is_none()
    {
        return Err(UsageError(format!("there is no site {id}: `site list` shows them")).into());
    }
    tx.commit().await?;
    let subject = site.as_ref().map_or("all", SiteId::as_str);
    audit::viewed(db, permit.actor(), &*open::clock(), View::Days, subject).await?;
    let mut tx = db.read().await?;
    let rows = days::list(&mut tx, date, date, site.as_ref()).await?;
    tx.commit().await?;
    print!("{}", reports::daily(&rows, format)?);
    Ok(())
}
