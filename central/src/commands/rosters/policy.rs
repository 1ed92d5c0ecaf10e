//! `policy put|show|list`.

use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;
use serde_json::json;

use super::super::{open, print};
use super::{read_toml, say, today};
use crate::auth::Actor;
use crate::cli::PolicyCommand;
use crate::config::CentralSettings;
use crate::rosters::policies::{self, NewPolicy, PolicyRow};
use crate::store::Db;

pub(in crate::commands) async fn run(args: &ConfigArgs, command: PolicyCommand) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    open::with_ready_database(&settings, async |db| of_command(&settings, db, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(settings: &CentralSettings, db: &Db, command: PolicyCommand) -> anyhow::Result<()> {
    let (actor, clock) = (Actor::local(), open::clock());
    match command {
        PolicyCommand::Put { id, site, from, reason, file } => {
            let new = NewPolicy { policy_id: id.clone(), site, from, policy: read_toml(&file)?, reason };
            let (revision, touched) = policies::publish(db, &actor.permit()?, &*clock, new).await?;
            println!("published revision {revision} of {id}");
            say(&touched);
        }
        PolicyCommand::Show { site, on } => {
            let on = on.unwrap_or_else(|| today(&*clock));
            let min_gap = settings.attendance.min_gap();
            let found = policies::get(db, &actor.permit()?, &site, on, min_gap).await?;
            println!("# at {site} on {on}: {}", found.version);
            print!("{}", toml::to_string(&found.policy)?);
        }
        PolicyCommand::List(list) => {
            let rows = policies::list(db, &actor.permit()?, None, list.limit).await?;
            if list.json.json {
                print::json(&json!({ "policies": rows }))?;
            } else {
                show(rows);
            }
        }
    }
    Ok(())
}

fn show(rows: Vec<PolicyRow>) {
    let rows = rows
        .into_iter()
        .map(|row| {
            let site = row.site_id.map_or_else(|| "all".to_owned(), String::from);
            let number = row.revision.to_string();
            [row.policy_id.to_string(), number, site, row.from.to_string(), row.created_by, row.reason]
        })
        .collect();
    let empty =
        "There is no policy yet, so the defaults count: policy put ID --from DATE --file FILE --reason WHY";
    print::table(["Policy", "Revision", "Site", "From", "By", "Reason"], rows, empty);
}
