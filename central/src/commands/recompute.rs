//! `recompute`: what would change, the change, and the way back.

use std::collections::BTreeMap;

use lintel_core::ids::PersonId;
use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::{ExitCode, UsageError};
use serde_json::json;

use super::{open, print};
use crate::attendance::DayRecord;
use crate::attendance::calendar::VersionedPolicy;
use crate::attendance::policy::Policy;
use crate::auth::Actor;
use crate::cli::{OrderArgs, PolicyRevision, RecomputeArgs, RecomputeCommand};
use crate::config::CentralSettings;
use crate::days::replay::{self, Difference, Order};
use crate::people;
use crate::reports::{status_in_words, whole_hours};
use crate::rosters::policies;
use crate::store::Db;
use crate::words::words_in;

pub(super) async fn run(args: &ConfigArgs, command: RecomputeArgs) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    open::with_ready_database(&settings, async |db| of_command(db, &settings, command).await).await?;
    Ok(ExitCode::Fine)
}

async fn of_command(db: &Db, settings: &CentralSettings, command: RecomputeArgs) -> anyhow::Result<()> {
    let (actor, clock) = (Actor::local(), open::clock());
    match (command.command, command.order) {
        (Some(RecomputeCommand::Undo { id }), _) => {
            let undone = replay::undo(db, &actor.permit()?, &*clock, id).await?;
            println!("{} days are as they were before", undone.restored);
            if undone.left > 0 {
                println!(
                    "{} days were left alone: they have changed since, or their month is locked",
                    undone.left
                );
            }
        }
        (Some(RecomputeCommand::List(json)), _) => list(db, &actor, json.json).await?,
        (None, Some(order)) => ordered(db, settings, &actor, order).await?,
        (None, None) => return Err(UsageError("say --from and --to, and --dry-run or --apply".into()).into()),
    }
    Ok(())
}

async fn ordered(db: &Db, settings: &CentralSettings, actor: &Actor, args: OrderArgs) -> anyhow::Result<()> {
    let clock = open::clock();
    let policy = match &args.policy {
        Some(named) => Some(policy(db, actor, named).await?),
        None => None,
    };
    let min_gap = settings.attendance.min_gap();
    let order = Order { from: args.from, to: args.to, policy, min_gap };
    if args.apply {
        let (id, days) = replay::apply(db, &actor.permit()?, &*clock, &order).await?;
        if args.json.json {
            return print::json(&json!({ "recompute_id": id, "days": days }));
        }
        println!("{days} days changed; `recompute undo {id}` takes that back");
        return Ok(());
    }
    let differences = replay::dry_run(db, &actor.permit()?, &*clock, &order).await?;
    let everybody = people::list(db, &actor.permit()?, None).await?;
    let names: BTreeMap<PersonId, String> =
        everybody.into_iter().map(|person| (person.person_id, person.name)).collect();
    if args.json.json { as_json(&differences, &names) } else { as_table(&differences, &names) }
}

/// The policy that is named, or its newest revision.
async fn policy(db: &Db, actor: &Actor, named: &PolicyRevision) -> anyhow::Result<VersionedPolicy> {
    let rows = policies::list(db, &actor.permit()?, None, crate::rosters::MOST_LISTED).await?;
    let fits = |row: &policies::PolicyRow| {
        row.policy_id == named.id && named.revision.is_none_or(|revision| row.revision == revision)
    };
    let found = rows.into_iter().filter(fits).max_by_key(|row| row.revision);
    let row =
        found.ok_or_else(|| UsageError(format!("there is no policy {named}: `policy list` shows them")))?;
    let version = Policy::version(row.policy_id.as_str(), row.revision);
    Ok(VersionedPolicy { policy: row.policy, version })
}

fn as_json(differences: &[Difference], names: &BTreeMap<PersonId, String>) -> anyhow::Result<()> {
    let rows: Vec<_> = differences
        .iter()
        .map(|one| {
            json!({
                "person_id": one.person,
                "name": names.get(&one.person),
                "date": one.date,
                "before": one.before,
                "after": one.after,
                "differs": one.parts(),
            })
        })
        .collect();
    print::json(&json!({ "days": rows }))
}

fn as_table(differences: &[Difference], names: &BTreeMap<PersonId, String>) -> anyhow::Result<()> {
    let words = words_in("en");
    let said = |record: Option<&DayRecord>| {
        record.map_or_else(
            || "–".to_owned(),
            |record| {
                format!("{} {}", status_in_words(words, record.status), whole_hours(record.hours.payable))
            },
        )
    };
    let rows: Vec<_> = differences
        .iter()
        .map(|one| {
            let name = names.get(&one.person).cloned().unwrap_or_else(|| one.person.to_string());
            let (before, after) = (said(one.before.as_ref()), said(one.after.as_ref()));
            [name, one.date.to_string(), before, after, one.parts().join(", ")]
        })
        .collect();
    let count = rows.len();
    print::table(["Name", "Date", "Before", "After", "Differs"], rows, "Nothing would change.");
    if count > 0 {
        println!("{count} days would change; --apply changes them.");
    }
    Ok(())
}

async fn list(db: &Db, actor: &Actor, as_json: bool) -> anyhow::Result<()> {
    let rows = replay::list(db, &actor.permit()?).await?;
    if as_json {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| {
                json!({
                    "recompute_id": row.recompute_id,
                    "from": row.from,
                    "to": row.to,
                    "applied_by": row.applied_by,
                    "applied_at": row.applied_at,
                    "undone_at": row.undone_at,
                })
            })
            .collect();
        return print::json(&json!({ "recomputes": rows }));
    }
    let rows = rows
        .into_iter()
        .map(|row| {
            let at = row.applied_at.timestamp().strftime("%Y-%m-%d %H:%M").to_string();
            let state = if row.undone_at.is_some() { "undone" } else { "applied" };
            let (from, to) = (row.from.to_string(), row.to.to_string());
            [row.recompute_id.to_string(), from, to, at, row.applied_by, state.to_owned()]
        })
        .collect();
    print::table(["Id", "From", "To", "At (UTC)", "By", "State"], rows, "Nothing was ordered yet.");
    Ok(())
}
