//! `migrate` and `serve`.

use lintel_runtime::config::ConfigArgs;
use lintel_runtime::exit::ExitCode;

use super::open;
use crate::app;

/// Brings the tables up to date.
pub(super) async fn migrate(args: &ConfigArgs) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    std::fs::create_dir_all(&settings.storage.data_dir)?;
    let done = open::with_database(&settings, async |db| Ok(db.migrate(&*open::clock()).await?)).await?;
    for name in &done.applied {
        println!("applied {name}");
    }
    if done.applied.is_empty() {
        println!("the tables are up to date");
    }
    Ok(ExitCode::Fine)
}

/// Runs the server.
pub(super) async fn run(args: &ConfigArgs) -> anyhow::Result<ExitCode> {
    let settings = open::settings(args)?.value;
    app::serve(settings, open::clock()).await?;
    Ok(ExitCode::Fine)
}
