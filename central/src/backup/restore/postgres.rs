//! A restore into PostgreSQL: the old schemas are renamed, the new ones made by `pg_restore`, and a failure
//! renames them back.

use std::time::Duration;

use super::plan::{Plan, Settled};
use crate::backup::BackupError;
use crate::backup::former::stamp_of;
use crate::backup::postgres::Tools;
use crate::backup::verify::pour;
use crate::store::copies::{self, Half};
use crate::store::former::{self, Former};
use crate::store::{Db, DbOptions};

/// Restores; gives what was done again and the names of the former schemas.
pub(super) async fn run(plan: &Plan, options: &DbOptions) -> Result<(Settled, Option<String>), BackupError> {
    let db = Db::open(options).await?;
    // Closed before it is filled: prepared statements of the old tables must not be used on the new ones.
    let Cleared { empty, aside, tools } = db.closing(async |db| clear(plan, options, db).await).await?;
    let done = fill(plan, options, tools).await;
    let db = Db::open(options).await?;
    let tidied = db.closing(async |db| {
        let mut tx = db.write().await?;
        match &done {
            Ok(_) if empty => former::discard(&mut tx, &aside).await?,
            Ok(_) => {}
            Err(_) => former::put_back(&mut tx, &aside).await?,
        }
        tx.commit().await
    });
    tidied.await?;
    let settled = done?;
    Ok((settled, (!empty).then(|| aside.to_string())))
}

/// A database whose tables were put aside.
struct Cleared {
    /// It held nothing that anybody would miss.
    empty: bool,
    aside: Former,
    tools: Tools,
}

async fn clear(plan: &Plan, options: &DbOptions, db: &Db) -> Result<Cleared, BackupError> {
    let (here, server, others) = alone(db).await?;
    let backup = plan.manifest.schema.clone().unwrap_or_default();
    if here != backup {
        return Err(BackupError::Schema { backup, here });
    }
    if others > 0 {
        return Err(BackupError::Serving);
    }
    let empty = db.is_empty().await?;
    if !empty && !plan.yes {
        return Err(BackupError::NotEmpty);
    }
    let aside = Former::new(&here, &stamp_of(plan.clock.now()));
    let mut tx = db.write().await?;
    former::set_aside(&mut tx, &aside).await?;
    tx.commit().await?;
    Ok(Cleared { empty, aside, tools: Tools::new(options, &here, server) })
}

/// The facts about the server, once a connection that was just closed is gone from its list.
async fn alone(db: &Db) -> Result<(String, u32, i64), BackupError> {
    let mut left = 30_u8;
    loop {
        let facts = copies::postgres_facts(&mut db.read().await?).await?;
        if facts.2 == 0 || left == 0 {
            return Ok(facts);
        }
        left -= 1;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn fill(plan: &Plan, options: &DbOptions, tools: Tools) -> Result<Settled, BackupError> {
    let files = [(Half::Main, Some(&plan.path)), (Half::Vault, plan.vault.as_ref())];
    for (half, from) in files {
        let Some(from) = from.cloned() else { continue };
        let (tools, ring, progress) = (tools.clone(), plan.ring.clone(), plan.progress.clone());
        tokio::task::spawn_blocking(move || {
            let mut running = tools.restore(half)?;
            let input = running.stdin();
            pour(&from, &ring, input, running, &progress)
        })
        .await??;
    }
    let db = Db::open(options).await?;
    db.closing(async |db| plan.settle(db).await).await
}
