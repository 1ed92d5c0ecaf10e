//! Uploads: what HR's files say, checked against what is there and done as a whole or not at all.
//!
//! `imports` reads a file and knows of nothing else. Here its rows meet the records: staff numbers, sites, shifts
//! and patterns are looked up in what was read once for the whole file ([`crate::rosters`]' books), each row is
//! judged by the same rules as the single use case, and every row that can't be done is named with its reason.
//! One such row, and nothing is written. A trial is the same work in a transaction that is given up.

mod assignments;
mod contract_hours;
mod error;
mod file;
mod findings;
mod holidays;
mod leave;
mod people;
mod run;

use lintel_core::time::Clock;

pub use error::UploadError;
pub use file::{Kind, UnknownKind, Upload};
pub use findings::{Act, Counts, Report, RowDone, RowRefused};

use crate::auth::Actor;
use crate::auth::permit::{ManagePeople, ManageRosters};
use crate::store::Db;
use file::Content;
use run::Run;

/// Whether what a file says is done, or only said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Says what would be done and writes nothing.
    Trial,
    /// Does it, unless a row can't be done.
    Apply,
}

/// Takes in a file. A file that is taken in again changes nothing.
///
/// # Errors
/// [`UploadError`] when the file as a whole can't be taken; what is wrong with a row is in the answer.
pub async fn take_in(
    db: &Db,
    actor: &Actor,
    clock: &dyn Clock,
    upload: Upload,
    mode: Mode,
) -> Result<Report, UploadError> {
    let name = permitted(actor, upload.kind)?;
    let at = clock.now();
    let (kind, site) = (upload.kind, upload.site.clone());
    // Unpacking and reading a large workbook takes seconds of pure computing.
    let content =
        tokio::task::spawn_blocking(move || upload.read(at)).await.map_err(UploadError::Stopped)??;
    let mut run = Run::begin(db, &name, actor.person_id(), at, site).await?;
    let source = match content {
        Content::People(parsed) => {
            run.unread(&parsed.errors);
            people::apply(&mut run, parsed.rows).await?;
            parsed.source
        }
        Content::Assignments(parsed) => {
            run.unread(&parsed.errors);
            assignments::apply(&mut run, parsed.rows).await?;
            parsed.source
        }
        Content::ContractHours(parsed) => {
            run.unread(&parsed.errors);
            contract_hours::apply(&mut run, parsed.rows).await?;
            parsed.source
        }
        Content::Leave(parsed) => {
            run.unread(&parsed.errors);
            leave::apply(&mut run, parsed.rows).await?;
            parsed.source
        }
        Content::Holidays(parsed) => {
            run.unread(&parsed.errors);
            holidays::apply(&mut run, parsed.rows).await?;
            parsed.source
        }
    };
    run.finish(db, kind, source, mode).await
}

/// Who it is in the audit, when they may do every single thing that such a file can do.
fn permitted(actor: &Actor, kind: Kind) -> Result<String, UploadError> {
    let permit = actor.permit::<ManageRosters>()?;
    if kind == Kind::People {
        actor.permit::<ManagePeople>()?;
    }
    Ok(permit.actor().to_owned())
}
