//! `openapi`: the API's document on standard output; it needs no settings.

use std::io::Write as _;

use lintel_runtime::exit::ExitCode;

use crate::api::openapi;

pub(super) fn run() -> anyhow::Result<ExitCode> {
    std::io::stdout().lock().write_all(openapi::text().as_bytes())?;
    Ok(ExitCode::Fine)
}
