//! `run`: the door itself.

use std::sync::Arc;

use lintel_runtime::clock::SystemClock;

use crate::config::KioskConfig;

/// Runs until SIGTERM.
///
/// # Errors
/// What the door can't start without, or the critical task that failed.
pub fn run(config: KioskConfig) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(crate::app::run(config, Arc::new(SystemClock)));
    // A thread that still blocks must not hold the end up.
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    result
}
